"""UVs as texels: places along edges, the directions beside them, and bilinear samples of covered texels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]


SHORTEST_EDGE = 0.01
"""Texels; a shorter edge, of a face that is one point in the map, leads nowhere."""


def along_edges(ends: FloatArray, per_texel: int) -> tuple[NDArray[np.int64], FloatArray]:
    """Points along edges (m, 2, 2) in texels: the edge of each, and its share of the way, (k, 1)."""
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    counts = np.maximum(1, np.ceil(lengths * per_texel)).astype(np.int64)
    numbers = np.repeat(np.arange(len(ends)), counts)
    position = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts, counts)
    return numbers, ((position + 0.5) / counts[numbers])[:, None]


def edge_frame(
    ends: FloatArray, inside: FloatArray, sense: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Unit vectors along an edge and across it, towards (sense 1) or away from the inside; its length."""
    edge = ends[:, 1] - ends[:, 0]
    length = np.maximum(np.linalg.norm(edge, axis=1), 1e-9)
    along = edge / length[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    side = np.sign(((inside - ends[:, 0]) * normal).sum(axis=1, keepdims=True))
    return along, normal * np.where(side == 0, 1.0, side) * sense, length


def bilinear_samples(
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
    row, column = nearest[:, *texels_at(places[:, lost], height, width)].astype(np.int64)
    sources[:, lost] = row * width + column
    shares[:, lost], total[lost] = 0.25, 1.0
    return sources, np.divide(shares, total, out=shares)


def texels_at(
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
