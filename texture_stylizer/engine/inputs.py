"""What a caller gives, arrays of pixels, as the engine takes it, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import BadInput
from ..settings import Settings
from .color import as_grey, match_brightness, match_colors

Array = NDArray[np.float32]


@dataclass(frozen=True)
class StyledRegion:
    """A part of a texture with styles of its own. mask: (H, W), 0.5 and more where it is; styles: [((h, w, 3)
    array, weight), ...]."""

    mask: Array
    styles: Sequence[tuple[Array, float]]


SMALLEST_IMAGE = 32
"""Smaller textures are continued past their border for the network, and cut back afterwards."""

LONGEST_STYLE = 16
"""Times its width. The narrow side is enlarged until the deepest layer has something to see, and the long one
with it: a line of 30000 x 10 px would become one of 192000 x 64."""


def only_middles(styles: Sequence[tuple[Array, float]]) -> tuple[list[tuple[Array, float]], list[str]]:
    """The styles, of very long ones the middle; and a sentence for each of those."""
    cut = [(_middle(image), weight) for image, weight in styles]
    said = [
        f"of a style of {image.shape[1]} x {image.shape[0]} px only the middle was used, at most "
        f"{LONGEST_STYLE} times as long as wide; give a picture that is less narrow"
        for (image, _), (middle, _) in zip(styles, cut, strict=True)
        if middle.shape != image.shape
    ]
    return cut, said


def _middle(image: Array) -> Array:
    longest = LONGEST_STYLE * min(image.shape[:2])
    top, left = (max(0, side - longest) // 2 for side in image.shape[:2])
    return image[top : top + longest, left : left + longest]


def as_drawn(content: Array, settings: Settings) -> Array:
    """The content as the network is to see it, for the wanted way of keeping colour."""
    return as_grey(content) if settings.preserve_color == "luminance" else content


def prepare_colors(
    content: Array, styles: Sequence[tuple[Array, float]], settings: Settings, mask: Array | None = None
) -> list[tuple[Array, float]]:
    """Styles as the network is to see them, for the wanted way of keeping colour. mask: (H, W); where it is 0
    the content's colours do not count."""
    if settings.preserve_color == "luminance":
        wanted = counted_texels(as_grey(content), mask)
        return [(match_brightness(as_grey(image), wanted), weight) for image, weight in styles]
    if settings.preserve_color == "histogram":
        wanted = counted_texels(content, mask)
        return [(match_colors(image, wanted), weight) for image, weight in styles]
    return list(styles)


def styled_parts(
    size: tuple[int, ...],
    styles: Sequence[tuple[Array, float]],
    regions: Sequence[StyledRegion],
    mask: Array | None,
) -> list[tuple[Sequence[tuple[Array, float]], Array | None]]:
    """Each part's styles, and what each texel of a `size` counts for in it, (H, W); one part alone has the
    mask as it is. Of regions in one place the last one's styles are taken; what is masked out is no part."""
    kinds = [styles, *(region.styles for region in regions)] if styles else [r.styles for r in regions]
    numbers = np.zeros(size[:2], dtype=np.int32)
    for number, region in enumerate(regions, start=len(kinds) - len(regions)):
        numbers[region.mask >= 0.5] = number
    present = np.unique(numbers).tolist()
    if len(present) == 1:
        return [(kinds[present[0]], mask)]
    counted = np.ones(size[:2], dtype=np.float32) if mask is None else mask
    parts = [(kinds[number], np.where(numbers == number, counted, np.float32(0))) for number in present]
    return [(kind, own) for kind, own in parts if own.any()]


def counted_texels(image: Array, mask: Array | None) -> Array:
    """The texels of an image (H, W, 3) that count for its colours' statistics, as a picture; all without a
    mask."""
    return image if mask is None or mask.all() else image[mask > 0][:, None]


def check(
    content: Array, styles: Sequence[tuple[Array, float]], mask: Array | None, start: Array | None
) -> None:
    """Raises BadInput for what `stylize` cannot work with."""
    if not styles:
        raise BadInput("there is no style image; give at least one")
    for name, array in [("texture", content), *(("style image", style) for style, _ in styles)]:
        if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
            raise BadInput(f"the {name} has the shape {array.shape}, but (height, width, 3) is needed")
        if not np.isfinite(array).all():
            raise BadInput(f"the {name} has values that are not finite; repair it and try again")
    if any(weight <= 0 for _, weight in styles):
        raise BadInput("a style's weight must be above 0")
    if mask is not None and mask.shape != content.shape[:2]:
        raise BadInput(f"the mask has the shape {mask.shape}, but the texture {content.shape[:2]}")
    if mask is not None and not (mask > 0).any():
        raise BadInput("the mask is black everywhere on it, so nothing of it would be restyled")
    if start is not None and start.shape != content.shape:
        raise BadInput(f"the start has the shape {start.shape}, but the texture {content.shape}")


def continue_border(image: Array) -> Array:
    """Repeat the last row and column until both sides are at least SMALLEST_IMAGE pixels."""
    below, right = (max(0, SMALLEST_IMAGE - side) for side in image.shape[:2])
    if not below and not right:
        return image
    return np.pad(image, ((0, below), (0, right), (0, 0)), mode="edge")


def to_tensor(image: Array, device: torch.device) -> Tensor:
    """(H, W, 3) -> (1, 3, H', W') in [0, 1], channels last in memory, with its border continued."""
    array = np.ascontiguousarray(continue_border(image), dtype=np.float32)
    # The caller's own memory where it can be: a copy of a large texture is not small.
    tensor = torch.from_numpy(array)[None].permute(0, 3, 1, 2)
    if array.min() < 0.0 or array.max() > 1.0:
        tensor = tensor.clamp(0.0, 1.0)
    return tensor.to(device, memory_format=torch.channels_last)


def mask_tensor(mask: Array, device: torch.device) -> Tensor:
    """(1, 1, H, W); a continued border counts for nothing."""
    below, right = (max(0, SMALLEST_IMAGE - side) for side in mask.shape)
    padded = np.pad(mask.astype(np.float32), ((0, below), (0, right)))
    return torch.from_numpy(padded).reshape(1, 1, *padded.shape).to(device)


def to_array(image: Tensor) -> Array:
    """(1, C, H, W) -> (H, W, C) float32."""
    return image.detach().squeeze(0).permute(1, 2, 0).float().cpu().numpy().copy()
