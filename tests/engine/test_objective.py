"""The tiled gradient is the untiled one, and the untiled one is the loss's."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from texture_stylizer.engine import Features, Objective, Settings, load_features
from texture_stylizer.engine.tiles import fitting_tile, spans

from .conftest import random_weights

TWO_TILES = 40e6
"""Bytes of the maps of about two tiles of 96 px and their halos, of the networks here in float64."""

Images = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def images(height: int, width: int) -> Images:
    """A content, a style of another size, and an image to be judged; float64."""
    generator = torch.Generator().manual_seed(3)
    shapes = ((height, width), (77, 93), (height, width))
    content, style, image = (torch.rand(1, 3, *s, generator=generator).double() for s in shapes)
    return content, style, image


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


@pytest.mark.parametrize("strips", [False, True])
@pytest.mark.parametrize(("tile", "kept_bytes"), [(160, 0.0), (96, TWO_TILES), (96, None)])
def test_tiled_equals_untiled(
    features64: Features, tile: int, kept_bytes: float | None, strips: bool
) -> None:
    content, style, image = images(421, 507)
    objective = Objective(features64, content, [(style, 1.0)], Settings(tile=None))
    loss, gradient = objective.loss_and_gradient(image)
    tiled_loss, tiled = objective.loss_and_gradient(image, tile, kept_bytes=kept_bytes, strips=strips)
    assert abs(tiled_loss - loss) <= 1e-10 * abs(loss)
    assert relative_error(tiled, gradient) <= 1e-10


@pytest.mark.parametrize("strips", [False, True])
def test_tiled_equals_untiled_under_a_mask(features64: Features, strips: bool) -> None:
    content, style, image = images(203, 301)
    mask = torch.zeros(203, 301, dtype=torch.float64)
    mask[31:150, 40:233] = 1.0
    objective = Objective(features64, content, [(style, 1.0)], Settings(tile=None), mask)
    gradient = objective.loss_and_gradient(image)[1]
    assert relative_error(objective.loss_and_gradient(image, 96, strips=strips)[1], gradient) <= 1e-10


@pytest.mark.parametrize("strips", [False, True])
@pytest.mark.parametrize("size", [(203, 301), (208, 304)])
def test_an_inset_is_seen_but_not_compared(features64: Features, size: tuple[int, int], strips: bool) -> None:
    """By tiles, and as a mask of whole cells says it."""
    content, style, image = images(*size)
    plain = Settings(total_variation=2.0)
    objective = Objective(features64, content, [(style, 1.0)], plain, inset=(16, 80))
    loss, gradient = objective.loss_and_gradient(image)
    tiled_loss, tiled = objective.loss_and_gradient(image, 64, kept_bytes=TWO_TILES, strips=strips)
    assert tiled_loss == pytest.approx(loss, rel=1e-10)
    assert relative_error(tiled, gradient) <= 1e-10
    if size == (208, 304):
        mask = torch.zeros(size, dtype=torch.float64)
        mask[16:-16, 80:-80] = 1.0
        masked = Objective(features64, content, [(style, 1.0)], plain, mask)
        expected_loss, expected = masked.loss_and_gradient(image)
        assert loss == pytest.approx(expected_loss, rel=1e-10)
        assert relative_error(gradient, expected) <= 1e-10


def test_targets_do_not_depend_on_the_tile(features64: Features) -> None:
    content, style, image = images(203, 301)
    untiled, tiled = (
        Objective(features64, content, [(style, 1.0)], Settings(tile=tile)) for tile in (None, 64)
    )
    expected = untiled.loss_and_gradient(image)[1]
    assert relative_error(tiled.loss_and_gradient(image)[1], expected) <= 1e-10


def test_gradient_equals_finite_differences(features64: Features) -> None:
    content, style, image = images(67, 81)
    objective = Objective(features64, content, [(style, 1.0)], Settings())
    direction = torch.randn(image.shape, generator=torch.Generator().manual_seed(0)).double()
    direction /= direction.norm()
    gradient = objective.loss_and_gradient(image)[1]
    ahead, behind = (objective.loss_and_gradient(image + step * direction)[0] for step in (1e-6, -1e-6))
    expected = (ahead - behind) / 2e-6
    assert float((gradient * direction).sum()) == pytest.approx(expected, rel=1e-4)


def test_the_style_itself_has_no_style_loss(features64: Features) -> None:
    style = images(64, 64)[1]
    nothing_else = Settings(content_weight=0.0, total_variation=0.0)
    objective = Objective(features64, style, [(style, 3.0), (style, 1.0)], nothing_else)
    assert objective.loss_and_gradient(style)[0] < 1e-20


def test_outlines_of_a_flat_atlas_let_content_count_less_on_its_mesh_and_never_more(
    features64: Features,
) -> None:
    content, style, image = images(64, 80)

    def content_loss(atlas: torch.Tensor | None) -> float:
        objectives = [
            Objective(features64, content, [(style, 1.0)], Settings(content_weight=each), atlas=atlas)
            for each in (0.0, 1.0)
        ]
        without, with_content = (objective.loss_and_gradient(image)[0] for objective in objectives)
        return with_content - without

    outlined = content.clone()
    outlined[:, :, ::8] = 0
    outlined[:, :, 1::8] = 1
    assert content_loss(outlined) < 0.95 * content_loss(None)
    assert content_loss(content) == pytest.approx(content_loss(None))
    assert content_loss(torch.full_like(content, 0.5)) <= 1.0001 * content_loss(None)


def test_maps_are_kept_as_far_as_there_is_memory(features64: Features) -> None:
    content, style, _ = images(64, 64)
    objective = Objective(features64, content, [(style, 1.0)], Settings())
    assert objective.spare_bytes() > objective.spare_bytes(taken=2**20) > 0
    assert objective.spare_bytes(taken=2**40) == 0


def test_strips_are_taken_where_they_are_possible_and_have_room(
    features64: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, style, _ = images(200, 150)
    objective = Objective(features64, content, [(style, 1.0)], Settings())
    assert objective.has_room_for_strips(64) == (features64.pooling == "average")
    assert not objective.has_room_for_strips(200)
    monkeypatch.setattr("texture_stylizer.engine.gradient.objective.free_memory", lambda device: 2**20)
    assert not objective.has_room_for_strips(64)


@pytest.mark.parametrize("steps", [0, 25])
def test_bfloat16_keeps_the_gradients_direction(steps: int) -> None:
    """With the shipped network, at the start and after a run of gradient descent."""
    exact, rounded = (load_features("embedded", dtype=dtype) for dtype in (torch.float64, torch.bfloat16))
    content, style, image = images(96, 80)
    one, other = (Objective(features, content, [(style, 1.0)], Settings()) for features in (exact, rounded))
    for _ in range(steps):
        gradient = one.loss_and_gradient(image)[1]
        image = (image - 0.02 * gradient / gradient.abs().max()).clamp(0, 1)
    expected, found = (each.loss_and_gradient(image)[1].flatten() for each in (one, other))
    assert float(torch.nn.functional.cosine_similarity(found, expected, dim=0)) > 0.99


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    height=st.integers(16, 190),
    width=st.integers(16, 190),
    tile=st.integers(16, 200),
    kept_bytes=st.sampled_from([0.0, TWO_TILES, None]),
    strips=st.booleans(),
)
def test_any_size_and_tile_agree(
    features64: Features, height: int, width: int, tile: int, kept_bytes: float | None, strips: bool
) -> None:
    content, style, image = images(height, width)
    objective = Objective(features64, content, [(style, 1.0)], Settings())
    gradient = objective.loss_and_gradient(image)[1]
    tiled = objective.loss_and_gradient(image, tile, kept_bytes=kept_bytes, strips=strips)[1]
    assert relative_error(tiled, gradient) <= 1e-10


LENGTHS = given(
    length=st.integers(16, 5000),
    size=st.integers(1, 6000),
    halo=st.sampled_from([0, 32, 80]),
    inset=st.sampled_from([0, 16, 96]),
)


@LENGTHS
def test_cores_cover_what_counts_once_and_regions_their_halo(
    length: int, size: int, halo: int, inset: int
) -> None:
    length += 2 * inset
    found = spans(length, size, halo, inset)
    assert (found[0].core_start, found[-1].core_stop) == (inset, length - inset)
    for span in found:
        assert span.start <= max(0, span.core_start - halo)
        assert span.stop >= min(length, span.core_stop + halo)
        assert span.start % 16 == span.core_start % 16 == 0
        assert span.core_stop - span.core_start >= 16, "at least a cell of the deepest layer"
    for before, after in zip(found, found[1:], strict=False):
        assert before.core_stop == after.core_start
        assert before.start <= after.start <= before.stop


@LENGTHS
def test_regions_are_equally_long_and_no_longer_than_was_asked(
    length: int, size: int, halo: int, inset: int
) -> None:
    inset = min(inset, halo)
    lengths = [span.stop - span.start for span in spans(length + 2 * inset, size, halo, inset)]
    assert max(lengths) - min(lengths) < 16
    assert max(lengths) < max(16, size) + 2 * halo + 16


@pytest.mark.parametrize("strips", [False, True])
def test_a_large_content_target_is_kept_in_fewer_bits(monkeypatch: pytest.MonkeyPatch, strips: bool) -> None:
    """The gradient hardly changes."""
    features = Features(random_weights(), name="random")
    content, image, style = torch.rand(3, 1, 3, 128, 96, generator=torch.Generator().manual_seed(0))
    exact = Objective(features, content, [(style, 1.0)], Settings())
    monkeypatch.setattr("texture_stylizer.engine.losses.content.LARGEST_TARGET", 1000)
    small = Objective(features, content, [(style, 1.0)], Settings())
    (loss, gradient), (other_loss, other) = (
        each.loss_and_gradient(image, 64, strips=strips) for each in (exact, small)
    )
    assert other_loss != loss and other_loss == pytest.approx(loss, rel=0.01)
    assert float(torch.nn.functional.cosine_similarity(gradient.flatten(), other.flatten(), dim=0)) > 0.999


def test_a_tile_leaves_room_for_the_bands_of_a_picture_in_another_memory() -> None:
    alone = fitting_tile(16384, 16384, 48, 500.0, 4e9)
    beside = fitting_tile(16384, 16384, 48, 500.0, 4e9, band_bytes=64.0)
    assert alone is not None and beside is not None and 128 < beside < alone
    assert (beside + 96) ** 2 * 500.0 + (beside + 96) * 16384 * 64.0 <= 4e9


def test_a_step_does_not_wait_for_sympy() -> None:
    """Torch imports it with the first gradient that it is given: a third of a second of a worker's start."""
    script = (
        "import sys, torch\n"
        "from texture_stylizer.engine import Objective, Settings, load_features\n"
        "image = torch.rand(1, 3, 32, 32)\n"
        "objective = Objective(load_features('embedded'), image, [(image, 1.0)], Settings())\n"
        "objective.loss_and_gradient(image)\n"
        "print([name for name in ('sympy', 'torch._dynamo') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
