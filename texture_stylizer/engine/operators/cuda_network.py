"""The network's convolutions on an NVIDIA GPU, each map moved as few times as may be.

cuDNN adds the bias and rectifies within the convolution; `cuda_kernels` does in one pass each what lies
between two convolutions. The maps are those of `Features` with its borders repeated, to rounding.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional

from ..hardware.memory import is_out_of_memory

OwnGradient = Callable[[int, Tensor], Tensor | None]
"""Given a layer's number and its map, the map's gradient; None counts as zeros."""


class Layer(NamedTuple):
    """weight: (D, C, 3, 3); bias: (D,); pooled: whether the maps that the convolution is given are halved."""

    weight: Tensor
    bias: Tensor
    pooled: bool


def is_possible(layers: Sequence[Layer]) -> bool:
    """Whether these convolutions can be fused where they are: on NVIDIA's GPUs, whose matrix units take
    channels by eights, where torch brought Triton, and not in training."""
    weights = [layer.weight for layer in layers]
    return (
        weights[0].dtype != torch.float64
        and not any(weight.requires_grad for weight in weights)
        and all(weight.shape[0] % 8 == 0 for weight in weights)
        and kernels_run(weights[0].device)
    )


@functools.cache
def kernels_run(device: torch.device) -> bool:
    """Whether Triton is there, for this GPU (8.0 and later), and can build a kernel: it needs a C compiler
    and Python's headers for it."""
    if device.type != "cuda" or torch.version.hip is not None:
        return False
    if importlib.util.find_spec("triton") is None or torch.cuda.get_device_capability(device) < (8, 0):
        return False
    try:
        from . import cuda_kernels as kernels

        maps = torch.zeros(1, kernels.CHANNELS_AT_ONCE, 2, 2, device=device)
        kernels.bordered(maps.contiguous(memory_format=torch.channels_last), pooled=False)
    except Exception as reason:
        if is_out_of_memory(reason):
            # Says nothing of the kernels, and is dealt with by smaller tiles.
            raise
        # Slower, and no less right: the reason is for whoever wonders.
        print(f"Triton builds no kernels here, the network is not fused: {reason}", file=sys.stderr)
        return False
    return True


def rectified_maps(image: Tensor, mean: Tensor, std: Tensor, layers: Sequence[Layer]) -> tuple[Tensor, ...]:
    """The rectified map of each layer, (1, D, H', W') of the weights' type, channels last in memory.

    image: (1, 3, H, W) float32, display-encoded [0, 1]; its gradient follows from those of the maps.
    mean, std: (1, 3, 1, 1).
    """
    # One by one, since autograd looks for tensors among a function's arguments and not within them.
    flat = [tensor for layer in layers for tensor in (layer.weight, layer.bias)]
    pooled = tuple(layer.pooled for layer in layers)
    return cast(tuple[Tensor, ...], _Fused.apply(image, mean, std, pooled, *flat))


def maps_without_graph(image: Tensor, mean: Tensor, std: Tensor, layers: Sequence[Layer]) -> list[Tensor]:
    """`rectified_maps`, for `image_gradient` to go back from."""
    # Not above: Triton is not everywhere.
    from . import cuda_kernels as kernels

    maps: list[Tensor] = []
    for weight, bias, pooled in layers:
        if not maps:
            maps.append(kernels.first_maps(image, mean, std, weight, bias))
        else:
            seen = kernels.bordered(maps[-1], pooled=pooled)
            maps.append(_channels_last(_rectified_convolution(seen, weight, bias)))
    return maps


def image_gradient(maps: list[Tensor], std: Tensor, layers: Sequence[Layer], own: OwnGradient) -> Tensor:
    """The gradient of the image, (1, 3, H, W) float32.

    maps: of all layers, emptied on the way. own: asked for the gradient of each map, from the last to the
    first, as far as it does not follow from the next one's.
    """
    from . import cuda_kernels as kernels

    after: Tensor | None = None
    halved = False
    for index in reversed(range(len(layers))):
        given = own(index, maps[-1])
        given = None if given is None else _channels_last(given)
        gradient = kernels.rectified_gradient(maps.pop(), given, after, pooled=halved)
        weight, _, halved = layers[index]
        if index == 0:
            empty = weight.new_zeros(weight.shape[0], kernels.CHANNELS_AT_ONCE - weight.shape[1], 3, 3)
            weight = _channels_last(torch.cat([weight, empty], dim=1))
        after = _channels_last(functional.conv_transpose2d(gradient, weight))
    assert after is not None, "there is a first layer"
    return kernels.image_gradient(after, std)


class _Fused(torch.autograd.Function):
    """All layers at once: a map's own gradient and that through the next layer are added in one pass."""

    @staticmethod
    def forward(
        ctx: Any, image: Tensor, mean: Tensor, std: Tensor, pooled: tuple[bool, ...], *flat: Tensor
    ) -> tuple[Tensor, ...]:
        maps = maps_without_graph(image, mean, std, _layers(flat, pooled))
        ctx.save_for_backward(std, *flat, *maps)
        ctx.pooled, ctx.image_type = pooled, image.dtype
        ctx.set_materialize_grads(False)
        return tuple(maps)

    @staticmethod
    def backward(ctx: Any, *own: Tensor | None) -> tuple[Tensor | None, ...]:
        """The gradient of the image, given those of the maps; None for a map that nothing was made of."""
        count = 2 * len(ctx.pooled)
        std, *saved = ctx.saved_tensors
        layers = _layers(saved[:count], ctx.pooled)
        result = image_gradient(saved[count:], std, layers, lambda index, _: own[index])
        return (result.to(ctx.image_type), None, None, None, *([None] * count))


def _layers(flat: Sequence[Tensor], pooled: Sequence[bool]) -> list[Layer]:
    return [Layer(*each) for each in zip(flat[::2], flat[1::2], pooled, strict=True)]


def _rectified_convolution(seen: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """(1, C, H + 2, W + 2), (D, C, 3, 3), (D,) -> (1, D, H, W)."""
    return torch.cudnn_convolution_relu(seen, weight, bias, (1, 1), (0, 0), (1, 1), 1)


def _channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)
