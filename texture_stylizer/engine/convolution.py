"""A convolution that repeats its input's border, and remembers nothing of its input."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


class BorderedConvolution(torch.autograd.Function):
    """A 3 x 3 convolution of maps whose border is repeated by one position; for fixed weights alone.

    Torch would keep the bordered copy of its input for the weights' gradient, which nobody asks for here:
    half of what back-propagation needs in memory.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """maps: (1, C, H, W); weight: (D, C, 3, 3); bias: (D,). Returns (1, D, H, W)."""
        ctx.save_for_backward(weight)
        return functional.conv2d(functional.pad(maps, (1, 1, 1, 1), mode="replicate"), weight, bias)

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
