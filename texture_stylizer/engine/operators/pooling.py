"""Average pooling by squares, with a gradient that is copied to where it belongs, and not added up there as
torch's is."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional

from ..hardware.devices import convolves_channels_apart

_FEW_CHANNELS = 32
"""Up to which a convolution of each channel by itself takes less time than pooling."""

_CONVOLVED = (torch.bfloat16, torch.float32)
"""Types for which oneDNN has such a convolution."""


def average_pool(maps: Tensor) -> Tensor:
    """(1, C, H, W) -> (1, C, H // 2, W // 2), the mean of each square of 2 x 2."""
    return cast(Tensor, _AveragePool.apply(maps))


def square_means(maps: Tensor, side: int) -> Tensor:
    """(1, C, H, W) -> (1, C, H // side, W // side), the mean of each square; without a graph.

    A processor's pooling takes 32 channels at once. Of fewer, a convolution of each channel by itself gives
    the same bits in a fifth of the time.
    """
    channels = maps.shape[1]
    apart = channels <= _FEW_CHANNELS and maps.dtype in _CONVOLVED and convolves_channels_apart(maps.device)
    if not apart:
        return functional.avg_pool2d(maps, side)
    weight = torch.full((channels, 1, side, side), 1 / side**2, dtype=maps.dtype)
    return functional.conv2d(maps, weight, stride=side, groups=channels)


class _AveragePool(torch.autograd.Function):
    """Torch adds each gradient into four zeros: three times as slow on a processor."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor) -> Tensor:
        ctx.left_over = left_over(maps)
        return square_means(maps, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return spread(gradients[0], *ctx.left_over)


def spread(gradient: Tensor, rows: int, columns: int) -> Tensor:
    """The gradient of the maps, given that of the means, (1, C, h, w). rows, columns: 0 or 1, what the maps
    have more than 2 h and 2 w. Returns (1, C, 2 h + rows, 2 w + columns)."""
    wide = functional.interpolate(gradient / 4, scale_factor=2, mode="nearest")
    return functional.pad(wide, (0, columns, 0, rows)) if rows or columns else wide


def add_spread(sums: Tensor, gradient: Tensor) -> None:
    """Add the gradient of maps, given that of their means, to another of theirs, in place, rounding once.

    sums: (1, C, H, W), channels last in memory. gradient: (1, C, H // 2, W // 2).
    """
    given = gradient.permute(0, 2, 3, 1)[0]
    height, width, channels = given.shape
    # What a row of two positions is given lies in one piece: torch would go through each by itself.
    twice = torch.cat([given, given], dim=2)[:, None]
    rows = sums.permute(0, 2, 3, 1)[0, : 2 * height, : 2 * width].view(height, 2, width, 2 * channels)
    rows.add_(twice, alpha=0.25)


def left_over(maps: Tensor) -> tuple[int, int]:
    """Rows and columns of maps that are in no square."""
    return maps.shape[2] % 2, maps.shape[3] % 2
