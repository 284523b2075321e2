"""The texels that no face uses: filled from the islands, as bakers do, or kept as they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from ...settings import Settings
from ..color import Array
from ..parameterization.image import wrapped_axes
from .coverage import Surface, bled, coverage


def with_unused_texels(
    image: Array, content: Array, surface: Surface, settings: Settings
) -> tuple[Array, list[str]]:
    """A result, (H, W, 3), with what lies around its islands, and sentences about it.

    Mipmaps mix texels across an island's border, so that around it nothing of the old picture may be left:
    each unused texel takes the colour of the nearest with a result. With `keep_unused` a margin alone does,
    for those whose other pictures share the texture.
    """
    texels = coverage(surface, *image.shape[:2]).texels
    if not texels.any():
        return content, ["no face uses a texel of it, so it was left as it is; look at its UV map"]
    kept = bled(texels)
    if settings.keep_unused:
        return np.where(kept[..., None], image, content), []
    wrapped = wrapped_axes(torch.from_numpy(content).movedim(2, 0)[None], settings.wrap)
    return spread(image, kept, wrapped), []


def spread(image: Array, filled: NDArray[np.bool_], wrapped: tuple[bool, bool]) -> Array:
    """`image` (H, W, 3) with each texel that is not `filled` (H, W) as the nearest that is.

    wrapped: whether the picture goes on from its last row into the first, and from the last column.
    """
    if filled.all():
        return image
    sides = filled.shape
    around = [(side // 2, side // 2) if tiled else (0, 0) for side, tiled in zip(sides, wrapped, strict=True)]
    padded = np.pad(filled, around, mode="wrap")
    nearest: Any = ndimage.distance_transform_edt(~padded, return_distances=False, return_indices=True)
    inner = tuple(slice(before, before + side) for (before, _), side in zip(around, sides, strict=True))
    row, column = (
        (found[inner] - before) % side
        for found, (before, _), side in zip(nearest, around, sides, strict=True)
    )
    return image[row, column]
