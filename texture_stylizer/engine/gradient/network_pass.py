"""The network's way over an image, and back from the gradients of what is compared to the image's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from ..features.vgg import COMPARED, Features
from ..operators import cuda_network as fused
from ..operators.channel_mixing import Mixing
from ..operators.pooling import add_spread, left_over, spread

OwnGradients = Mapping[str, Tensor | Mixing]
"""The gradient of each compared map, as far as it follows from the map itself: a tensor like it, which
may be changed, or how to make it."""


class Pass(Protocol):
    """What a network sees of an image, borders repeated."""

    maps: dict[str, Tensor]
    """Of each layer that is compared, (1, C, H // stride, W // stride)."""

    def image_gradient(self, own: OwnGradients) -> Tensor:
        """The image's gradient, (1, 3, H, W). Can be asked for once, of a pass there and back."""
        ...


def look(features: Features, image: Tensor, *, there_and_back: bool) -> Pass:
    """What a network sees of an image, (1, 3, H, W), display-encoded [0, 1], H and W at least 16.
    there_and_back: whether the image's gradient will be asked for."""
    if is_written_out(features):
        return WrittenOut(features, image, there_and_back=there_and_back)
    if features.pooling == "average" and fused.is_possible(features.fusible_layers()):
        return Fused(features, image, there_and_back=there_and_back)
    return Graphed(features, image, there_and_back=there_and_back)


def is_written_out(features: Features) -> bool:
    """Whether the way back is written out for such a network: on a processor, which averages its maps and is
    not trained."""
    plain = features.pooling == "average" and not any(each.requires_grad for each in features.parameters())
    return plain and features.device.type == "cpu"


class Graphed:
    """By torch's graph."""

    def __init__(self, features: Features, image: Tensor, *, there_and_back: bool) -> None:
        with torch.set_grad_enabled(there_and_back):
            self._image = image.detach().requires_grad_(there_and_back)
            self.maps = features(self._image, padding="replicate")

    def image_gradient(self, own: OwnGradients) -> Tensor:
        with torch.no_grad():
            gradients = [
                given.of(self.maps[layer]) if isinstance(given, Mixing) else given
                for layer, given in own.items()
            ]
        loss = _WithGradients.apply(gradients, *(self.maps[layer] for layer in own))
        (gradient,) = torch.autograd.grad(loss, self._image)
        return gradient


class _WithGradients(torch.autograd.Function):
    """A scalar, 0, whose gradients with respect to some maps, each like its map, are given.

    Given to `torch.autograd.grad` these would make it import sympy: a third of a second of a worker's start,
    the first time more than one, and 40 MB.
    """

    @staticmethod
    def forward(ctx: Any, gradients: Sequence[Tensor], *maps: Tensor) -> Tensor:
        ctx.gradients = gradients
        return maps[0].new_zeros(())

    @staticmethod
    def backward(ctx: Any, *_: Tensor) -> tuple[Tensor | None, ...]:
        return None, *ctx.gradients


class WrittenOut:
    """For a processor: gradients are added up where they lie, and what is done with is freed on the way.

    Torch's graph makes a tensor of each and one more of their sum: 9 % of a small network's step.
    """

    @torch.no_grad()
    def __init__(self, features: Features, image: Tensor, *, there_and_back: bool) -> None:
        self._features = features
        self._used = features.named_convolutions()
        self._results: list[Tensor] = []
        image = features.planes(image)
        self._image_type = image.dtype
        self.maps = {}
        results = features.rectified_maps(image, "replicate", self._used)
        for (row, _), result in zip(self._used, results, strict=True):
            if row.layer in COMPARED:
                self.maps[row.layer] = result
            if there_and_back:
                self._results.append(result)

    @torch.no_grad()
    def image_gradient(self, own: OwnGradients) -> Tensor:
        if not self._results:
            raise ValueError("this pass keeps nothing of the way, or went it back already")
        through_next: Tensor | None = None
        block = self._used[-1][0].block
        for row, convolution in reversed(self._used):
            result = self._results.pop()
            gradient = self._of_result(row.layer, result, own, through_next, halved=row.block != block)
            through_next, block = convolution.gradient(gradient, result), row.block
        assert through_next is not None, "there is a first layer"
        found = through_next.to(self._image_type, memory_format=torch.contiguous_format)
        return found.div_(self._features.std)

    def _of_result(
        self, layer: str, result: Tensor, own: OwnGradients, through_next: Tensor | None, *, halved: bool
    ) -> Tensor:
        """The gradient of a layer's map, `result`: its own, and that of what the next layer was given of it,
        perhaps `halved`."""
        given = own.get(layer)
        dense = given if isinstance(given, Tensor) else None
        gradient = gradient_of_result(result, dense, through_next, halved=halved)
        if isinstance(given, Mixing):
            given.add_to(gradient, result)
        return gradient


class Fused:
    """For NVIDIA's GPUs: torch's graph would move gradients more often than the kernels do."""

    @torch.no_grad()
    def __init__(self, features: Features, image: Tensor, *, there_and_back: bool) -> None:
        self._features = features
        self._used = features.named_convolutions()
        self._layers = features.fusible_layers()
        self._image_type = image.dtype
        image = features.planes(image)
        found = fused.maps_without_graph(image, features.mean, features.std, self._layers)
        self._results = found if there_and_back else []
        named = zip(self._used, found, strict=True)
        self.maps = {row.layer: maps for (row, _), maps in named if row.layer in COMPARED}

    @torch.no_grad()
    def image_gradient(self, own: OwnGradients) -> Tensor:
        if not self._results:
            raise ValueError("this pass keeps nothing of the way, or went it back already")

        def of_result(index: int, result: Tensor) -> Tensor | None:
            given = own.get(self._used[index][0].layer)
            return given.of(result) if isinstance(given, Mixing) else given

        found = fused.image_gradient(self._results, self._features.std, self._layers, of_result)
        return found.to(self._image_type)


def gradient_of_result(
    result: Tensor, dense: Tensor | None, through_next: Tensor | None, *, halved: bool
) -> Tensor:
    """The gradient of a map, (1, C, H, W): some of its own, and that of what the next layer was given of it,
    perhaps `halved`; both may be changed."""
    if through_next is None:
        return torch.zeros_like(result) if dense is None else dense
    if not halved:
        return through_next if dense is None else through_next.add_(dense)
    if dense is None:
        return spread(through_next, *left_over(result))
    add_spread(dense, through_next)
    return dense
