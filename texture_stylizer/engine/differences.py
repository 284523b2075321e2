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
        gradient, axis = gradients[0], ctx.axis
        start, first = gradient.shape[axis] - ctx.apart, ctx.apart
        result = gradient.clone()
        result.narrow(axis, first, start).sub_(gradient.narrow(axis, 0, start))
        beyond = gradient.narrow(axis, start, first).sum(axis, keepdim=True)
        result.narrow(axis, gradient.shape[axis] - 1, 1).sub_(beyond)
        return result, None, None
