"""sRGB's transfer function (IEC 61966-2-1) on arrays, for Blender's side and the engine's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

ROWS = 256
"""How many rows of a picture are worked on at a time."""

OfTexels = TypeVar("OfTexels", bound=Callable[..., Any])


def by_rows(of_texels: OfTexels) -> OfTexels:
    """Of a function whose every texel depends on the same one of its arrays, (H, W, ...) or None: the same
    function, some rows at a time. What it makes on the way would be several times a large picture."""

    @functools.wraps(of_texels)
    def over_rows(first: NDArray[Any], *others: NDArray[Any] | None, **options: Any) -> Any:
        arrays = first, *others
        height = first.shape[0] if first.ndim > 1 else 0
        if height <= ROWS:
            return of_texels(*arrays, **options)
        wholes: list[NDArray[Any]] = []
        is_one = True
        for top in range(0, height, ROWS):
            rows = slice(top, top + ROWS)
            found = of_texels(*(None if array is None else array[rows] for array in arrays), **options)
            is_one = not isinstance(found, tuple)
            several = (found,) if is_one else found
            wholes = wholes or [np.empty((height, *each.shape[1:]), each.dtype) for each in several]
            for whole, each in zip(wholes, several, strict=True):
                whole[rows] = each
        return wholes[0] if is_one else tuple(wholes)

    return cast(OfTexels, over_rows)


@by_rows
def encode(linear: Array) -> Array:
    """sRGB-encode linear values; values below 0 become 0, values above 1 stay above 1."""
    positive = np.maximum(linear, 0.0)
    low = positive * 12.92
    high = 1.055 * np.power(np.maximum(positive, 0.0031308), 1 / 2.4) - 0.055
    return np.where(positive <= 0.0031308, low, high).astype(np.float32)


@by_rows
def decode(encoded: Array) -> Array:
    """Linear values of sRGB-encoded ones; the inverse of `encode`."""
    positive = np.maximum(encoded, 0.0)
    low = positive / 12.92
    high = np.power((np.maximum(positive, 0.04045) + 0.055) / 1.055, 2.4)
    return np.where(positive <= 0.04045, low, high).astype(np.float32)
