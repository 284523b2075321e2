"""A texture as a function on a surface: which texels are covered, and what lies across each seam.

Seen from an island, the surface goes on beyond the seam: there lies the island on its other side, turned,
scaled or mirrored. `Continuation` copies it there before the network sees the picture, by bilinear samples
of texels that the surface has; it is linear, so its adjoint carries the gradient back to those texels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage, sparse
from torch import Tensor

from ..tiles import HALO
from .seams import find_seams

FloatArray = NDArray[np.floating]

REACH = HALO + 16
"""Texels past an island's border that are continued: what the deepest layer sees from it."""

LONGEST_CHAIN = 6
"""Islands that a continuation crosses at most, where they are narrower than the reach."""

BLEED = 8 / 1024
"""Margin around the islands that the result keeps, relative to the longest side: mipmaps mix it in."""

PAIR_DEPTHS = (0.5, 1.5)
"""Texels from a seam at which its two sides are compared."""

_SAMPLES_PER_TEXEL = 3
_CANDIDATES_AT_ONCE = 2**17
_TRACED_AT_ONCE = 2**15
"""What is worked on at once, so that temporary arrays are small and used again."""
_STRONGEST_TEXEL = 4.0
POINT = 1e-6
"""Texels that a face covers, up to which it is one point in the map, or a line."""

_SAME_CORNER = 1e-6
_SHORTEST_EDGE = 0.01
"""Texels; a shorter edge, of a face that is one point in the map, leads nowhere."""

_LEAST_SHARE = 0.01
"""Of a texel in a bilinear sample, from which on the sample touches it."""


@dataclass(frozen=True)
class Surface:
    """The geometry behind a texture, in UV units: u to the right, v upward, the image over [0, 1] squared.

    triangles: (n, 3, 2); areas: (n,), of each on the surface. For every edge of an island, seen from its own
    island and from the one across: edges, across: (m, 2, 2), the ends in the same order; inside,
    across_inside: (m, 2), a point of the triangle on that side. An open border has itself across:
    it is mirrored. ups: (n, 2), for each triangle the way in the map of a direction on the surface that does
    not depend on the map; None where it is not known.
    """

    triangles: FloatArray
    areas: FloatArray
    edges: FloatArray
    across: FloatArray
    inside: FloatArray
    across_inside: FloatArray
    ups: FloatArray | None = None

    @classmethod
    def of(
        cls,
        triangles: FloatArray,
        areas: FloatArray,
        vertices: NDArray[np.int64],
        ups: FloatArray | None = None,
    ) -> Surface:
        """The surface of triangles, (n, 3, 2) UVs, with the mesh's vertex numbers (n, 3) at their corners."""
        return cls(triangles, areas, **find_seams(triangles, vertices), ups=ups)

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
    numbers, share = _along(edges, 2)
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
            _rasterise_group(corners, low, group[first : first + step], rows, columns, owners, height, width)
    return owners.reshape(height, width)


def _rasterise_group(
    corners: FloatArray,
    low: NDArray[np.int64],
    group: NDArray[np.int64],
    rows: int,
    columns: int,
    owners: NDArray[np.int32],
    height: int,
    width: int,
) -> None:
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
    owners[(low[group[triangle], 1] + row) * width + low[group[triangle], 0] + column] = group[triangle]


class Continuation:
    """The picture past every island's border, at one size. Linear in the covered texels.

    targets: (k,) flat positions of continued texels; sources, shares: (4, k), the texels each is a mean of.
    """

    def __init__(self, surface: Surface, found: Coverage, device: torch.device) -> None:
        self.height, self.width = found.texels.shape
        self.covered = torch.from_numpy(found.texels).to(device)
        targets, sources, shares = _trace(surface, found)
        self.targets = torch.from_numpy(targets).to(device)
        self.sources = torch.from_numpy(sources).to(device)
        self.shares = torch.from_numpy(shares).to(device)

    def apply(self, image: Tensor) -> Tensor:
        """`image` (1, C, H, W) with the texels within reach of an island's border replaced."""
        result = _in_planes(image)
        shares = self.shares.to(image.dtype)
        found = image.new_zeros((1, image.shape[1], len(self.targets)))
        for corner in range(4):
            found += result.index_select(2, self.sources[corner]) * shares[corner]
        return result.index_copy_(2, self.targets, found).reshape(image.shape)

    def adjoint(self, image: Tensor) -> Tensor:
        """The transpose of `apply`: what each texel's neighbours across the seams say goes back to it."""
        result = _in_planes(image)
        shares = self.shares.to(image.dtype)
        found = result.index_select(2, self.targets)
        result.index_fill_(2, self.targets, 0.0)
        for corner in range(4):
            result.index_add_(2, self.sources[corner], found * shares[corner])
        return result.reshape(image.shape)


def _in_planes(image: Tensor) -> Tensor:
    """A copy of (1, C, H, W) as (1, C, H * W)."""
    return image.clone(memory_format=torch.contiguous_format).flatten(2)


class SeamPairs:
    """Points on both sides of every seam, about a texel apart along it, at one size.

    sources, shares: (2, 4, k), texels and what they count for, so that the difference of both sides' sums is
    the slope across the seam: between points half a texel from it, and between ones three times as far.
    """

    def __init__(self, surface: Surface, found: Coverage, device: torch.device) -> None:
        sources, shares = _pairs(surface, found)
        self.sources = torch.from_numpy(sources).to(device)
        self.shares = torch.from_numpy(shares).to(device)

    def loss_and_gradient(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Sum over points and channels of the squared slope across the seam, and its gradient.

        image: (1, C, H, W). Returns a scalar and a tensor like `image`.
        """
        flat = image.reshape(image.shape[1], -1)
        shares = self.shares.to(image.dtype)
        one, two = ((flat[:, self.sources[side]] * shares[side]).sum(dim=1) for side in (0, 1))
        difference = one - two
        gradient = torch.zeros_like(flat)
        for side, sign in ((0, 2.0), (1, -2.0)):
            values = (sign * difference)[:, None] * shares[side]
            gradient.index_add_(1, self.sources[side].flatten(), values.flatten(1))
        return difference.square().sum(), gradient.reshape(image.shape)


def _pairs(surface: Surface, found: Coverage) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """What `SeamPairs` names. Every seam comes twice, once from each of its sides."""
    covered = found.texels
    height, width = covered.shape
    seams = surface.seams
    lengths = _lengths(seams, height, width)
    two_sided = np.flatnonzero(
        (seams.inside != seams.across_inside).any(axis=1) & (lengths > _SHORTEST_EDGE).all(axis=0)
    )
    own = to_texels(seams.edges, height, width)[two_sided]
    if not len(own) or not covered.any():
        return np.zeros((2, 4, 0), dtype=np.int64), np.zeros((2, 4, 0))
    numbers, position = _along(own, 1)
    sources, shares = [], []
    for ends, inside in ((seams.edges, seams.inside), (seams.across, seams.across_inside)):
        ends, inside = (to_texels(array, height, width)[two_sided] for array in (ends, inside))
        _, inward, _ = _frame(ends, inside, 1.0)
        at = ends[numbers, 0] * (1 - position) + ends[numbers, 1] * position
        points = [
            _bilinear((at + depth * inward[numbers]).T, covered, found.nearest) for depth in PAIR_DEPTHS
        ]
        sources.append(np.concatenate([texels for texels, _ in points], axis=1))
        slopes = [counts / (2 * depth) for (_, counts), depth in zip(points, PAIR_DEPTHS, strict=True)]
        shares.append(np.concatenate(slopes, axis=1))
    # A pair that is there n times has n times the square of its difference.
    often = np.tile(seams.counts[two_sided][numbers] ** 0.5, len(PAIR_DEPTHS))
    weighted: NDArray[np.float64] = np.multiply(np.stack(shares), often)
    return np.stack(sources), weighted


def _along(ends: FloatArray, per_texel: int) -> tuple[NDArray[np.int64], FloatArray]:
    """Points along edges (m, 2, 2) in texels: the edge of each, and its share of the way, (k, 1)."""
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    counts = np.maximum(1, np.ceil(lengths * per_texel)).astype(np.int64)
    numbers = np.repeat(np.arange(len(ends)), counts)
    position = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers, ((position + 0.5) / counts[numbers])[:, None]


def bled(covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The covered texels and the margin around them that a result keeps. (H, W)."""
    margin = max(2, int(np.ceil(BLEED * max(covered.shape))))
    if not covered.any():
        return covered
    distance: Any = ndimage.distance_transform_edt(~covered)
    return np.asarray(distance <= margin)


def _trace(
    surface: Surface, found: Coverage
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """For every uncovered texel within reach: where on the surface it looks, as `Continuation` names it."""
    height, width = found.texels.shape
    if not found.texels.any() or len(surface.edges) == 0:
        return np.empty(0, dtype=np.int64), np.empty((4, 0), dtype=np.int64), np.empty((4, 0), np.float32)
    nearest_edge = _nearest_edges(surface, height, width)
    crossings = _crossings(surface, height, width)
    targets = np.flatnonzero(_within_reach(found.texels, found.nearest))
    sources = np.empty((4, len(targets)), dtype=np.int64)
    shares = np.empty((4, len(targets)), dtype=np.float32)
    for first in range(0, len(targets), _TRACED_AT_ONCE):
        some = slice(first, first + _TRACED_AT_ONCE)
        rows, columns = np.divmod(targets[some], width)
        places = _crossed(np.stack([columns, rows]).astype(np.float64), nearest_edge, crossings, found)
        sources[:, some], shares[:, some] = _bilinear(places, found.texels, found.nearest)
    return targets, sources, shares


def _crossed(
    places: FloatArray, nearest_edge: NDArray[np.int32], crossings: FloatArray, found: Coverage
) -> FloatArray:
    """Where places (2, k) outside of the islands lie on the surface, chained over narrow islands."""
    shape = found.texels.shape
    unsettled = np.arange(places.shape[1])
    for _ in range(LONGEST_CHAIN):
        if len(unsettled) == 0:
            return places
        x, y = places[:, unsettled]
        edge = nearest_edge[_texels_at((x, y), *shape)]
        xx, xy, yx, yy, x_shift, y_shift = crossings[:, edge]
        places[:, unsettled] = there = xx * x + xy * y + x_shift, yx * x + yy * y + y_shift
        unsettled = unsettled[~found.texels[_texels_at(there, *shape)]]
    row, column = _texels_at(places[:, unsettled], *shape)
    places[:, unsettled] = found.nearest[::-1, row, column]
    return places


def _nearest_edges(surface: Surface, height: int, width: int) -> NDArray[np.int32]:
    """The number of the nearest island edge for every texel. (H, W)."""
    ends = to_texels(surface.seams.edges, height, width)
    numbers, share = _along(ends, _SAMPLES_PER_TEXEL)
    places = ends[numbers, 0] * (1 - share) + ends[numbers, 1] * share
    labels = np.full((height, width), -1, dtype=np.int32)
    labels[_texels_at(places.T, height, width)] = numbers
    nearest: Any = ndimage.distance_transform_edt(labels < 0, return_distances=False, return_indices=True)
    return labels[nearest[0], nearest[1]]


def _within_reach(covered: NDArray[np.bool_], nearest: NDArray[np.integer]) -> NDArray[np.bool_]:
    """The uncovered texels from which the nearest covered one is within reach."""
    rows, columns = (np.arange(side, dtype=np.int32) for side in covered.shape)
    down, across = nearest[0] - rows[:, None], nearest[1] - columns
    return ~covered & (down * down + across * across <= REACH**2)


def _crossings(surface: Surface, height: int, width: int) -> FloatArray:
    """For every edge, how a place outside of the island becomes the one on the other side: as far along it
    and as far from it, in the other side's scale. (6, m): a matrix by rows and a shift, (x, y) in texels."""
    seams = surface.seams
    own, other, inside, across_inside = (
        to_texels(array, height, width)
        for array in (seams.edges, seams.across, seams.inside, seams.across_inside)
    )
    along, outward, length = _frame(own, inside, -1.0)
    other_along, inward, other_length = _frame(other, across_inside, 1.0)
    turn = other_along[:, :, None] * along[:, None, :] + inward[:, :, None] * outward[:, None, :]
    turn *= (other_length / length)[:, None, None]
    shift = other[:, 0] - np.einsum("mij,mj->mi", turn, own[:, 0])
    # From a point nothing goes on but its own colour.
    short = np.minimum(length, other_length) <= _SHORTEST_EDGE
    turn[short], shift[short] = 0.0, own[short, 0]
    return np.concatenate([turn.reshape(-1, 4), shift], axis=1).T.copy()


def _lengths(seams: Seams, height: int, width: int) -> FloatArray:
    """The length in texels of every edge and of the one across, (2, m)."""
    ends = (to_texels(array, height, width) for array in (seams.edges, seams.across))
    return np.stack([np.linalg.norm(found[:, 1] - found[:, 0], axis=1) for found in ends])


def _frame(ends: FloatArray, inside: FloatArray, sense: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors along an edge and across it, towards (sense 1) or away from the inside; its length."""
    edge = ends[:, 1] - ends[:, 0]
    length = np.maximum(np.linalg.norm(edge, axis=1), 1e-9)
    along = edge / length[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    side = np.sign(((inside - ends[:, 0]) * normal).sum(axis=1, keepdims=True))
    return along, normal * np.where(side == 0, 1.0, side) * sense, length


def _bilinear(
    places: FloatArray, covered: NDArray[np.bool_], nearest: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Four covered texels and their shares for every place (2, k), (4, k) each; the nearest covered one
    where none of four is."""
    height, width = covered.shape
    corners = np.floor(places)
    across, along = places - corners
    left, top = corners.astype(np.int32)
    columns = [np.clip(left + right, 0, width - 1) for right in (0, 1)]
    rows = [np.clip(top + down, 0, height - 1).astype(np.int64) * width for down in (0, 1)]
    flat = covered.ravel()
    sources = np.empty((4, len(left)), dtype=np.int64)
    shares = np.empty((4, len(left)))
    for corner, (right, down) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        np.add(rows[down], columns[right], out=sources[corner])
        share = (across if right else 1 - across) * (along if down else 1 - along)
        np.multiply(share, flat[sources[corner]], out=shares[corner])
    total = shares.sum(axis=0)
    lost = np.flatnonzero(total < 1e-6)
    row, column = nearest[:, *_texels_at(places[:, lost], height, width)].astype(np.int64)
    sources[:, lost] = row * width + column
    shares[:, lost], total[lost] = 0.25, 1.0
    return sources, np.divide(shares, total, out=shares)


def _texels_at(
    places: FloatArray | tuple[FloatArray, FloatArray], height: int, width: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows and columns of the texels that places, (x, y) in texels, lie in; the border's beyond it."""
    x, y = (np.rint(part).astype(np.int32) for part in places)
    return np.clip(y, 0, height - 1, out=y), np.clip(x, 0, width - 1, out=x)


def to_texels(uvs: FloatArray, height: int, width: int) -> FloatArray:
    """UVs as (x, y) in texels, y downward, the first texel's centre at (0, 0)."""
    return np.stack([uvs[..., 0] * width - 0.5, (1.0 - uvs[..., 1]) * height - 0.5], axis=-1)


def doubled_areas(corners: FloatArray) -> FloatArray:
    edges = corners[:, 1:] - corners[:, :1]
    return edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
