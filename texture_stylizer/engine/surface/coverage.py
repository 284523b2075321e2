"""A texture as a function on a surface: its edges and areas, and which texels faces cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from .seams import find_seams
from .texels import FloatArray, along_edges, doubled_areas, to_texels

BLEED = 8 / 1024
"""Margin around the islands that the result keeps, relative to the longest side: mipmaps mix it in."""


_CANDIDATES_AT_ONCE = 2**17
_STRONGEST_TEXEL = 4.0
POINT = 1e-6
"""Texels that a face covers, up to which it is one point in the map, or a line."""

_SAME_CORNER = 1e-6

_LEAST_SHARE = 0.01
"""Of a texel in a bilinear sample, from which on the sample touches it."""


@dataclass(frozen=True)
class Surface:
    """The geometry behind a texture, in UV units: u to the right, v upward, the image over [0, 1] squared.

    triangles: (n, 3, 2); areas: (n,), of each on the surface. For every edge of an island, seen from its own
    island and from the one across: edges, across: (m, 2, 2), the ends in the same order; inside,
    across_inside: (m, 2), a point of the triangle on that side. An open border has itself across:
    it is mirrored. ups: (n, 2), for each triangle the way in the map of a direction on the surface that does
    not depend on the map; steps: (n, 3), how far a step of one UV unit goes on the surface: along U, and one
    along V in that direction and across it. None where they are not known.
    """

    triangles: FloatArray
    areas: FloatArray
    edges: FloatArray
    across: FloatArray
    inside: FloatArray
    across_inside: FloatArray
    ups: FloatArray | None = None
    steps: FloatArray | None = None

    @classmethod
    def of(
        cls,
        triangles: FloatArray,
        areas: FloatArray,
        vertices: NDArray[np.int64],
        ups: FloatArray | None = None,
        steps: FloatArray | None = None,
    ) -> Surface:
        """The surface of triangles, (n, 3, 2) UVs, with the mesh's vertex numbers (n, 3) at their corners."""
        return cls(triangles, areas, **find_seams(triangles, vertices), ups=ups, steps=steps)

    def below_a_texel(self, height: int, width: int) -> NDArray[np.bool_]:
        """The triangles, (n,), that are one point or a line in the map, as on palettes, or of an island less
        than a texel in all. They have a colour, but no texel density."""
        texels = np.abs(doubled_areas(to_texels(self.triangles, height, width))) / 2
        if not len(texels) or texels.min() >= 1.0:
            return np.zeros(len(texels), dtype=bool)
        return (np.bincount(self._islands, texels)[self._islands] < 1.0) | (texels <= POINT)

    @cached_property
    def seams(self) -> Seams:
        """The edges, each once however many objects lie on the same texels."""
        sides = [self.edges, self.across, self.inside[:, None], self.across_inside[:, None]]
        rows = np.ascontiguousarray(np.concatenate(sides, axis=1, dtype=np.float64)).reshape(-1, 12)
        if not len(rows):
            return Seams(self.edges, self.across, self.inside, self.across_inside, np.ones(0, dtype=np.int64))
        # The last of those that are alike, in their order: where edges meet, the last one counts.
        _, back, counts = np.unique(
            rows[::-1].copy().view("V96")[:, 0], return_index=True, return_counts=True
        )
        last = len(rows) - 1 - back
        order = np.argsort(last)
        kept = last[order]
        return Seams(
            self.edges[kept], self.across[kept], self.inside[kept], self.across_inside[kept], counts[order]
        )

    @cached_property
    def _islands(self) -> NDArray[np.int64]:
        """For each triangle the number of its island: those that share corners in the map."""
        corners = np.rint(self.triangles.reshape(-1, 2) / _SAME_CORNER).astype(np.int64)
        _, numbers = np.unique(corners, axis=0, return_inverse=True)
        numbers = numbers.reshape(-1, 3)
        pairs = np.concatenate([numbers[:, :2], numbers[:, 1:]])
        count = int(numbers.max()) + 1
        shared = sparse.coo_matrix((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (count, count))
        _, labels = sparse.csgraph.connected_components(shared, directed=False)
        return labels[numbers[:, 0]].astype(np.int64)


@dataclass(frozen=True)
class Seams:
    """Edges of islands as in `Surface`; counts: (m,), how often each is there."""

    edges: FloatArray
    across: FloatArray
    inside: FloatArray
    across_inside: FloatArray
    counts: NDArray[np.integer]


@dataclass(frozen=True)
class Coverage:
    """Which texels faces use.

    texels: (H, W) bool; weights: (H, W) float32, surface area relative to the mean of the covered texels, at
    most 4, and 0 where there is none; owners: (H, W), each texel's triangle or -1.
    """

    texels: NDArray[np.bool_]
    weights: NDArray[np.float32]
    owners: NDArray[np.int32]

    @cached_property
    def nearest(self) -> NDArray[np.int32]:
        """Row and column of the covered texel that is nearest to each texel, (2, H, W)."""
        found: Any = ndimage.distance_transform_edt(~self.texels, return_distances=False, return_indices=True)
        return found


def coverage(surface: Surface, height: int, width: int) -> Coverage:
    """The texels whose centres lie in a triangle, and those that islands below a texel touch."""
    corners = to_texels(surface.triangles, height, width)
    owners = rasterise(corners, height, width)
    points = surface.below_a_texel(height, width)
    uv_areas = np.abs(doubled_areas(corners)) / 2
    if points.any():
        counts = _own_touched(owners, corners, np.flatnonzero(points))
        uv_areas = np.where(points, np.maximum(counts, uv_areas), uv_areas)
    covered = owners >= 0
    density = surface.areas / np.maximum(uv_areas, 1e-12)
    weights = np.where(covered, density[np.maximum(owners, 0)], 0.0)
    # Points have no density: among others they do not move the mean.
    others = covered & ~points[np.maximum(owners, 0)]
    counted = others if others.any() else covered
    mean = weights[counted].mean() if covered.any() else 1.0
    relative = np.minimum(weights / max(mean, 1e-30), _STRONGEST_TEXEL).astype(np.float32)
    return Coverage(covered, relative, owners)


def _own_touched(
    owners: NDArray[np.int32], corners: FloatArray, points: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give texels that no triangle has to the `points` which a sample at them takes in. Changes `owners`.

    Returns for every triangle how many texels it touches.
    """
    height, width = owners.shape
    edges = np.stack([corners[points], np.roll(corners[points], -1, axis=1)], axis=2).reshape(-1, 2, 2)
    numbers, share = along_edges(edges, 2)
    places = edges[numbers, 0] * (1 - share) + edges[numbers, 1] * share
    own = np.flatnonzero(np.isfinite(places).all(axis=1))
    low = np.floor(places[own]).astype(np.int64)
    part = places[own] - low
    counts = np.zeros(len(corners))
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        taken = (part[:, 0] if right else 1 - part[:, 0]) * (part[:, 1] if down else 1 - part[:, 1])
        x, y = np.clip(low[:, 0] + right, 0, width - 1), np.clip(low[:, 1] + down, 0, height - 1)
        triangle = points[numbers[own] // 3]
        found = (taken > _LEAST_SHARE) & ((owners[y, x] < 0) | (owners[y, x] == triangle))
        owners[y[found], x[found]] = triangle[found]
        texels = np.unique(np.stack([triangle[found], y[found], x[found]]), axis=1)
        counts += np.bincount(texels[0], minlength=len(corners))
    return counts


def rasterise(corners: FloatArray, height: int, width: int) -> NDArray[np.int32]:
    """The number of the last triangle over each texel's centre, or -1. corners: (n, 3, 2), (x, y) in texels,
    the first texel's centre at (0, 0). Returns (H, W)."""
    owners = np.full(height * width, -1, dtype=np.int32)
    for triangles, texels in texels_within(corners, height, width):
        owners[texels] = triangles
    return owners.reshape(height, width)


def texels_within(
    corners: FloatArray, height: int, width: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Triangles and the flat numbers of texels whose centres they cover, (k,) each, many times over.
    corners: as in `rasterise`."""
    low = np.ceil(corners.min(axis=1) - 1e-9).astype(np.int64)
    high = np.floor(corners.max(axis=1) + 1e-9).astype(np.int64)
    low = np.maximum(low, 0)
    high = np.minimum(high, [width - 1, height - 1])
    extent = high - low + 1
    visible = np.flatnonzero((extent > 0).all(axis=1) & (np.abs(doubled_areas(corners)) > 1e-12))
    # Triangles of like size together, so that one array holds the candidates of many.
    powers = np.ceil(np.log2(np.maximum(extent[visible], 1))).astype(np.int64)
    kinds = powers[:, 0] * 64 + powers[:, 1]
    for kind in np.unique(kinds):
        group = visible[kinds == kind]
        columns, rows = 2 ** int(kind // 64), 2 ** int(kind % 64)
        step = max(1, _CANDIDATES_AT_ONCE // (columns * rows))
        for first in range(0, len(group), step):
            yield _within_group(corners, low, group[first : first + step], (rows, columns), (height, width))


def _within_group(
    corners: FloatArray,
    low: NDArray[np.int64],
    group: NDArray[np.int64],
    candidates: tuple[int, int],
    size: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    (rows, columns), (height, width) = candidates, size
    x = low[group, 0, None, None] + np.arange(columns)[None, None, :]
    y = low[group, 1, None, None] + np.arange(rows)[None, :, None]
    inside = (x < width) & (y < height)
    a, b, c = (corners[group, index] for index in range(3))
    sign = np.sign(doubled_areas(corners[group]))[:, None, None]
    for start, end in ((a, b), (b, c), (c, a)):
        edge = end - start
        cross = edge[:, 0, None, None] * (y - start[:, 1, None, None]) - edge[:, 1, None, None] * (
            x - start[:, 0, None, None]
        )
        inside &= cross * sign >= -1e-9
    triangle, row, column = np.nonzero(inside)
    found = group[triangle]
    return found, (low[found, 1] + row) * width + low[found, 0] + column


def bled(covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The covered texels and the margin around them that a result keeps. (H, W)."""
    margin = max(2, int(np.ceil(BLEED * max(covered.shape))))
    if not covered.any():
        return covered
    distance: Any = ndimage.distance_transform_edt(~covered)
    return np.asarray(distance <= margin)
