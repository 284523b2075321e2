"""Coarse to fine: the sizes of the levels, the steps on each, and the way from one to the next."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST_SIDE = 64
"""Below this the deepest layer has too few positions for a Gram matrix that means anything."""

STEPS_RATIO = 1.4
"""Steps on a level relative to the coarser one below: a fine step costs four times a coarse one, but only
fine steps make the fine layers' statistics right."""

LARGEST_STYLE_ENLARGEMENT = 2.0

DETAIL_SHARE = 0.5
"""Share of the content's own fine detail at a finer level's start: all of it would hide the strokes."""


def level_sizes(height: int, width: int, scales: int) -> list[tuple[int, int]]:
    """(height, width) of each level, coarse to fine; fewer than `scales` when the image is small."""
    sizes = [(height, width)]
    while len(sizes) < scales:
        divisor = 2 ** len(sizes)
        smaller = (round(height / divisor), round(width / divisor))
        if min(smaller) < SMALLEST_SIDE:
            break
        sizes.insert(0, smaller)
    return sizes


def level_iterations(iterations: int, levels: int) -> list[int]:
    """Divide all steps over the levels, most to the finest; their sum is `iterations`."""
    shares = [STEPS_RATIO**level for level in range(levels)]
    counts = [int(iterations * share / sum(shares)) for share in shares]
    counts[-1] = max(counts[-1], min(iterations, 1))
    counts[0] = max(0, iterations - sum(counts[1:]))
    return counts


def resize(image: Tensor, height: int, width: int) -> Tensor:
    """`image` (1, C, H, W) at another size, bicubic with antialiasing, clamped to [0, 1]."""
    if image.shape[2:] == (height, width):
        return image
    resized = functional.interpolate(
        image, size=(height, width), mode="bicubic", antialias=True, align_corners=False
    )
    return resized.clamp(0.0, 1.0)


def style_size(
    style_height: int, style_width: int, height: int, width: int, style_scale: float
) -> tuple[int, int]:
    """(height, width) of a style image for a level: its area is the level's, times the scale squared."""
    factor = style_scale * (height * width / (style_height * style_width)) ** 0.5
    factor = min(factor, LARGEST_STYLE_ENLARGEMENT * max(1.0, style_scale))
    factor = max(factor, SMALLEST_SIDE / min(style_height, style_width))
    return round(style_height * factor), round(style_width * factor)


def next_level(result: Tensor, content: Tensor, coarse_content: Tensor) -> Tensor:
    """Where a finer level starts: the coarse result enlarged, plus a share of the detail that
    only `content` has.

    result, coarse_content: (1, 3, h, w); content: (1, 3, H, W). Returns (1, 3, H, W) in [0, 1].
    """
    height, width = content.shape[2:]
    detail = content - resize(coarse_content, height, width)
    return torch.clamp(resize(result, height, width) + DETAIL_SHARE * detail, 0.0, 1.0)
