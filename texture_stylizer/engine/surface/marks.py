"""What is marked on a surface, as a picture over its texture: the union of all faces that show a texel."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .coverage import texels_within
from .texels import FloatArray, doubled_areas, to_texels

MOST_REPEATS = 32
"""Times that a face may lie across a texture which its UVs repeat; beyond these it covers all of it."""


def marked_texels(
    uvs: FloatArray, values: FloatArray, height: int, width: int, *, repeated: bool = False
) -> NDArray[np.float32]:
    """Values in [0, 1] at triangles' corners as a picture (height, width); a texel that no face shows takes
    the nearest's.

    uvs: (n, 3, 2); values: (n, 3). Of faces on the same texel the largest value is taken. repeated: whether
    the picture goes on beyond the unit square.
    """
    if repeated:
        uvs, values = _within_square(uvs, values)
    corners = to_texels(uvs, height, width)
    found = np.zeros(height * width, dtype=np.float32)
    covered = np.zeros(height * width, dtype=bool)
    for triangles, texels in texels_within(corners, height, width):
        np.maximum.at(found, texels, _between(corners, values, triangles, texels, width))
        covered[texels] = True
    if not covered.any():
        return found.reshape(height, width)
    uncovered = ~covered.reshape(height, width)
    row, column = _nearest(uncovered)
    return np.where(uncovered, found.reshape(height, width)[row, column], found.reshape(height, width))


def _nearest(uncovered: NDArray[np.bool_]) -> Any:
    return ndimage.distance_transform_edt(uncovered, return_distances=False, return_indices=True)


def _between(
    corners: FloatArray,
    values: FloatArray,
    triangles: NDArray[np.int64],
    texels: NDArray[np.int64],
    width: int,
) -> NDArray[np.float32]:
    """The values of triangles at the centres of texels, linearly between the corners."""
    at = np.stack([texels % width, texels // width], axis=1).astype(np.float64)
    whole = doubled_areas(corners)[triangles]
    a, b, c = (corners[triangles, index] for index in range(3))
    of_b = doubled_areas(np.stack([a, at, c], axis=1)) / whole
    of_c = doubled_areas(np.stack([a, b, at], axis=1)) / whole
    first, second, third = (values[triangles, index] for index in range(3))
    # Written as steps from the first corner, so that an even face has exactly its value.
    found = first + of_b * (second - first) + of_c * (third - first)
    return np.clip(found, values.min(axis=1)[triangles], values.max(axis=1)[triangles]).astype(np.float32)


def _within_square(uvs: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Triangles of a repeated texture moved into the unit square, as often as they reach into it."""
    lowest = np.floor(uvs.min(axis=1) + 1e-6)
    moved = uvs - lowest[:, None]
    reach = np.minimum(np.ceil(moved.max(axis=1) - 1e-6), MOST_REPEATS).astype(np.int64)
    parts, parts_values = [moved], [values]
    for right in range(int(reach[:, 0].max(initial=1))):
        for up in range(int(reach[:, 1].max(initial=1))):
            chosen = (reach[:, 0] > right) & (reach[:, 1] > up) & bool(right or up)
            parts.append(moved[chosen] - np.array([right, up], dtype=moved.dtype))
            parts_values.append(values[chosen])
    return np.concatenate(parts), np.concatenate(parts_values)
