"""Borders that continue a picture, and what the gradient of them means for it."""

from __future__ import annotations

import dataclasses
from importlib import import_module

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from texture_stylizer.engine import Features, Objective, Settings, stylize
from texture_stylizer.engine.features.vgg import HALO
from texture_stylizer.engine.hardware.offload import Band
from texture_stylizer.engine.parameterization.image import PaddedImage
from texture_stylizer.engine.parameterization.image_with_padding import ImageWithPadding
from texture_stylizer.engine.parameterization.padding import fold_border, mirror_border

TILED = [(True, True), (True, False), (False, True)]


def doubles(*shape: int) -> torch.Tensor:
    return torch.randn(1, 3, *shape, dtype=torch.float64)


def test_the_folded_border_is_the_transpose_of_the_mirrored() -> None:
    x = doubles(41, 57)
    y = doubles(41 + 32, 57 + 32)
    assert float((mirror_border(x) * y).sum()) == pytest.approx(float((x * fold_border(y)).sum()), rel=1e-12)


@pytest.mark.parametrize("wrapped", TILED)
def test_the_gradient_of_a_tiled_picture_is_the_transpose(wrapped: tuple[bool, bool]) -> None:
    parameterization = PaddedImage(wrapped, 80)
    x = doubles(48, 67)
    y = torch.randn_like(parameterization.seen(x))
    assert float((parameterization.seen(x) * y).sum()) == pytest.approx(
        float((x * parameterization.gradient(y)).sum()), rel=1e-12
    )


@pytest.mark.parametrize("wrapped", [*TILED, (False, False)])
def test_the_gradient_of_a_large_picture_is_the_transpose(wrapped: tuple[bool, bool]) -> None:
    parameterization = ImageWithPadding(wrapped, 32)
    x = doubles(70 + 2 * parameterization.inset[0], 65 + 2 * parameterization.inset[1])
    y = torch.randn_like(x)
    expected = float((parameterization.seen(x.clone()) * y).sum())
    assert float((x * parameterization.gradient(y)).sum()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("wrapped", [*TILED, (False, False)])
@pytest.mark.parametrize("halo", [32, 160])
def test_a_picture_begins_again_or_is_mirrored(wrapped: tuple[bool, bool], halo: int) -> None:
    image = doubles(48, 67)
    found = PaddedImage(wrapped, halo).padded(image)
    expected = image.numpy()
    for axis, tiled in zip((2, 3), wrapped, strict=True):
        border = [(0, 0)] * 4
        border[axis] = (halo, halo) if tiled else (16, 16)
        expected = np.pad(expected, border, mode="wrap" if tiled else "reflect")
    assert np.array_equal(found.numpy(), expected)


@pytest.mark.parametrize("wrapped", [*TILED, (False, False)])
def test_a_large_picture_is_continued_as_a_small_one(wrapped: tuple[bool, bool]) -> None:
    large, small = ImageWithPadding(wrapped, 48), PaddedImage(wrapped, 48)
    image = doubles(96, 103)
    assert torch.equal(large.padded(image), small.padded(image))
    assert torch.equal(large.picture(large.unknowns(image)), image)
    assert large.inset == small.inset


@pytest.mark.parametrize("wrapped", TILED)
@settings(deadline=None)
@given(cuts=st.lists(st.integers(1, 163), unique=True, max_size=6))
def test_bands_give_each_row_its_whole_gradient_once(wrapped: tuple[bool, bool], cuts: list[int]) -> None:
    parameterization = ImageWithPadding(wrapped, 32)
    gradient = doubles(164, 130)
    ends = [0, *sorted(cuts), 164]
    cut = zip(ends[:-1], ends[1:], strict=True)
    bands = [
        Band(slice(first, last), gradient[:, :, first:last].clone(), torch.tensor(float(last - first)))
        for first, last in cut
    ]
    found, times = torch.zeros_like(gradient), torch.zeros(164)
    loss = 0.0
    for band in parameterization.bands(iter(bands), 164):
        found[:, :, band.rows] = band.gradient
        times[band.rows] += 1
        loss += float(band.loss)
    border = 32 if wrapped[0] else 0
    assert torch.equal(times, torch.nn.functional.pad(torch.ones(164 - 2 * border), (border, border)))
    torch.testing.assert_close(found, parameterization.gradient(gradient), rtol=1e-12, atol=1e-12)
    assert loss == 164


@pytest.mark.parametrize("wrapped", TILED)
@pytest.mark.parametrize("history", [0, 2**31], ids=["Adam", "L-BFGS"])
def test_a_large_tiled_picture_is_drawn_as_a_small_one(
    wrapped: tuple[bool, bool], history: int, features32: Features, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    content, style = rng.random((272, 256, 3), dtype=np.float32), rng.random((64, 64, 3), dtype=np.float32)
    name = {(True, True): "both", (True, False): "y", (False, True): "x"}[wrapped]
    steps = Settings(iterations=6, scales=1, tile=96, wrap=name)
    monkeypatch.setattr("texture_stylizer.engine.optimisation.level.HISTORY_BYTES", history)
    small = stylize(content, [(style, 1.0)], steps, features=features32)
    monkeypatch.setattr(import_module("texture_stylizer.engine.coarse_to_fine"), "LARGEST_BORDERED", 0)
    if history:
        # The first step is as long as the mean of the gradient asks for, which a border has no part in.
        rows, columns = ImageWithPadding(wrapped, HALO).inset
        share = 272 * 256 / ((272 + 2 * rows) * (256 + 2 * columns))
        steps = dataclasses.replace(steps, learning_rate=steps.learning_rate * share)
    large = stylize(content, [(style, 1.0)], steps, features=features32)
    # Where it is not tiled, a large picture's border is drawn too.
    inner = (slice(None) if wrapped[0] else slice(64, -64), slice(None) if wrapped[1] else slice(64, -64))
    assert large.losses == pytest.approx(small.losses, rel=0.03)
    assert np.abs(large.image - small.image)[inner].mean() < 0.01


def test_rolling_a_tiled_picture_rolls_its_gradient(features64) -> None:
    generator = torch.Generator().manual_seed(0)
    content, image = torch.rand(2, 1, 3, 96, 112, generator=generator, dtype=torch.float64)
    style = torch.rand(1, 3, 64, 64, generator=generator, dtype=torch.float64)
    parameterization = PaddedImage((True, True), HALO)
    plain = Settings(total_variation=0.0)

    def gradient(shift: tuple[int, int]) -> torch.Tensor:
        rolled_content, rolled = (torch.roll(x, shift, (2, 3)) for x in (content, image))
        seen = parameterization.padded(rolled_content)
        objective = Objective(features64, seen, [(style, 1.0)], plain, inset=parameterization.inset)
        return parameterization.gradient(objective.loss_and_gradient(parameterization.seen(rolled))[1])

    rolled, expected = gradient((32, 48)), torch.roll(gradient((0, 0)), (32, 48), (2, 3))
    assert float((rolled - expected).norm() / expected.norm()) < 1e-10
