"""The masks of a job as pictures over its texture: image files, and what faces are marked with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...descriptions import Destination, Job, Mask
from ...engine.color import Array, join_range
from ...engine.surface.marks import marked_texels
from ...errors import BadInput
from ..mesh_file import read_marks, tiled_axes
from .images import Kept, Picture
from .orientation import laid_down, upright
from .sources import alpha_of, read_source
from .udim_canvas import Canvas, uvs_on

_EVEN = 1e-4
"""A value so near to 0 or 1 is that: a mask made larger or smaller has them rounded."""


def read_mask(mask: Mask, job: Job, picture: Picture, canvas: Canvas | None) -> Array:
    """A mask over a job's picture, or over its UDIM set's canvas, (H, W) in [0, 1].

    Raises BadInput where it cannot be read.
    """
    if mask.image is None:
        return _of_faces(mask, job, picture, canvas)
    if canvas is not None:
        raise BadInput(
            f"the mask {mask.name} is an image, but this is a UDIM set; take a vertex group, an attribute or "
            "selected faces"
        )
    try:
        found = read_source(mask.image, Destination(mask.image.path))
    except BadInput as reason:
        raise BadInput(f"the mask cannot be used: {reason}") from None
    values = upright(_brightness(found), found.orientation)
    values = laid_down(values, picture.orientation)
    return at_size(values, *picture.color.shape[:2])


def _of_faces(mask: Mask, job: Job, picture: Picture, canvas: Canvas | None) -> Array:
    uvs, marks = read_marks(Path(job.marks))
    values = marks[:, :, mask.column]
    if canvas is None:
        height, width = picture.color.shape[:2]
        repeated = len(uvs) > 0 and tiled_axes(uvs) is not None
        return marked_texels(uvs, values, height, width, repeated=repeated)
    placed = uvs_on(canvas, uvs)
    there = np.isfinite(placed).all(axis=(1, 2))
    return marked_texels(placed[there], values[there], *canvas.mask.shape)


def _brightness(picture: Picture) -> Array:
    """The mean of a mask's colours as they are stored, (H, W); where it is transparent it is black."""
    values = picture.color if picture.gain is None else join_range(picture.color, picture.gain)
    values = np.nan_to_num(values, nan=0.0).clip(0.0, 1.0)
    # The same three channels have their own value as mean, to the bit.
    grey = values[..., 0] + (values - values[..., :1]).mean(axis=-1)
    return (grey * alpha_of(picture)).clip(0.0, 1.0).astype(np.float32)


def at_size(mask: Array, height: int, width: int) -> Array:
    """A mask at another size, (height, width), each texel the mean of what it covers."""
    if mask.shape != (height, width):
        made = Image.fromarray(np.ascontiguousarray(mask)).resize((width, height), Image.Resampling.BILINEAR)
        mask = np.asarray(made)
    return np.where(mask < _EVEN, 0.0, np.where(mask > 1.0 - _EVEN, 1.0, mask)).astype(np.float32)


def kept_beneath(
    mask: Array | None, pictures: Sequence[Picture], numbers: Sequence[int], canvas: Canvas | None
) -> list[Kept | None]:
    """What stays of each picture. mask: over the one, or over the canvas of tiles with such `numbers`."""
    if mask is None:
        return [None] * len(pictures)
    if canvas is None:
        return [Kept(picture, at_size(mask, *picture.color.shape[:2])) for picture in pictures]
    found: list[Kept | None] = []
    for number, picture in zip(numbers, pictures, strict=True):
        top, left = canvas.corners[number]
        part = mask[top : top + canvas.height, left : left + canvas.width]
        found.append(Kept(picture, at_size(part, *picture.color.shape[:2])))
    return found
