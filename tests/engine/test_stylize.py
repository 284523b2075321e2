"""Arrays in, arrays out: what every run must hold to."""

from __future__ import annotations

import dataclasses
import importlib

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from texture_stylizer.engine import Features, Settings, load_features, stylize
from texture_stylizer.engine.color import (
    REC709_LUMINANCE,
    color_map,
    decode,
    encode,
    match_colors,
    split_range,
    swap_luminance,
)
from texture_stylizer.engine.pyramid import level_iterations, level_sizes
from texture_stylizer.errors import BadInput, Cancelled, OutOfMemory

QUICK = Settings(iterations=6, scales=2)


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


STYLE = [(picture(64, 64, 1) ** 3, 1.0)]


def test_the_seed_decides_the_image(features32: Features) -> None:
    first, again, other = (
        stylize(picture(70, 90), STYLE, Settings(iterations=6, seed=seed), features=features32).image
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("large", [False, True])
def test_the_callers_arrays_are_as_they_were(
    features32: Features, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """The engine works on their memory, not on copies."""
    if large:
        module = importlib.import_module("texture_stylizer.engine.coarse_to_fine")
        monkeypatch.setattr(module, "LARGEST_BORDERED", 0)
    content, start, style = picture(70, 90), picture(70, 90, 2), picture(64, 64, 1)
    before = [array.copy() for array in (content, start, style)]
    stylize(content, [(style, 1.0)], QUICK, features=features32, start=start)
    for array, own in zip((content, start, style), before, strict=True):
        assert np.array_equal(array, own)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_loss_that_is_no_number_is_a_failure_and_no_picture(optimizer: str) -> None:
    broken = load_features("embedded")
    broken.named_convolutions()[0][1].weight.data[0] = float("nan")
    settings = dataclasses.replace(QUICK, optimizer=optimizer)
    with pytest.raises(BadInput, match=r"the loss is nan at step 1 on the level of"):
        stylize(picture(96, 96), STYLE, settings, features=broken)


def test_a_flat_texture_starts_in_the_styles_mean_and_not_as_its_own_noise() -> None:
    flat = 0.5 + 0.002 * (picture(64, 64) - 0.5)
    style = picture(64, 64, 1) ** 3
    matrix, shift = color_map(flat, style, 4.0)
    moved = flat.astype(np.float64) @ matrix.T + shift
    assert moved.mean(axis=(0, 1)) == pytest.approx(style.mean(axis=(0, 1)), abs=1e-5)
    assert moved.std() < 4.1 * flat.std() + style.mean(axis=(0, 1)).std()
    assert np.linalg.norm(matrix, 2) <= 4.0 + 1e-9


def test_a_style_like_a_line_gives_its_middle(features32: Features) -> None:
    """Enlarged until the network sees something of its width, the whole would be 12 million pixels."""
    line = np.zeros((10, 30000, 3), np.float32)
    line[:, 14920:15080] = picture(10, 160, 3)
    result = stylize(picture(64, 64), [(line, 1.0)], QUICK, features=features32)
    middle = stylize(picture(64, 64), [(line[:, 14920:15080], 1.0)], QUICK, features=features32)
    assert np.array_equal(result.image, middle.image)
    assert "30000 x 10 px only the middle was used" in result.warnings[0]
    assert middle.warnings == result.warnings[1:]


def test_no_iterations_return_the_texture_as_it_is(features32: Features) -> None:
    result = stylize(picture(40, 50), STYLE, Settings(iterations=0), features=features32)
    assert np.array_equal(result.image, picture(40, 50))


@pytest.mark.parametrize("large", [False, True])
def test_the_loss_falls(features32: Features, monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    if large:
        # The package's own `stylize` is the function.
        module = importlib.import_module("texture_stylizer.engine.coarse_to_fine")
        monkeypatch.setattr(module, "LARGEST_BORDERED", 0)
    seen: list[float] = []
    once = Settings(iterations=40, scales=1)
    stylize(picture(96, 96), STYLE, once, features=features32, on_progress=lambda i: seen.append(i.loss))
    assert seen[-1] < 0.5 * seen[0]


def test_a_grey_style_makes_a_grey_picture() -> None:
    """With the embedded network, whose few filters would let edges come out in all colours."""
    grey = np.repeat(picture(96, 96, 1)[..., :1] ** 2, 3, axis=2)
    image = stylize(
        picture(96, 96), [(grey, 1.0)], Settings(iterations=60), features=load_features("embedded")
    )
    hue = image.image - image.image.mean(axis=2, keepdims=True)
    before = picture(96, 96) - picture(96, 96).mean(axis=2, keepdims=True)
    assert float(hue.std()) < 0.25 * float(before.std())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(height=st.integers(1, 70), width=st.integers(1, 70))
def test_every_size_keeps_its_size_and_range(features32: Features, height: int, width: int) -> None:
    image = stylize(picture(height, width), STYLE, Settings(iterations=2), features=features32).image
    assert image.shape == (height, width, 3)
    assert image.dtype == np.float32
    assert 0.0 <= image.min() <= image.max() <= 1.0


@pytest.mark.parametrize("large", [False, True])
def test_masked_texels_are_kept(features32: Features, monkeypatch: pytest.MonkeyPatch, large: bool) -> None:
    if large:
        # The package's own `stylize` is the function.
        module = importlib.import_module("texture_stylizer.engine.coarse_to_fine")
        monkeypatch.setattr(module, "LARGEST_BORDERED", 0)
    mask = np.zeros((80, 80), dtype=np.float32)
    mask[20:60, 20:60] = 1.0
    image = stylize(picture(80, 80), STYLE, QUICK, features=features32, mask=mask).image
    assert np.array_equal(image[mask == 0], picture(80, 80)[mask == 0])
    assert not np.array_equal(image[mask == 1], picture(80, 80)[mask == 1])


def test_luminance_mode_keeps_the_colour_ratios(features32: Features) -> None:
    content = (0.2 + 0.3 * picture(64, 64)).astype(np.float32)
    kept = Settings(iterations=6, scales=1, preserve_color="luminance")
    before = decode(content)
    after = decode(stylize(content, STYLE, kept, features=features32).image)
    inside = after.max(axis=-1) < 0.999
    ratio = (after @ REC709_LUMINANCE) / (before @ REC709_LUMINANCE)
    assert np.allclose(after[inside], (before * ratio[..., None])[inside], atol=2e-3)


def test_histogram_matching_gives_the_contents_statistics() -> None:
    content = (0.4 + 0.2 * picture(50, 60)).reshape(-1, 3)
    style = (0.3 + 0.4 * picture(70, 40, 1) ** 2).astype(np.float32)
    matched = match_colors(style, content.reshape(50, 60, 3).astype(np.float32)).reshape(-1, 3)
    assert np.allclose(matched.mean(axis=0), content.mean(axis=0), atol=2e-3)
    assert np.allclose(np.cov(matched.T), np.cov(content.T), atol=1e-3)


def test_progress_reaches_the_end_and_shows_the_image(features32: Features) -> None:
    seen = []
    result = stylize(picture(200, 200), STYLE, QUICK, features=features32, on_progress=seen.append)
    assert seen[-1].fraction == pytest.approx(1.0)
    assert seen[-1].image().shape == (200, 200, 3)
    assert len(result.losses) == 2


def test_a_scale_is_done_when_its_loss_has_settled(features32: Features) -> None:
    seen = []
    content, features = picture(128, 128), features32
    # What is mostly smooth is done soon.
    settings = Settings(iterations=300, settle=True, scales=2, wrap="none", total_variation=100.0)
    result = stylize(content, STYLE, settings, features=features, on_progress=seen.append)
    assert len(seen) < 250
    second = next(step for step in seen if step.scale == 2)
    assert second.fraction > 0.15, "what a settled scale left out counts as done"
    whole = stylize(content, STYLE, dataclasses.replace(settings, settle=False), features=features)
    assert result.losses[-1] < 1.003 * whole.losses[-1]


def test_iterations_that_are_asked_for_are_all_taken() -> None:
    assert Settings.preset("high").settle
    seen = []
    settings = Settings.preset("high", iterations=150, scales=1)
    stylize(picture(64, 64), STYLE, settings, features=load_features("embedded"), on_progress=seen.append)
    assert len(seen) == 150


def test_an_exception_in_progress_ends_the_run(features32: Features) -> None:
    def stop(_: object) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        stylize(picture(80, 80), STYLE, QUICK, features=features32, on_progress=stop)


class SmallMemory(Features):
    """A network whose memory ends at regions of `limit` pixels, by torch's graph, as on a GPU."""

    limit = 0

    def __init__(self, weights: dict[str, torch.Tensor], *, name: str) -> None:
        super().__init__(weights, name=name, pooling="max")

    def forward(self, image: torch.Tensor, padding: str = "zeros") -> dict[str, torch.Tensor]:
        if image.requires_grad and image.shape[2] * image.shape[3] > self.limit:
            raise torch.OutOfMemoryError("out of memory")
        return super().forward(image, padding)


def test_smaller_tiles_when_memory_runs_out(make_network) -> None:
    features = make_network(SmallMemory)
    features.limit = 300 * 300
    once = Settings(iterations=2, scales=1, tile=None)
    result = stylize(picture(400, 400), STYLE, once, features=features)
    assert result.tile == 128
    assert any("memory ran out" in warning for warning in result.warnings)


def test_one_sentence_when_no_tile_fits(make_network) -> None:
    once = Settings(iterations=2, scales=1, tile=None)
    with pytest.raises(OutOfMemory, match="tiles of 128 px"):
        stylize(picture(300, 300), STYLE, once, features=make_network(SmallMemory))


@pytest.mark.parametrize("broken", [np.zeros((4, 4), np.float32), np.full((4, 4, 3), np.nan, np.float32)])
def test_arrays_that_do_not_fit_are_named(features32: Features, broken: np.ndarray) -> None:
    with pytest.raises(BadInput, match="texture"):
        stylize(broken, STYLE, QUICK, features=features32)


@given(value=st.floats(0, 50))
def test_encoding_and_decoding_are_inverses(value: float) -> None:
    linear = np.full((1, 1, 3), value, dtype=np.float32)
    assert np.allclose(decode(encode(linear)), linear, rtol=1e-4, atol=1e-6)


def test_the_colours_of_a_tall_picture_are_those_of_its_rows() -> None:
    rng = np.random.default_rng(0)
    color, grey = rng.random((2, 515, 3, 3), dtype=np.float32)
    for found, row in (
        (swap_luminance(color, grey), swap_luminance(color[514:], grey[514:])),
        *zip(split_range(4 * color), split_range(4 * color[514:]), strict=True),
    ):
        assert len(found) == 515
        assert np.array_equal(found[514], row[-1])


@given(iterations=st.integers(0, 2000), levels=st.integers(1, 6))
def test_all_steps_are_given_to_levels(iterations: int, levels: int) -> None:
    counts = level_iterations(iterations, levels)
    assert sum(counts) == iterations
    assert min(counts) >= 0


def test_levels_halve_and_stop_before_they_are_too_small() -> None:
    assert level_sizes(512, 512, 3) == [(128, 128), (256, 256), (512, 512)]
    assert level_sizes(100, 100, 4) == [(100, 100)]


def test_a_flat_texture_takes_on_the_style() -> None:
    """There is no structure to keep, so nothing may be measured against it."""
    content = np.full((64, 64, 3), 0.5, np.float32)
    style = np.random.default_rng(1).random((64, 64, 3)).astype(np.float32)
    result = stylize(
        content, [(style, 1.0)], Settings(iterations=30, scales=1), features=load_features("embedded")
    )
    assert result.image.std() > 0.05
    assert result.losses[-1] < 0.8
