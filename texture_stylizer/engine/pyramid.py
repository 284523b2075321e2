"""The pyramid: the sizes of its levels, the steps on each, and the way from one to the next."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SMALLEST_SIDE = 64
"""Below this the deepest layer has too few positions for a Gram matrix that means anything."""

COARSEST_SIDE = 91
"""Where levels begin: at a short side of 128 px, give or take half an octave, however large the texture. The
deepest layer sees 156 px, so there a stroke can be as large as the texture."""

STEPS_RATIO = 0.75
"""Steps on a level relative to the coarser one below, which cost a quarter each: large shapes need many
steps, and find their places while that is cheap."""

LARGEST_STYLE_ENLARGEMENT = 1.0
"""A style that is enlarged teaches the finest level its blur."""

CARRIED_BLUR = 3.0
"""Standard deviation, in the coarser level's pixels, of what is carried over of its change. What is smaller
the network sees and makes anew at the finer level, along the content's own edges: strokes that were made
where joints and grain could not be seen would lie across them. VGG19, 256 px, three pairs: content 0.57 for
0.47 when all was carried over, at the same style."""

DETAIL_SHARE = 0.5
"""Share of the content's own fine detail where a result is enlarged at the end: all of it would hide the
strokes."""


def level_sizes(height: int, width: int, scales: int | None) -> list[tuple[int, int]]:
    """(height, width) of each level, coarse to fine, each half of the next.

    scales: their number, fewer when the image is small; None for all down to COARSEST_SIDE.
    """
    sizes = [(height, width)]
    smallest = COARSEST_SIDE if scales is None else SMALLEST_SIDE
    while scales is None or len(sizes) < scales:
        divisor = 2 ** len(sizes)
        smaller = (round(height / divisor), round(width / divisor))
        if min(smaller) < smallest:
            break
        sizes.insert(0, smaller)
    return sizes


def level_iterations(iterations: int, levels: int) -> list[int]:
    """Divide all steps over the levels, most to the coarsest; their sum is `iterations`."""
    shares = [STEPS_RATIO**level for level in range(levels)]
    counts = [int(iterations * share / sum(shares)) for share in shares]
    counts[-1] = max(counts[-1], min(iterations, 1))
    counts[0] = max(0, iterations - sum(counts[1:]))
    return counts


def resize(image: Tensor, height: int, width: int) -> Tensor:
    """`image` (1, C, H, W) at another size, bicubic with antialiasing, clamped to [0, 1]."""
    if image.shape[2:] == (height, width):
        return image
    return _resized(image, height, width).clamp_(0.0, 1.0)


def _resized(image: Tensor, height: int, width: int) -> Tensor:
    return functional.interpolate(
        image, size=(height, width), mode="bicubic", antialias=True, align_corners=False
    )


def style_size(
    style_height: int, style_width: int, height: int, width: int, style_scale: float
) -> tuple[int, int]:
    """(height, width) of a style image for a level: its area is the level's, times the scale squared; it is
    enlarged only as far as the scale asks for."""
    factor = style_scale * (height * width / (style_height * style_width)) ** 0.5
    factor = min(factor, LARGEST_STYLE_ENLARGEMENT * max(1.0, style_scale))
    factor = max(factor, SMALLEST_SIDE / min(style_height, style_width))
    return round(style_height * factor), round(style_width * factor)


def next_level(result: Tensor, start: Tensor, coarse_start: Tensor) -> Tensor:
    """Where a finer level starts: its content, or the last frame's result, changed by what the coarser level
    changed at large.

    result, coarse_start: (1, 3, h, w); start: (1, 3, H, W). Returns (1, 3, H, W) in [0, 1].
    """
    change = _blurred(result - coarse_start, CARRIED_BLUR)
    return _resized(change, *start.shape[2:]).add_(start).clamp_(0.0, 1.0)


def enlarged(result: Tensor, content: Tensor, coarse_content: Tensor) -> Tensor:
    """A result at its content's full size: enlarged, plus a share of the detail that only `content` has.

    result, coarse_content: (1, 3, h, w); content: (1, 3, H, W). Returns (1, 3, H, W) in [0, 1].
    """
    height, width = content.shape[2:]
    detail = content - resize(coarse_content, height, width)
    return torch.clamp(resize(result, height, width) + DETAIL_SHARE * detail, 0.0, 1.0)


def _blurred(image: Tensor, deviation: float) -> Tensor:
    """By a Gaussian, its border repeated. image: (1, C, h, w)."""
    reach = round(3 * deviation)
    places = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
    kernel = torch.exp(-places.square() / (2 * deviation**2))
    kernel = (kernel / kernel.sum()).expand(image.shape[1], 1, 1, -1)
    for border, along in (((reach, reach, 0, 0), kernel), ((0, 0, reach, reach), kernel.transpose(2, 3))):
        image = functional.conv2d(
            functional.pad(image, border, mode="replicate"), along, groups=image.shape[1]
        )
    return image
