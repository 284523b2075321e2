"""A map less itself some positions away."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor


def difference(maps: Tensor, axis: int, apart: int) -> Tensor:
    """(1, C, H, W) -> likewise: each position less that `apart` further along axis 2 or 3; the last one
    stands for those beyond the end."""
    return cast(Tensor, _Difference.apply(maps, axis, apart))


class _Difference(torch.autograd.Function):
    """Written out because torch's own gradient of each view would be a map of its own."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor, axis: int, apart: int) -> Tensor:
        ctx.axis, ctx.apart = axis, min(apart, maps.shape[axis])
        start, first = maps.shape[axis] - ctx.apart, ctx.apart
        result = torch.empty_like(maps)
        torch.sub(
            maps.narrow(axis, 0, start), maps.narrow(axis, first, start), out=result.narrow(axis, 0, start)
        )
        last = maps.narrow(axis, maps.shape[axis] - 1, 1)
        torch.sub(maps.narrow(axis, start, first), last, out=result.narrow(axis, start, first))
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """The gradient of the maps, (1, C, H, W), given that of the differences."""
        result = torch.zeros_like(gradients[0])
        add_gradient(result, gradients[0], ctx.axis, ctx.apart)
        return result, None, None


def add_gradient(gradient: Tensor, of_difference: Tensor, axis: int, apart: int) -> None:
    """Add to a gradient of maps, in place, that which follows from one of their `difference`. Both
    (1, C, H, W)."""
    length = gradient.shape[axis]
    apart = min(apart, length)
    start = length - apart
    gradient.add_(of_difference)
    gradient.narrow(axis, apart, start).sub_(of_difference.narrow(axis, 0, start))
    beyond = of_difference.narrow(axis, start, apart).sum(axis, keepdim=True)
    gradient.narrow(axis, length - 1, 1).sub_(beyond)
