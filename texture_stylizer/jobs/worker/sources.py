"""The pictures that a job names, read: what is drawn, what lies beneath, and the styles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ...descriptions import Destination, Job, Source, StyleImage
from ...engine.color import Array
from ...engine.inputs import to_array
from ...engine.pyramid import resize
from ...errors import BadInput
from .images import Picture, picture_from_pixels, read_image
from .orientation import upright

OnWarning = Callable[[str], None]


def read_sources(job: Job) -> list[Picture]:
    """The pictures of a job: one, or one for each tile of a UDIM set."""
    if job.sketch_size:
        return [_sketched(read_source(job.source, job.destination), job.sketch_size)]
    keep = job.mask is not None or bool(job.regions)
    parts = job.tiles or (job,)
    return [read_source(part.source, part.destination, keep_stored=keep) for part in parts]


def read_beneath(job: Job, pictures: list[Picture]) -> list[Picture]:
    """What is seen where the mask is black, for each of a job's pictures. Raises BadInput where an earlier
    result is of another size."""
    if not job.beneath:
        return pictures
    parts = job.tiles or (job,)
    found = [
        read_source(source, part.destination, keep_stored=True)
        for source, part in zip(job.beneath, parts, strict=True)
    ]
    for old, picture in zip(found, pictures, strict=True):
        if old.color.shape != picture.color.shape:
            raise BadInput("its original and its restyled picture differ in size; make the variant again")
    return found


def _sketched(picture: Picture, size: int) -> Picture:
    """A picture's colours alone, in eight bits, with the longest side at most `size`."""
    height, width = picture.color.shape[:2]
    shrink = min(1.0, size / max(height, width))
    tensor = torch.from_numpy(picture.color).permute(2, 0, 1)[None]
    small = resize(tensor, max(1, round(height * shrink)), max(1, round(width * shrink)))
    return Picture(to_array(small), gain=None, alpha=None, depth="uint8", orientation=picture.orientation)


def read_source(source: Source, destination: Destination, *, keep_stored: bool = False) -> Picture:
    """The source's pixels: an image file, or the array that the scene wrote."""
    path = Path(source.path)
    if path.suffix != ".npy":
        return read_image(path, keep_stored=keep_stored)
    pixels = np.load(path, allow_pickle=False)
    return picture_from_pixels(
        pixels[..., :3],
        pixels[..., 3] if pixels.shape[2] == 4 else None,
        destination.depth or "uint8",
        linear=source.encoding == "linear",
    )


def read_style(style: StyleImage, warn: OnWarning) -> Array:
    """A style's colours, upright; where it is transparent it counts as white paper."""
    try:
        picture = read_source(Source(style.path, style.encoding), Destination(style.path))
    except BadInput as reason:
        raise BadInput(f"the style cannot be used: {reason}") from None
    if not np.isfinite(picture.color).all():
        raise BadInput(f"the style {style.path} has values that are not finite; repair it, or choose another")
    if picture.animated:
        warn(f"the style {style.path} is an animation, of which only the first frame is used")
    color = np.ascontiguousarray(upright(picture.color, picture.orientation))
    if picture.alpha is None:
        return color
    alpha = upright(alpha_of(picture), picture.orientation)
    return (color * alpha[..., None] + (1.0 - alpha[..., None])).astype(np.float32)


def alpha_of(picture: Picture) -> Array:
    """A picture's alpha, (H, W) in [0, 1]; 1 where it has none."""
    if picture.alpha is None:
        return np.ones(picture.color.shape[:2], dtype=np.float32)
    alpha = picture.alpha.astype(np.float32)
    if picture.alpha.dtype.kind == "u":
        alpha /= np.float32(np.iinfo(picture.alpha.dtype).max)
    return alpha
