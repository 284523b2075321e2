"""Maps as they come: islands that overlap, mirrored halves, thousands of islands, and UVs of no area."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from texture_stylizer.engine import Settings, stylize
from texture_stylizer.engine.surface.continuation import Continuation
from texture_stylizer.engine.surface.coverage import Surface, coverage
from texture_stylizer.engine.surface.seam_pairs import SeamPairs

CPU = torch.device("cpu")


def islands_in_a_grid(count: int, share: float) -> Surface:
    """count x count squares of two triangles, joined on the surface but apart in the map, as after an unwrap
    that cuts every edge. share: of its cell that each takes in the map."""
    row, column = (axis.ravel() for axis in np.mgrid[:count, :count])
    corner = np.stack([column, row], axis=1)[:, None, None, :]
    square = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]])
    places = (corner + square).reshape(-1, 3, 2)
    vertices = places[..., 1] * (count + 1) + places[..., 0]
    inset = (1 - share) / 2 + square * share
    uvs = ((corner + inset) / count).reshape(-1, 3, 2)
    return Surface.of(uvs, np.full(len(uvs), 0.5), vertices.astype(np.int64))


@pytest.mark.parametrize(("count", "size"), [(8, 256), (63, 1008)], ids=["64 islands", "3,969 islands"])
def test_across_each_of_many_seams_lies_the_neighbour(count: int, size: int) -> None:
    """A colour that is linear over the surface goes on linearly past every island's border."""
    surface = islands_in_a_grid(count, 0.75)
    found = coverage(surface, size, size)
    y, x = np.mgrid[:size, :size]
    u, v = (x + 0.5) / size * count, (1 - (y + 0.5) / size) * count
    # In a cell the island takes the middle three quarters: this is the place on the surface.
    on_surface = [np.floor(axis) + (axis % 1 - 0.125) / 0.75 for axis in (u, v)]
    values = 2 * on_surface[0] + 3 * on_surface[1]
    image = torch.from_numpy(np.where(found.texels, values, 99.0))[None, None]
    continued = Continuation(surface, found, CPU).apply(image)[0, 0].numpy()
    inner = (u > 1) & (u < count - 1) & (v > 1) & (v < count - 1)
    # Not in the corners of the cells, where four islands meet, nor midway between two, which either may have.
    across, along = np.abs(u % 1 - 0.5), np.abs(v % 1 - 0.5)
    beside = (np.minimum(across, along) < 0.3) & (np.maximum(across, along) < 0.5 - 1.1 * count / size)
    texel = 3 * count / (0.75 * size)
    gaps = inner & beside & ~found.texels
    assert gaps.sum() > 5000
    assert np.abs(continued - values)[gaps].max() < texel


def test_many_islands_have_an_exact_adjoint() -> None:
    surface = islands_in_a_grid(63, 0.75)
    continuation = Continuation(surface, coverage(surface, 300, 340), CPU)
    x, y = torch.randn(2, 1, 3, 300, 340, dtype=torch.float64)
    forward, backward = (continuation.apply(x) * y).sum(), (x * continuation.adjoint(y)).sum()
    assert float(forward) == pytest.approx(float(backward), rel=1e-11)


def mirrored_halves() -> Surface:
    """Two faces that meet in an edge of the surface and lie upon each other in the map, one mirrored."""
    half = np.array([[[0.2, 0.2], [0.2, 0.8], [0.6, 0.5]]])
    vertices = np.array([[0, 1, 2], [0, 1, 3]])
    return Surface.of(np.concatenate([half, half]), np.array([1.0, 1.0]), vertices)


def test_beyond_the_edge_of_mirrored_halves_lies_the_mirror_image() -> None:
    surface, size = mirrored_halves(), 100
    found = coverage(surface, size, size)
    y, x = np.mgrid[:size, :size]
    values = x / size
    image = torch.from_numpy(np.where(found.texels, values, 99.0))[None, None]
    continued = Continuation(surface, found, CPU).apply(image)[0, 0].numpy()
    # The shared edge stands at x = 20: five texels left of it is as five texels right of it.
    assert continued[50, 14] == pytest.approx(25 / size, abs=0.011)


def test_mirrored_halves_have_nothing_to_join() -> None:
    """Both sides of their seam are the same texels, which cannot fight each other."""
    surface = mirrored_halves()
    pairs = SeamPairs(surface, coverage(surface, 64, 64), CPU)
    image = torch.rand(1, 3, 64, 64, dtype=torch.float64)
    loss, gradient = pairs.loss_and_gradient(image)
    assert float(loss) == pytest.approx(0.0, abs=1e-20)
    assert float(gradient.abs().max()) == pytest.approx(0.0, abs=1e-12)


def test_islands_upon_each_other_count_once() -> None:
    one, two = mirrored_halves(), mirrored_halves()
    both = Surface.of(
        np.concatenate([one.triangles, two.triangles]),
        np.ones(4),
        np.array([[0, 1, 2], [0, 1, 3], [4, 5, 6], [4, 5, 7]]),
    )
    assert np.array_equal(coverage(both, 64, 64).weights, coverage(one, 64, 64).weights)


def test_faces_that_are_one_point_change_the_texels_there(features32) -> None:
    surface = Surface.of(np.zeros((2, 3, 2)), np.ones(2), np.arange(6).reshape(2, 3))
    picture = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    kept = Settings(iterations=2, keep_unused=True)
    made = stylize(picture, [(picture, 1.0)], kept, features=features32, seams=surface)
    changed = np.argwhere((made.image != picture).any(axis=2))
    assert len(changed) and np.isin(changed, [*range(16), *range(48, 64)]).all()
