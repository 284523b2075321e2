"""The feature network: VGG19's trunk up to conv5_1 (Simonyan & Zisserman 2014, configuration E).

Widths are read from the weights, so that any network of this shape loads: torchvision's ImageNet
weights, the small embedded one, or a file of the user's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...errors import BadInput
from ..operators import cuda_network as fused
from ..operators.convolution import BorderedConvolution
from ..operators.pooling import average_pool
from ..tiles import ALIGNMENT
from .recipe import CONTENT_LAYER, STYLE_LAYERS

Pooling = Literal["average", "max"]
Padding = Literal["zeros", "replicate"]


IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# Convolutions per block of configuration E; the fifth block ends at conv5_1.
_CONVOLUTIONS_PER_BLOCK = (2, 2, 4, 4, 1)


class _Convolution(NamedTuple):
    block: int
    layer: str
    number: int


def _convolutions() -> list[_Convolution]:
    """Every convolution with its layer's name and its index in torchvision's `vgg19().features`."""
    rows, index = [], 0
    for block, count in enumerate(_CONVOLUTIONS_PER_BLOCK, start=1):
        for number in range(1, count + 1):
            rows.append(_Convolution(block, f"relu{block}_{number}", index))
            index += 2
        index += 1
    return rows


CONVOLUTIONS = _convolutions()
STRIDES = {row.layer: 2 ** (row.block - 1) for row in CONVOLUTIONS}
"""Pixels per position of a layer's map, along each axis."""

HALO = -(-sum(STRIDES[row.layer] for row in CONVOLUTIONS) // ALIGNMENT) * ALIGNMENT
"""Pixels on either side of a cell of 16 px that what is compared is made of, a multiple of 16."""

COMPARED = frozenset({*STYLE_LAYERS, CONTENT_LAYER})
"""The layers whose maps are asked for."""


class Features(nn.Module):
    """The trunk as a function from an image to the maps of its style and content layers.

    weights: tensors under torchvision's keys, `features.N.weight` (out, in, 3, 3) and `features.N.bias`.
    Raises BadInput when a key is missing or the shapes do not chain.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        *,
        name: str,
        pooling: Pooling = "average",
    ) -> None:
        super().__init__()
        if pooling not in ("average", "max"):
            raise BadInput(f"pooling is {pooling!r}, but must be average or max")
        self.name = name
        self.pooling = pooling
        self._layers = _load_convolutions(weights, name)
        self.convolutions = nn.ModuleList(self._layers)
        self._place_constants()
        self.requires_grad_(False)

    def _place_constants(self) -> None:
        """What an image meets before the first weight: on the network's device, as precise as the image."""

        def constant(values: Sequence[object], *shape: int) -> nn.Buffer:
            dtype = torch.promote_types(self.dtype, torch.float32)
            return nn.Buffer(torch.tensor(values, dtype=dtype).view(shape).to(self.device))

        self.mean, self.std = constant(IMAGENET_MEAN, 1, 3, 1, 1), constant(IMAGENET_STD, 1, 3, 1, 1)

    def _apply(self, *arguments: Any, **options: Any) -> Features:
        """Torch's own, by which a module changes its device or precision."""
        super()._apply(*arguments, **options)
        self._place_constants()
        return self

    @property
    def dtype(self) -> torch.dtype:
        return self._layers[0].weight.dtype

    @property
    def device(self) -> torch.device:
        return self._layers[0].weight.device

    @property
    def graph_bytes_per_pixel(self) -> float:
        """Memory that back-propagation needs per pixel of the image, about: two maps a layer, and two
        of the content's. At most 1.2 times this was measured, 1.4 times with the heap kept."""
        values = {
            row.layer: convolution.out_channels / STRIDES[row.layer] ** 2
            for row, convolution in self.named_convolutions()
        }
        return 2.0 * (sum(values.values()) + values[CONTENT_LAYER]) * self.dtype.itemsize

    def convolutions_up_to(self, wanted: AbstractSet[str]) -> list[tuple[_Convolution, BorderedConvolution]]:
        """All up to the last of some layers."""
        last = max(row.number for row in CONVOLUTIONS if row.layer in wanted)
        return [(row, convolution) for row, convolution in self.named_convolutions() if row.number <= last]

    def named_convolutions(self) -> list[tuple[_Convolution, BorderedConvolution]]:
        """Every convolution with its place in configuration E, for writing the weights."""
        return list(zip(CONVOLUTIONS, self._layers, strict=True))

    def channels(self, layer: str) -> int:
        """The width of a layer's map."""
        found = zip(CONVOLUTIONS, self._layers, strict=True)
        return next(convolution.out_channels for row, convolution in found if row.layer == layer)

    def forward(self, image: Tensor, padding: Padding = "zeros") -> dict[str, Tensor]:
        """Maps of the style layers and the content layer.

        image: (1, 3, H, W), display-encoded [0, 1], H and W at least 16. Each map is (1, C, H', W') with
        H' = H // stride. With `padding` zeros the maps are torchvision's; with replicate every convolution
        repeats its input's border, which leaves no dark or coloured frame in what is optimised. An image in
        another memory than the network's comes over, and its gradient goes back there.
        """
        image = self.planes(image)
        return self._trunk(image, padding, COMPARED)

    def planes(self, image: Tensor) -> Tensor:
        """The image, (1, 3, H, W), on the network's device, and on a processor one colour after the other in
        memory: there channels last takes nearly twice the time until the first convolution."""
        image = image.to(self.device)
        return image.contiguous() if image.device.type == "cpu" else image

    def content_map(self, image: Tensor) -> Tensor:
        """The content layer's map alone, borders repeated, for no more work than it takes."""
        image = self.planes(image)
        return self._trunk(image, "replicate", {CONTENT_LAYER})[CONTENT_LAYER]

    def _trunk(self, image: Tensor, padding: Padding, wanted: AbstractSet[str]) -> dict[str, Tensor]:
        """The maps of some layers, and no convolution after the last of them."""
        used = self.convolutions_up_to(wanted)
        if padding == "replicate" and self.pooling == "average":
            layers = self.fusible_layers(used)
            if fused.is_possible(layers):
                found = fused.rectified_maps(image, self.mean, self.std, layers)
                named = zip(used, found, strict=True)
                return {row.layer: maps for (row, _), maps in named if row.layer in wanted}
        named = zip(used, self.rectified_maps(image, padding, used), strict=True)
        return {row.layer: maps for (row, _), maps in named if row.layer in wanted}

    def rectified_maps(
        self, image: Tensor, padding: Padding, used: Sequence[tuple[_Convolution, BorderedConvolution]]
    ) -> Iterator[Tensor]:
        """The map of each of these convolutions, one by one; only whoever wants it keeps it. image: as
        `planes` returns it."""
        current, block = (image - self.mean) / self.std, 1
        for row, convolution in used:
            if row.block != block:
                current, block = self._pool(current), row.block
            if padding == "replicate":
                current = convolution.rectified(current)
            else:
                current = functional.relu(convolution(current.to(self.dtype)), inplace=True)
            yield current

    def fusible_layers(
        self, used: Sequence[tuple[_Convolution, BorderedConvolution]] | None = None
    ) -> list[fused.Layer]:
        """Convolutions, by default all, as `cuda_network` takes them: the first of a block sees
        halved maps."""
        layers, block = [], 1
        for row, convolution in self.named_convolutions() if used is None else used:
            assert convolution.bias is not None, "given at the start"
            layers.append(fused.Layer(convolution.weight, convolution.bias, row.block != block))
            block = row.block
        return layers

    def _pool(self, maps: Tensor) -> Tensor:
        if self.pooling == "max":
            return functional.max_pool2d(maps, 2)
        return average_pool(maps)


def _load_convolutions(weights: Mapping[str, Tensor], name: str) -> list[BorderedConvolution]:
    channels, convolutions = 3, []
    for row in CONVOLUTIONS:
        key = f"features.{row.number}"
        try:
            weight, bias = weights[f"{key}.weight"], weights[f"{key}.bias"]
        except KeyError as missing:
            raise BadInput(
                f"{name} is no VGG19-shaped network: it has no {missing.args[0]}; "
                "torchvision's key names are expected"
            ) from None
        if weight.ndim != 4 or weight.shape[1:] != (channels, 3, 3) or bias.shape != weight.shape[:1]:
            raise BadInput(
                f"{name} is no VGG19-shaped network: {key}.weight has the shape {tuple(weight.shape)}, "
                f"but (any, {channels}, 3, 3) and a bias of the same width are expected"
            )
        weight, bias = (tensor.detach().float().clone() for tensor in (weight, bias))
        convolutions.append(BorderedConvolution(weight, bias))
        channels = weight.shape[0]
    return convolutions
