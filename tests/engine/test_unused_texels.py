"""Texels that no face uses: nothing of the old picture is left for mipmaps to mix in."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.test_surface import square
from texture_stylizer.engine import Settings, stylize
from texture_stylizer.engine.surface.coverage import Surface, coverage
from texture_stylizer.engine.surface.unused_texels import spread, with_unused_texels

SIZE = 256


def islands(*squares: tuple[float, float, float]) -> Surface:
    triangles = np.concatenate([square(*one) for one in squares])
    return Surface.of(triangles, np.ones(len(triangles)), np.arange(3 * len(triangles)).reshape(-1, 3))


def mip(image: np.ndarray, level: int) -> np.ndarray:
    """A mipmap as games make it: the mean of square cells."""
    cell = 2**level
    height, width = image.shape[0] // cell, image.shape[1] // cell
    return image.reshape(height, cell, width, cell, -1).mean(axis=(1, 3))


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_mipmaps_show_no_old_colour_on_the_islands(level: int) -> None:
    """Old black, new white: in cells that hold part of an island every level is white."""
    surface = islands((0.1, 0.13, 0.3), (0.55, 0.5, 0.35), (0.05, 0.7, 0.11))
    content, new = np.zeros((SIZE, SIZE, 3), np.float32), np.ones((SIZE, SIZE, 3), np.float32)
    cells = mip(coverage(surface, SIZE, SIZE).texels[..., None].astype(float), level)[..., 0] > 0
    filled, _ = with_unused_texels(new, content, surface, Settings())
    kept, _ = with_unused_texels(new, content, surface, Settings(keep_unused=True))
    assert np.abs(mip(filled, level)[cells] - 1).max() == 0
    if level >= 4:
        assert np.abs(mip(kept, level)[cells] - 1).mean() > 0.02, "the margin alone is not enough there"


def test_each_texel_has_the_colour_of_the_nearest_island() -> None:
    filled = np.zeros((20, 50), bool)
    filled[:, 10], filled[:, 40] = True, True
    image = np.broadcast_to(np.arange(50, dtype=np.float32)[None, :, None], (20, 50, 3)).copy()
    found = spread(image, filled, (False, False))
    assert (found[:, :25] == 10).all() and (found[:, 26:] == 40).all()


def test_a_texture_that_wraps_is_filled_across_its_border() -> None:
    filled = np.zeros((20, 50), bool)
    filled[:, 20], filled[:, 48] = True, True
    image = np.broadcast_to(np.arange(50, dtype=np.float32)[None, :, None], (20, 50, 3)).copy()
    assert (spread(image, filled, (False, True))[:, :9] == 48).all()
    assert (spread(image, filled, (False, False))[:, :9] == 20).all()


def test_a_result_is_filled_as_a_whole(features32) -> None:
    surface = islands((0.2, 0.2, 0.4))
    content = np.zeros((96, 96, 3), np.float32)
    content[coverage(surface, 96, 96).texels] = 0.5
    style = np.random.default_rng(1).uniform(0.6, 1, (64, 64, 3)).astype(np.float32)
    settings = Settings(iterations=6, scales=1)
    made = stylize(content, [(style, 1.0)], settings, features=features32, seams=surface).image
    assert made[0, 0].min() > 0.1 and made[-1, -1].min() > 0.1


def test_a_result_without_any_used_texel_is_said(features32) -> None:
    surface = islands((2.0, 2.0, 0.3))
    content = np.full((96, 96, 3), 0.5, np.float32)
    made = stylize(content, [(content, 1.0)], Settings(iterations=1), features=features32, seams=surface)
    assert np.array_equal(made.image, content)
    assert any("no face uses a texel" in warning for warning in made.warnings)
