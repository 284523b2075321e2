"""What the network sees past an island's border.

Seen from an island, the surface goes on beyond the seam: there lies the island on its other side, turned,
scaled or mirrored. `Continuation` copies it there before the network sees the picture, by bilinear samples
of texels that the surface has; it is linear, so its adjoint carries the gradient back to those texels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ..tiles import HALO
from .coverage import Coverage, Surface
from .texels import SHORTEST_EDGE, FloatArray, along_edges, bilinear_samples, edge_frame, texels_at, to_texels

REACH = HALO + 16
"""Texels past an island's border that are continued: what the deepest layer sees from it."""


LONGEST_CHAIN = 6
"""Islands that a continuation crosses at most, where they are narrower than the reach."""


_SAMPLES_PER_TEXEL = 3


_TRACED_AT_ONCE = 2**15
"""What is worked on at once, so that temporary arrays are small and used again."""


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
        sources[:, some], shares[:, some] = bilinear_samples(places, found.texels, found.nearest)
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
        edge = nearest_edge[texels_at((x, y), *shape)]
        xx, xy, yx, yy, x_shift, y_shift = crossings[:, edge]
        places[:, unsettled] = there = xx * x + xy * y + x_shift, yx * x + yy * y + y_shift
        unsettled = unsettled[~found.texels[texels_at(there, *shape)]]
    row, column = texels_at(places[:, unsettled], *shape)
    places[:, unsettled] = found.nearest[::-1, row, column]
    return places


def _nearest_edges(surface: Surface, height: int, width: int) -> NDArray[np.int32]:
    """The number of the nearest island edge for every texel. (H, W)."""
    ends = to_texels(surface.seams.edges, height, width)
    numbers, share = along_edges(ends, _SAMPLES_PER_TEXEL)
    places = ends[numbers, 0] * (1 - share) + ends[numbers, 1] * share
    labels = np.full((height, width), -1, dtype=np.int32)
    labels[texels_at(places.T, height, width)] = numbers
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
    along, outward, length = edge_frame(own, inside, -1.0)
    other_along, inward, other_length = edge_frame(other, across_inside, 1.0)
    turn = other_along[:, :, None] * along[:, None, :] + inward[:, :, None] * outward[:, None, :]
    turn *= (other_length / length)[:, None, None]
    shift = other[:, 0] - np.einsum("mij,mj->mi", turn, own[:, 0])
    # From a point nothing goes on but its own colour.
    short = np.minimum(length, other_length) <= SHORTEST_EDGE
    turn[short], shift[short] = 0.0, own[short, 0]
    return np.concatenate([turn.reshape(-1, 4), shift], axis=1).T.copy()
