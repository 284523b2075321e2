"""Strokes of one size and direction on the surface: which texels see the style at which size, turned how."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from texture_stylizer.engine import Objective, Settings, stylize
from texture_stylizer.engine.features.recipe import STYLE_SHARES
from texture_stylizer.engine.losses.style_regions import StyledTexels
from texture_stylizer.engine.surface.coverage import Surface, coverage
from texture_stylizer.engine.surface.style_groups import StyleGroup, group_texels, width_as_scale
from texture_stylizer.jobs.mesh_file import ups_in_map

SQUARE = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], dtype=float)


def surface_of(*squares: tuple[float, float, float, float], ups: np.ndarray | None = None) -> Surface:
    """Squares in the map: left, bottom, side, and the length of its side on the surface."""
    triangles = np.concatenate([SQUARE * side + [left, bottom] for left, bottom, side, _ in squares])
    areas = np.repeat([length**2 / 2 for *_, length in squares], 2)
    vertices = np.arange(3 * len(triangles)).reshape(-1, 3)
    return Surface.of(triangles, areas, vertices, ups)


def test_even_density_is_one_group_at_the_scale_that_was_set() -> None:
    surface = surface_of((0.05, 0.05, 0.4, 2.0), (0.55, 0.55, 0.4, 2.1))
    found = group_texels(surface, coverage(surface, 64, 80), Settings(style_scale=0.7))
    assert [group.scale for group in found.groups] == [pytest.approx(0.7, rel=1e-9)]


def test_islands_of_other_density_see_the_style_at_another_size() -> None:
    """Half as many texels to a unit, half the size in texels: the same size on the surface."""
    surface = surface_of((0.05, 0.05, 0.4, 1.0), (0.55, 0.55, 0.4, 2.0))
    texels = coverage(surface, 64, 64)
    found = group_texels(surface, texels, Settings())
    dense, coarse = (found.groups[found.labels[row, column]].scale for row, column in ((50, 16), (16, 50)))
    assert dense / coarse == pytest.approx(2.0, rel=1e-6)
    # Four fifths of the surface are coarse, and the mean density is the style's.
    assert np.log2(dense) * 0.2 + np.log2(coarse) * 0.8 == pytest.approx(0.0, abs=1e-6)


def test_densities_far_apart_are_four_groups_at_most() -> None:
    squares = [(0.02 + 0.12 * n, 0.1, 0.1, 0.1 * 1.6**n) for n in range(8)]
    surface = surface_of(*squares)
    assert 2 <= len(group_texels(surface, coverage(surface, 128, 128), Settings()).groups) <= 4


def test_the_width_on_the_surface_is_in_its_units() -> None:
    surface = surface_of((0.0, 0.0, 0.5, 4.0), (0.5, 0.5, 0.5, 1.0))
    found = group_texels(surface, coverage(surface, 128, 128), Settings(style_width=2.0))
    # 64 texels are 4 units: a style 2 units wide is 32 texels, a quarter of the texture.
    assert found.groups[found.labels[100, 20]].scale == pytest.approx(32 / 128)
    assert found.groups[found.labels[20, 100]].scale == pytest.approx(128 / 128)


def test_a_tiled_texture_has_the_width_by_its_mean_density() -> None:
    triangles, areas = SQUARE * 8, np.array([2.0, 2.0])
    found = width_as_scale(Settings(style_width=0.5), triangles, areas, 100, 100)
    # The texture is 8 x 8 times on 2 x 2 units: it is a quarter of a unit wide, the style twice that.
    assert (found.style_scale, found.style_width) == (pytest.approx(2.0), None)


@pytest.mark.parametrize(
    ("up", "turn"),
    [((0, 1), 0), ((-1, 1), 1), ((-1, 0), 2), ((0, -1), 4), ((1, 0), 6), ((1, 1), 7)],
)
def test_the_style_turns_with_the_island(up: tuple[float, float], turn: int) -> None:
    surface = surface_of((0.1, 0.1, 0.8, 1.0), ups=np.array([up, up], dtype=float))
    settings = Settings(style_direction="surface")
    (group,) = group_texels(surface, coverage(surface, 32, 32), settings).groups
    assert group.turn == turn
    # A style with a bright top: it is bright where the surface's up lies in the picture.
    style = torch.linspace(1, 0, 33)[None, None, :, None].expand(1, 3, 33, 33)
    seen = group.apply(style)[0, 0]
    right, above = (seen[:, -8:].mean() - seen[:, :8].mean()), (seen[:8].mean() - seen[-8:].mean())
    direction = torch.stack([right, above])
    wanted = torch.tensor(up, dtype=torch.float32)
    assert float(functional.cosine_similarity(direction, wanted, dim=0)) > 0.99


def test_a_mirrored_island_sees_the_style_mirrored() -> None:
    surface = surface_of((0.1, 0.1, 0.8, 1.0), ups=np.array([[0, 1.0], [0, 1.0]]))
    back = Surface.of(
        surface.triangles * [-1, 1] + [1, 0], surface.areas, np.arange(6).reshape(2, 3), surface.ups
    )
    settings = Settings(style_direction="surface")
    (group,) = group_texels(back, coverage(back, 32, 32), settings).groups
    assert group == StyleGroup(pytest.approx(1.0), 0, True)  # type: ignore[arg-type]
    style = torch.rand(1, 3, 8, 9)
    assert torch.equal(group.apply(style), style.flip(3))


def test_up_on_a_wall_that_lies_on_its_side_in_the_map() -> None:
    """Against the definition: a step upward in space, divided into the triangle's sides."""
    rng = np.random.default_rng(0)
    corners, uvs = rng.normal(size=(20, 3, 3)), rng.random((20, 3, 2))
    sides = corners[:, 1:] - corners[:, :1]
    found = ups_in_map(sides, uvs)
    for side, uv, up in zip(sides, uvs, found, strict=True):
        to_space = side.T @ np.linalg.inv((uv[1:] - uv[:1]).T)
        step = to_space @ up
        normal = np.cross(side[0], side[1]) / np.linalg.norm(np.cross(side[0], side[1]))
        world = np.array([0, 1.0, 0]) if abs(normal[2]) > 0.95 else np.array([0, 0, 1.0])
        assert np.allclose(step, world - normal * (normal @ world), atol=1e-8)


def test_each_region_has_the_loss_of_its_own_gram_matrices(features64) -> None:
    """Against Gram matrices written out position by position, in float64."""
    generator = torch.Generator().manual_seed(0)
    content, image, first, second = torch.rand(4, 1, 3, 64, 48, generator=generator, dtype=torch.float64)
    mask = torch.rand(64, 48, generator=generator, dtype=torch.float64)
    labels = (torch.rand(64, 48, generator=generator) > 0.6).to(torch.uint8)
    styled = StyledTexels(labels, [[(first, 1.0)], [(second, 1.0)]])
    settings = Settings(content_weight=0.0, total_variation=0.0)
    loss, _ = Objective(features64, content, (), settings, mask, styled).loss_and_gradient(image)

    maps = features64(image, padding="replicate")
    expected = 0.0
    for number, style in enumerate((first, second)):
        share = float((mask * (labels == number)).sum() / mask.sum())
        wanted = features64(style, padding="replicate")
        for layer, weight_of_layer in STYLE_SHARES.items():
            found = maps[layer][0]
            cell = 64 // found.shape[1]
            gram, total = torch.zeros(len(found), len(found), dtype=torch.float64), 0.0
            for row in range(found.shape[1]):
                for column in range(found.shape[2]):
                    part = slice(row * cell, (row + 1) * cell), slice(column * cell, (column + 1) * cell)
                    weight = float((mask[part] * (labels[part] == number)).mean())
                    gram += weight * torch.outer(found[:, row, column], found[:, row, column])
                    total += weight
            flat = wanted[layer].flatten(2)[0]
            target = flat @ flat.T / flat.shape[1]
            error = (gram / total - target).square().sum() / target.square().sum()
            expected += share * weight_of_layer * float(error)
    assert loss == pytest.approx(expected, rel=1e-10)


def test_tiles_give_the_gradient_of_all_regions(features64) -> None:
    generator = torch.Generator().manual_seed(1)
    content, image = torch.rand(2, 1, 3, 211, 275, generator=generator, dtype=torch.float64)
    styles = [[(torch.rand(1, 3, 96, 64, generator=generator, dtype=torch.float64), 1.0)] for _ in range(3)]
    mask = torch.rand(211, 275, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, 3, (211, 275), generator=generator, dtype=torch.uint8)
    labels[:100] = 1
    objective = Objective(features64, content, (), Settings(), mask, StyledTexels(labels, styles))
    loss, whole = objective.loss_and_gradient(image)
    tiled_loss, tiled = objective.loss_and_gradient(image, 96)
    assert tiled_loss == pytest.approx(loss, rel=1e-12)
    assert float((whole - tiled).norm() / whole.norm()) < 1e-10


def test_what_needs_a_mesh_says_so_without_one(features32) -> None:
    picture = np.random.default_rng(0).random((40, 40, 3)).astype(np.float32)
    settings = Settings(iterations=1, style_width=1.0, style_direction="surface")
    warnings = stylize(picture, [(picture, 1.0)], settings, features=features32).warnings
    assert len(warnings) == 2 and all("needs a mesh" in warning for warning in warnings)
