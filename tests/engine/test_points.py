"""Faces that are one point in the map, as on palettes: they have a colour, but no texel density."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.engine.test_surface import square
from texture_stylizer.engine import Settings, stylize
from texture_stylizer.engine.surface.continuation import Continuation
from texture_stylizer.engine.surface.coverage import Surface, coverage
from texture_stylizer.engine.surface.seam_pairs import SeamPairs
from texture_stylizer.engine.surface.style_groups import group_texels, width_as_scale


def point(u: float, v: float, size: float = 0.0) -> np.ndarray:
    """Two triangles of one face on a point, or on a square smaller than a texel."""
    return square(u, v, size)


def surface_of(*faces: np.ndarray, areas: list[float] | None = None, joined: bool = False) -> Surface:
    """joined: all faces meet at the same vertices, so that every edge is a seam."""
    triangles = np.concatenate(faces)
    vertices = np.arange(3 * len(triangles)).reshape(-1, 3)
    if joined:
        vertices = np.tile([[0, 1, 2], [0, 2, 3]], (len(faces), 1))
    return Surface.of(triangles, np.repeat(areas or [1.0] * len(faces), 2), vertices)


@pytest.mark.parametrize("size", [0.0, 0.001])
def test_a_point_counts_as_the_texels_that_a_sample_takes_in(size: float) -> None:
    # The centre of texel (12, 20), and the corner of four.
    surface = surface_of(point(20.5 / 64, 1 - 12.5 / 64, size), point(40 / 64, 1 - 40 / 64, size))
    texels = coverage(surface, 64, 64).texels
    assert texels[12, 20] and texels[39:41, 39:41].all()
    assert texels.sum() <= (5 if size == 0 else 9)


def test_a_line_counts_along_its_way() -> None:
    line = np.array([[[0.1, 0.5], [0.9, 0.5], [0.5, 0.5]]])
    surface = Surface.of(line, np.ones(1), np.arange(3).reshape(1, 3))
    assert coverage(surface, 64, 64).texels.any(axis=0).sum() >= 51


def test_points_do_not_move_what_other_texels_count_for() -> None:
    body = square(0.0, 0.0, 0.5)
    alone = coverage(surface_of(body), 64, 64)
    among = coverage(surface_of(body, point(0.8, 0.8), areas=[1.0, 500.0]), 64, 64)
    assert np.allclose(among.weights[alone.texels], alone.weights[alone.texels])
    assert 0 < among.weights[among.texels & ~alone.texels].max() <= 4


@pytest.mark.parametrize("size", [0.0, 1e-7, 0.001])
@pytest.mark.parametrize("area", [1e-6, 1.0, 1e6])
def test_points_do_not_move_the_strokes_of_others(size: float, area: float) -> None:
    body = square(0.05, 0.05, 0.6)
    for faces in ((body, point(0.8, 0.8, size)), (point(0.8, 0.8, size), body)):
        areas = [1.0 if len(face) and face is body else area for face in faces]
        surface = surface_of(*faces, areas=areas)
        found = group_texels(surface, coverage(surface, 128, 128), Settings(style_scale=0.7))
        assert [group.scale for group in found.groups] == [pytest.approx(0.7)]


def test_points_alone_see_the_style_as_it_is_set() -> None:
    surface = surface_of(*(point(n / 8, n / 8) for n in range(1, 8)))
    for settings in (Settings(style_scale=0.7), Settings(style_scale=0.7, style_width=3.0)):
        (group,) = group_texels(surface, coverage(surface, 64, 64), settings).groups
        assert group.scale == pytest.approx(0.7)


@pytest.mark.parametrize("ratio", [9.0, 1e3])
def test_a_style_is_not_enlarged_beyond_bounds(ratio: float) -> None:
    """A small island of many texels: real differences in density, as on the public Duck."""
    surface = surface_of(square(0.0, 0.0, 0.5), square(0.5, 0.5, 0.5), areas=[1.0, 1 / ratio**2 * 0.9])
    found = group_texels(surface, coverage(surface, 64, 64), Settings())
    assert max(group.scale for group in found.groups) <= 2.0
    wide = group_texels(surface, coverage(surface, 64, 64), Settings(style_width=100.0))
    assert max(group.scale for group in wide.groups) <= 8.0


def test_a_tiled_texture_leaves_points_out_of_its_density() -> None:
    body, areas = square(0.0, 0.0, 4.0), np.array([1.0, 1.0])
    plain = width_as_scale(Settings(style_width=0.5), body, areas, 100, 100)
    more = np.concatenate([body, point(0.3, 0.3)]), np.concatenate([areas, [50.0, 50.0]])
    assert width_as_scale(Settings(style_width=0.5), *more, 100, 100) == plain


def test_around_a_point_lies_its_own_colour() -> None:
    surface = surface_of(point(0.2, 0.2), point(0.8, 0.8), square(0.4, 0.4, 0.1), joined=True)
    found = coverage(surface, 64, 64)
    image = torch.zeros(1, 1, 64, 64)
    image[..., :, :32] = 1.0
    seen = Continuation(surface, found, torch.device("cpu")).apply(image)
    assert torch.isfinite(seen).all()
    assert float(seen[0, 0, 51 - 3, 12]) == 1.0 and float(seen[0, 0, 12 + 3, 51]) == 0.0


def test_swatches_beside_each_other_on_the_mesh_are_not_pulled_together() -> None:
    surface = surface_of(point(0.2, 0.2), point(0.8, 0.8), joined=True)
    pairs = SeamPairs(surface, coverage(surface, 64, 64), torch.device("cpu"))
    assert pairs.sources.shape[2] == 0


def test_a_palette_is_restyled(features32) -> None:
    places = [(n + 0.5) / 8 for n in range(8)]
    surface = surface_of(*(point(p, p) for p in places))
    content = np.kron(np.random.default_rng(0).random((8, 8, 3)), np.ones((8, 8, 1))).astype(np.float32)
    style = np.random.default_rng(1).random((64, 64, 3)).astype(np.float32)
    made = stylize(content, [(style, 1.0)], Settings(iterations=8), features=features32, seams=surface)
    assert np.isfinite(made.image).all()
    for n in range(8):
        swatch = slice(8 * (7 - n), 8 * (8 - n)), slice(8 * n, 8 * (n + 1))
        assert np.abs(made.image[swatch] - content[swatch]).mean() > 1e-3
