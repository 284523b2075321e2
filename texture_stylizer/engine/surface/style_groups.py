"""Strokes of one size, and on wish of one direction, on the surface.

Islands are packed at different texel densities and turned as they fit. So texels are put into groups, by how
many of them there are to a unit of length and by where the surface's own up lies in the picture, and each
group is compared with the style at that size and turned that way.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ...settings import Settings
from .coverage import POINT, Coverage, Surface
from .texels import doubled_areas, to_texels

MOST_SIZES = 4
OCTAVES_PER_SIZE = 0.5
"""Texel densities within a factor of 1.41 are one group."""

TURNS = 8
"""Directions that a style is turned to, around the whole circle."""

LARGEST_ENLARGEMENT = 2.0
"""Where texels lie much denser than on the mean, the style is at most so many times its set size: of a style
much larger than the picture only spots of colour are left, and it takes all memory."""

LARGEST_SCALE = 8.0
"""The same for a width on the surface, in sizes of the picture."""

SMALLEST_SHARE = 0.02
"""Share of the surface below which a group joins the one that is most like it."""


@dataclass(frozen=True)
class StyleGroup:
    """How some texels see the style.

    scale: the style's size relative to the texture; turn: eighths of a circle, counter-clockwise; mirrored:
    whether the map shows the surface's back, so that the style is mirrored first.
    """

    scale: float
    turn: int = 0
    mirrored: bool = False

    def apply(self, style: Tensor) -> Tensor:
        """A style image (1, 3, h, w), already at its size, as the group sees it."""
        image = style.flip(3) if self.mirrored else style
        image = torch.rot90(image, self.turn // 2, (2, 3))
        return _turned_by_an_eighth(image) if self.turn % 2 else image


@dataclass(frozen=True)
class Grouping:
    """groups, and the number of its group for every texel: labels (H, W) uint8, any where nothing is."""

    groups: tuple[StyleGroup, ...]
    labels: NDArray[np.uint8]


def group_texels(surface: Surface, found: Coverage, settings: Settings) -> Grouping:
    """The groups of a surface's texels at one size; a single one where its density is even."""
    height, width = found.texels.shape
    densities = _log_densities(surface.triangles, surface.areas, height, width)
    points = surface.below_a_texel(height, width)
    # Points have no density: they see the style as the mean of the others does.
    middle = 0.0 if points.all() else _mean(densities[~points], surface.areas[~points])
    densities = np.where(points, middle, densities)
    sizes, size_of = _divide(densities, surface.areas)
    turns, mirrored = _turns(surface, height, width, settings)
    codes, of_triangle = np.unique((size_of * TURNS + turns) * 2 + mirrored, return_inverse=True)
    keys = np.stack([codes // (2 * TURNS), codes // 2 % TURNS, codes % 2], axis=1)
    of_triangle = _join_small(keys, of_triangle.reshape(-1), surface.areas)
    kept, of_triangle = np.unique(of_triangle, return_inverse=True)
    if settings.style_width is None or points.all():
        scales = settings.style_scale * np.minimum(2.0 ** (sizes - middle), LARGEST_ENLARGEMENT)
    else:
        scales = np.minimum(settings.style_width * 2.0**sizes / (height * width) ** 0.5, LARGEST_SCALE)
    groups = tuple(StyleGroup(float(scales[size]), int(turn), bool(back)) for size, turn, back in keys[kept])
    labels = of_triangle.reshape(-1)[np.maximum(found.owners, 0)]
    return Grouping(groups, labels.astype(np.uint8))


def width_as_scale(
    settings: Settings, triangles: NDArray[Any], areas: NDArray[Any], height: int, width: int
) -> Settings:
    """Settings for a texture that a mesh uses many times over: its mean density makes the width a scale.

    triangles: (n, 3, 2) UVs; areas: (n,) on the surface.
    """
    if settings.style_width is None:
        return settings
    flat = np.abs(doubled_areas(to_texels(triangles, height, width))) <= 2 * POINT
    if flat.all():
        return dataclasses.replace(settings, style_width=None)
    middle = _mean(_log_densities(triangles, areas, height, width)[~flat], areas[~flat])
    scale = settings.style_width * 2.0**middle / (height * width) ** 0.5
    return dataclasses.replace(settings, style_width=None, style_scale=min(max(0.01, scale), LARGEST_SCALE))


def _mean(densities: NDArray[np.float64], areas: NDArray[Any]) -> float:
    """The mean over the surface, where the few that lie far out count as far as the 3 in 100 before them."""
    low, high = _bounds(densities, areas)
    return float(np.average(np.clip(densities, low, high), weights=_positive(areas)))


def _bounds(densities: NDArray[np.float64], areas: NDArray[Any]) -> tuple[float, float]:
    """Densities that 3 and 97 in 100 of the surface do not exceed."""
    order = np.argsort(densities)
    passed = np.cumsum(_positive(areas)[order])
    low, high = (densities[order[np.searchsorted(passed, share * passed[-1])]] for share in (0.03, 0.97))
    return float(low), float(high)


def _log_densities(
    triangles: NDArray[Any], areas: NDArray[Any], height: int, width: int
) -> NDArray[np.float64]:
    """Binary logarithm of the texels per unit of length on the surface, for each triangle."""
    texels = np.abs(doubled_areas(to_texels(triangles, height, width))) / 2
    return 0.5 * np.log2(np.maximum(texels, 1e-9) / _positive(areas))


def _positive(areas: NDArray[Any]) -> NDArray[Any]:
    return np.maximum(areas, 1e-18)


def _divide(densities: NDArray[Any], areas: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Divide densities into at most four ranges of even width. Returns their means and each one's range."""
    low, high = _bounds(densities, areas)
    count = int(np.clip(np.ceil((high - low) / OCTAVES_PER_SIZE), 1, MOST_SIZES))
    edges = low + (high - low) * np.arange(1, count) / count
    size_of = np.searchsorted(edges, densities)
    weights = np.bincount(size_of, _positive(areas), count)
    sums = np.bincount(size_of, _positive(areas) * densities, count)
    return sums / np.maximum(weights, 1e-30), size_of


def _turns(
    surface: Surface, height: int, width: int, settings: Settings
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each triangle, the eighths that the surface's up is turned by in the map, and if it is mirrored."""
    none = np.zeros(len(surface.triangles), dtype=np.int64)
    if settings.style_direction != "surface" or surface.ups is None:
        return none, none
    across, up = surface.ups[:, 0] * width, surface.ups[:, 1] * height
    angle = np.arctan2(up, across) - np.pi / 2
    turns = np.rint(angle / (2 * np.pi / TURNS)).astype(np.int64) % TURNS
    return turns, (doubled_areas(surface.triangles) < 0).astype(np.int64)


def _join_small(
    keys: NDArray[np.int64], of_triangle: NDArray[np.int64], areas: NDArray[Any]
) -> NDArray[np.int64]:
    """Each triangle's group, where small groups have joined the large one that is most like them."""
    shares = np.bincount(of_triangle, _positive(areas), len(keys)) / _positive(areas).sum()
    large = np.flatnonzero(shares >= min(SMALLEST_SHARE, shares.max()))
    between = np.abs(keys[:, None] - keys[None, large])
    between[..., 1] = np.minimum(between[..., 1], TURNS - between[..., 1])
    unlike = (between * [1, 1, TURNS]).sum(axis=2)
    return large[unlike.argmin(axis=1)][of_triangle]


def _turned_by_an_eighth(image: Tensor) -> Tensor:
    """(1, C, h, w) turned by 45 degrees counter-clockwise about its centre; mirrored past its border."""
    height, width = image.shape[2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=image.device) - (height - 1) / 2,
        torch.arange(width, device=image.device) - (width - 1) / 2,
        indexing="ij",
    )
    half = 0.5**0.5
    # Where each pixel comes from: turned back, clockwise as seen, with y downward.
    from_x, from_y = half * (x - y), half * (x + y)
    grid = torch.stack([2 * from_x / max(width - 1, 1), 2 * from_y / max(height - 1, 1)], dim=-1)
    return functional.grid_sample(
        image, grid[None].to(image.dtype), padding_mode="reflection", align_corners=True
    )
