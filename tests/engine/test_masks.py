"""Masks of a picture: what is black takes no part, and what is marked on a surface is put together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from texture_stylizer.engine import Features, Settings, stylize
from texture_stylizer.engine.surface.marks import marked_texels
from texture_stylizer.errors import BadInput

FEW = Settings(iterations=3, scales=1)


def noise(seed: int, height: int = 64, width: int = 64) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def half(height: int = 64, width: int = 64) -> np.ndarray:
    """White on the left."""
    mask = np.zeros((height, width), dtype=np.float32)
    mask[:, : width // 2] = 1.0
    return mask


@pytest.mark.parametrize("colors", ["off", "luminance", "histogram"])
@pytest.mark.parametrize("wrap", ["none", "both"])
def test_what_is_black_decides_nothing_of_what_is_white(features32: Features, colors: str, wrap: str) -> None:
    settings = Settings(iterations=3, scales=1, preserve_color=colors, wrap=wrap)
    mask, content = half(), noise(0)
    other = content.copy()
    other[mask == 0] = 0.9
    results = [
        stylize(each, [(noise(2), 1.0)], settings, features=features32, mask=mask).image
        for each in (content, other)
    ]
    assert np.array_equal(results[0][mask > 0], results[1][mask > 0])
    assert np.array_equal(results[1][mask == 0], other[mask == 0])
    assert not np.array_equal(results[0][mask > 0], content[mask > 0])


def test_a_mask_that_is_white_everywhere_changes_nothing(features32: Features) -> None:
    masks = None, np.ones((64, 64), np.float32)
    results = [
        stylize(noise(0), [(noise(1), 1.0)], FEW, features=features32, mask=mask).image for mask in masks
    ]
    assert np.abs(results[0] - results[1]).max() < 1e-4


def test_a_mask_that_is_black_everywhere_is_refused(features32: Features) -> None:
    with pytest.raises(BadInput, match="black everywhere"):
        stylize(noise(0), [(noise(1), 1.0)], FEW, features=features32, mask=np.zeros((64, 64), np.float32))


def square(left: float, right: float) -> list[list[list[float]]]:
    a, b, c, d = [left, 0.0], [right, 0.0], [right, 1.0], [left, 1.0]
    return [[a, b, c], [a, c, d]]


def test_faces_on_the_same_texels_are_put_together() -> None:
    uvs = np.array([*square(0.0, 0.5), *square(0.25, 1.0), *square(0.25, 0.75)])
    values = np.repeat(np.array([[1.0], [0.5], [0.0]]), 2, axis=0) * np.ones((1, 3))
    found = marked_texels(uvs, values, 4, 8)
    assert found[0].tolist() == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5]


def test_a_texel_that_no_face_shows_is_as_the_nearest() -> None:
    uvs, values = np.array([*square(0.0, 0.25), *square(0.75, 1.0)]), np.zeros((4, 3))
    values[2:] = 1.0
    assert marked_texels(uvs, values, 2, 8)[0].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_a_face_beyond_the_square_marks_what_it_repeats() -> None:
    uvs, values = np.array(square(1.5, 2.25)), np.ones((2, 3))
    assert marked_texels(uvs, values, 2, 8, repeated=True)[0].tolist() == [1] * 8
    low = np.concatenate([uvs, np.array(square(0.0, 1.0))])
    found = marked_texels(low, np.array([[1.0] * 3] * 2 + [[0.0] * 3] * 2), 2, 8, repeated=True)
    assert found[0].tolist() == [1, 1, 0, 0, 1, 1, 1, 1]


def test_a_mark_fades_linearly_between_corners() -> None:
    uvs = np.array(square(0.0, 1.0))
    values = np.array([[0.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    expected = (np.arange(8) + 0.5) / 8
    assert np.abs(marked_texels(uvs, values, 2, 8) - expected).max() < 1e-6


def test_the_network_counts_texels_by_the_mask(features64: Features) -> None:
    """At a mask's border a position counts for its share, in a tiled picture, too."""
    from texture_stylizer.engine import Objective

    generator = torch.Generator().manual_seed(0)
    content, style, image = torch.rand(3, 1, 3, 96, 112, generator=generator, dtype=torch.float64)
    mask = torch.rand(96, 112, generator=generator, dtype=torch.float64).clamp_min(0.4) - 0.4
    objective = Objective(features64, content, [(style, 1.0)], Settings(), mask, inset=(16, 16))
    loss, gradient = objective.loss_and_gradient(image)
    tiled_loss, tiled = objective.loss_and_gradient(image, 48)
    assert tiled_loss == pytest.approx(loss, rel=1e-10)
    assert float((tiled - gradient).norm() / gradient.norm()) < 1e-10
