"""Points on both sides of every seam, whose difference in colour is minimised."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .coverage import Coverage, Seams, Surface
from .texels import SHORTEST_EDGE, FloatArray, along_edges, bilinear_samples, edge_frame, to_texels

PAIR_DEPTHS = (0.5, 1.5)
"""Texels from a seam at which its two sides are compared."""


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
        (seams.inside != seams.across_inside).any(axis=1) & (lengths > SHORTEST_EDGE).all(axis=0)
    )
    own = to_texels(seams.edges, height, width)[two_sided]
    if not len(own) or not covered.any():
        return np.zeros((2, 4, 0), dtype=np.int64), np.zeros((2, 4, 0))
    numbers, position = along_edges(own, 1)
    sources, shares = [], []
    for ends, inside in ((seams.edges, seams.inside), (seams.across, seams.across_inside)):
        ends, inside = (to_texels(array, height, width)[two_sided] for array in (ends, inside))
        _, inward, _ = edge_frame(ends, inside, 1.0)
        at = ends[numbers, 0] * (1 - position) + ends[numbers, 1] * position
        points = [
            bilinear_samples((at + depth * inward[numbers]).T, covered, found.nearest)
            for depth in PAIR_DEPTHS
        ]
        sources.append(np.concatenate([texels for texels, _ in points], axis=1))
        slopes = [counts / (2 * depth) for (_, counts), depth in zip(points, PAIR_DEPTHS, strict=True)]
        shares.append(np.concatenate(slopes, axis=1))
    # A pair that is there n times has n times the square of its difference.
    often = np.tile(seams.counts[two_sided][numbers] ** 0.5, len(PAIR_DEPTHS))
    weighted: NDArray[np.float64] = np.multiply(np.stack(shares), often)
    return np.stack(sources), weighted


def _lengths(seams: Seams, height: int, width: int) -> FloatArray:
    """The length in texels of every edge and of the one across, (2, m)."""
    ends = (to_texels(array, height, width) for array in (seams.edges, seams.across))
    return np.stack([np.linalg.norm(found[:, 1] - found[:, 0], axis=1) for found in ends])
