"""A convolution that repeats its input's border, and remembers nothing of its input where it need not."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional


def bordered_convolution(maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """A 3 x 3 convolution of maps whose border is repeated by one position.

    maps: (1, C, H, W); weight: (D, C, 3, 3); bias: (D,). Returns (1, D, H, W).
    """
    if weight.requires_grad:
        return _convolve(maps, weight, bias)
    return cast(Tensor, _FixedConvolution.apply(maps, weight, bias))


def _convolve(maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return functional.conv2d(functional.pad(maps, (1, 1, 1, 1), mode="replicate"), weight, bias)


class _FixedConvolution(torch.autograd.Function):
    """The same for weights that are not trained.

    Torch would keep the bordered copy of its input for their gradient, which nobody asks for: a fifth of a
    step's memory with VGG19's widths at 512 px.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return _convolve(maps, weight, bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        """The gradient of the maps, (1, C, H, W), given that of the result."""
        (weight,) = ctx.saved_tensors
        bordered = functional.conv_transpose2d(gradients[0], weight)
        # The border's gradient belongs to the positions that it repeats.
        bordered[:, :, 1] += bordered[:, :, 0]
        bordered[:, :, -2] += bordered[:, :, -1]
        bordered[:, :, :, 1] += bordered[:, :, :, 0]
        bordered[:, :, :, -2] += bordered[:, :, :, -1]
        return bordered[:, :, 1:-1, 1:-1], None, None
