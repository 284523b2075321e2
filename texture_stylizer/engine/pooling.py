"""Average pooling: by squares, with a gradient that is copied to where it belongs, and not added up there as
torch's is; and by wide windows that overlap."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional


def average_pool(maps: Tensor) -> Tensor:
    """(1, C, H, W) -> (1, C, H // 2, W // 2), the mean of each square of 2 x 2."""
    return cast(Tensor, _AveragePool.apply(maps))


class _AveragePool(torch.autograd.Function):
    """Torch adds each gradient into four zeros: three times as slow on a processor."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor) -> Tensor:
        ctx.left_over = maps.shape[2] % 2, maps.shape[3] % 2
        return functional.avg_pool2d(maps, 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        spread = functional.interpolate(gradients[0] / 4, scale_factor=2, mode="nearest")
        rows, columns = ctx.left_over
        return functional.pad(spread, (0, columns, 0, rows)) if rows or columns else spread


def smooth_means(length: int, halvings: int, dtype: torch.dtype) -> Tensor:
    """The matrix (length // 2^halvings, length) that halves a row of values so often, each time to means of
    four that overlap by two: the gradient of plain cells would draw their borders.

    Once made it is two matrix products for a picture. Pooling step by step took twice as long at 512 px, and
    no longer at 2048 px, for this is as wide as the picture.
    """
    rows = torch.eye(length, dtype=dtype)[None]
    for _ in range(halvings):
        rows = functional.avg_pool1d(rows, 4, stride=2, padding=1, count_include_pad=False)
    return rows.squeeze(0).T.contiguous()
