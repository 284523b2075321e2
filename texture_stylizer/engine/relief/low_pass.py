"""Gaussian means of a picture's parts, over wraps and seams: what is coarser than its strokes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

TEXELS_PER_DEVIATION = 3
"""A mean over many texels is taken of a smaller picture, in which its deviation is so many texels."""

_REACH = 3.0
"""Standard deviations that a Gaussian is taken to."""


def smaller_size(height: int, width: int, deviation: float) -> tuple[int, int]:
    """(h, w) of the picture that a mean over `deviation` texels is taken of."""
    shrink = max(1.0, deviation / TEXELS_PER_DEVIATION)
    return max(1, round(height / shrink)), max(1, round(width / shrink))


def reduced(image: Tensor, covered: Tensor | None, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Means over areas of a picture, (1, C, h, w), and how much of each counts, (1, 1, h, w).

    image: (1, C, H, W); covered: (1, 1, H, W), 1 for what counts and else 0; None for all.
    """
    if covered is None:
        return _mean_of_areas(image, height, width), image.new_ones((1, 1, height, width))
    share = _mean_of_areas(covered, height, width)
    return _mean_of_areas(image * covered, height, width) / share.clamp_min(1e-12), share


def _mean_of_areas(image: Tensor, height: int, width: int) -> Tensor:
    old_height, old_width = image.shape[2:]
    if old_height % height == 0 and old_width % width == 0:
        return functional.avg_pool2d(image, (old_height // height, old_width // width))
    return functional.adaptive_avg_pool2d(image, (height, width))


def blurred(image: Tensor, weights: Tensor, deviation: float, wrapped: tuple[bool, bool]) -> Tensor:
    """The Gaussian mean of what counts (normalised convolution, Knutsson & Westin 1993).

    image: (1, C, h, w); weights: (1, 1, h, w); wrapped: whether rows, and columns, go on past the border.
    Where nothing within reach counts it is 0.
    """
    both = _convolved(torch.cat([image * weights, weights], dim=1), deviation, wrapped)
    return torch.where(both[:, -1:] > 1e-9, both[:, :-1] / both[:, -1:].clamp_min(1e-9), 0.0)


def _convolved(image: Tensor, deviation: float, wrapped: tuple[bool, bool]) -> Tensor:
    for dim, is_wrapped in zip((2, 3), wrapped, strict=True):
        reach = max(1, min(round(_REACH * deviation), 4 * image.shape[dim]))
        places = torch.arange(-reach, reach + 1, dtype=image.dtype, device=image.device)
        kernel = torch.exp(-places.square() / (2 * deviation**2))
        kernel = (kernel / kernel.sum()).reshape((1, 1, -1, 1) if dim == 2 else (1, 1, 1, -1))
        padded = bordered(image, dim, reach, is_wrapped)
        image = functional.conv2d(padded, kernel.expand(image.shape[1], 1, -1, -1), groups=image.shape[1])
    return image


def bordered(image: Tensor, dim: int, count: int, is_wrapped: bool) -> Tensor:
    """`image` with `count` more texels at both ends of a dimension: from its other end, or zeros."""
    side = image.shape[dim]
    if is_wrapped:
        return image.index_select(dim, torch.arange(-count, side + count, device=image.device) % side)
    shape = list(image.shape)
    shape[dim] = count
    zeros = image.new_zeros(shape)
    return torch.cat([zeros, image, zeros], dim=dim)


def enlarged(
    image: Tensor, height: int, width: int, wrapped: tuple[bool, bool], rows: slice | None = None
) -> Tensor:
    """`image` (1, C, h, w) at a larger size, bilinearly, and across the borders of what is wrapped; or some
    rows of that alone."""
    image = _enlarged_along(image, 2, height, wrapped[0], rows or slice(0, height))
    return _enlarged_along(image, 3, width, wrapped[1], slice(0, width))


def _enlarged_along(image: Tensor, dim: int, side: int, is_wrapped: bool, part: slice) -> Tensor:
    old = image.shape[dim]
    places = (torch.arange(part.start, part.stop, dtype=torch.float64) + 0.5) * (old / side) - 0.5
    first = places.floor().long()
    share = (places - first).to(image.dtype)
    lower, upper = ((index % old) if is_wrapped else index.clamp(0, old - 1) for index in (first, first + 1))
    share = share.reshape((-1, 1) if dim == 2 else (1, -1))
    return torch.lerp(image.index_select(dim, lower), image.index_select(dim, upper), share)
