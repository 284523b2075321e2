"""A convolution that repeats its input's border, and remembers nothing of its input where it need not."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from . import winograd


class BorderedConvolution(nn.Conv2d):
    """A 3 x 3 convolution, with zeros about its input or, by `bordered`, with its border repeated."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight: (D, C, 3, 3); bias: (D,)."""
        super().__init__(weight.shape[1], weight.shape[0], 3, padding=1)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)
        self._transformed: tuple[Tensor, Tensor] | None = None
        self._transformed_version = -1

    def bordered(self, maps: Tensor) -> Tensor:
        """maps: (1, C, H, W), of the weight's type or wider. Returns (1, D, H, W) of the weight's type."""
        assert self.bias is not None, "given at the start"
        if self.weight.requires_grad:
            return _convolve(maps, self.weight, self.bias)
        return cast(Tensor, _FixedConvolution.apply(maps, self.weight, self.bias, self._transform()))

    def _transform(self) -> tuple[Tensor, Tensor] | None:
        """The weight for `winograd`, of the maps and of their gradient; None where that is slower."""
        if not winograd.is_worthwhile(self.weight):
            return None
        if self._transformed is None or self._transformed_version != self.weight._version:
            with torch.no_grad():
                weight = self.weight
                self._transformed = winograd.transform(weight), winograd.transform_turned(weight)
            self._transformed_version = self.weight._version
        return self._transformed

    def _apply(self, *arguments: Any, **options: Any) -> BorderedConvolution:
        """Torch's own, by which a module changes its device or precision."""
        self._transformed = None
        return super()._apply(*arguments, **options)


def _with_border(maps: Tensor) -> Tensor:
    return functional.pad(maps, (1, 1, 1, 1), mode="replicate")


def _convolve(maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if maps.dtype != weight.dtype:
        # In bfloat16 alone an image would lose what is fine in it; six channels cost no more than three.
        high = maps.to(weight.dtype)
        maps = torch.cat([high, (maps - high).to(weight.dtype)], dim=1)
        weight = torch.cat([weight, weight], dim=1)
    return functional.conv2d(_with_border(maps), weight, bias)


class _FixedConvolution(torch.autograd.Function):
    """With a border, for weights that are not trained.

    Torch would keep the bordered copy of its input for their gradient, which nobody asks for: a fifth of a
    step's memory with VGG19's widths at 512 px.
    """

    @staticmethod
    def forward(
        ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor, transformed: tuple[Tensor, Tensor] | None
    ) -> Tensor:
        ctx.dtype = maps.dtype
        if transformed is None:
            ctx.save_for_backward(weight)
            return _convolve(maps, weight, bias)
        ctx.turned = transformed[1]
        return winograd.correlate(_with_border(maps), transformed[0], bias)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """The gradient of the maps, (1, C, H, W), given that of the result."""
        if ctx.saved_tensors:
            bordered = functional.conv_transpose2d(gradients[0], ctx.saved_tensors[0])
        else:
            bordered = winograd.gradient(gradients[0], ctx.turned)
        # The border's gradient belongs to the positions that it repeats.
        bordered[:, :, 1] += bordered[:, :, 0]
        bordered[:, :, -2] += bordered[:, :, -1]
        bordered[:, :, :, 1] += bordered[:, :, :, 0]
        bordered[:, :, :, -2] += bordered[:, :, :, -1]
        return bordered[:, :, 1:-1, 1:-1].to(ctx.dtype), None, None, None
