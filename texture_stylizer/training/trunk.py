"""VGG19's trunk over batches, by operators that torch can differentiate twice: as `engine.features.vgg`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ..engine.features.recipe import CONTENT_LAYER, STYLE_LAYERS
from ..engine.features.vgg import CONVOLUTIONS, IMAGENET_MEAN, IMAGENET_STD, Features

COMPARED = (*STYLE_LAYERS, CONTENT_LAYER)


class Convolution(NamedTuple):
    """weight: (out, in, 3, 3). bias: (out,)."""

    weight: Tensor
    bias: Tensor


def convolutions_of(network: Features) -> list[Convolution]:
    """A network's own tensors, in the order of CONVOLUTIONS."""
    found = []
    for _, layer in network.named_convolutions():
        assert layer.bias is not None, "given at the start"
        found.append(Convolution(layer.weight, layer.bias))
    return found


def compared_maps(convolutions: Sequence[Convolution], images: Tensor) -> dict[str, Tensor]:
    """The maps of COMPARED. images: (n, 3, H, W), display-encoded [0, 1]; borders are repeated."""
    return {
        row.layer: maps
        for row, maps in zip(CONVOLUTIONS, rectified_maps(convolutions, images), strict=False)
        if row.layer in COMPARED
    }


def rectified_maps(convolutions: Sequence[Convolution], images: Tensor) -> list[Tensor]:
    """The map of each of the convolutions, which may be the first few of the trunk."""
    found: list[Tensor] = []
    for number, convolution in enumerate(convolutions):
        seen = found[-1] if found else normalised(images)
        found.append(functional.relu(convolved(seen, convolution, first_of_block=starts_block(number))))
    return found


def normalised(images: Tensor) -> Tensor:
    """What the first convolution sees."""
    mean, std = (torch.tensor(each, dtype=images.dtype) for each in (IMAGENET_MEAN, IMAGENET_STD))
    return (images - mean.view(1, 3, 1, 1)) / std.view(1, 3, 1, 1)


def starts_block(number: int) -> bool:
    """Whether maps are halved before that convolution."""
    return number > 0 and CONVOLUTIONS[number].block != CONVOLUTIONS[number - 1].block


def convolved(maps: Tensor, convolution: Convolution, *, first_of_block: bool) -> Tensor:
    """Before it is rectified."""
    if first_of_block:
        maps = functional.avg_pool2d(maps, 2)
    return functional.conv2d(functional.pad(maps, (1, 1, 1, 1), mode="replicate"), *convolution)


def gram_matrices(maps: Tensor) -> Tensor:
    """(n, C, H, W) -> (n, C, C), means over positions."""
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def losses(maps: dict[str, Tensor], styles: dict[str, Tensor], content: Tensor) -> dict[str, Tensor]:
    """The terms that the optimiser descends by, of each image, (n,): relative squared distances to the
    styles' Gram matrices, (n, C, C), and to the content's map."""
    found = {}
    for layer in STYLE_LAYERS:
        error = gram_matrices(maps[layer]) - styles[layer]
        found[layer] = error.square().sum((1, 2)) / styles[layer].square().sum((1, 2)).clamp_min(1e-12)
    squares = content.square().sum((1, 2, 3)).clamp_min(1e-12)
    found[CONTENT_LAYER] = (maps[CONTENT_LAYER] - content).square().sum((1, 2, 3)) / squares
    return found
