"""Pictures as the network itself would draw them: what its Gram matrices do not see is wrong in them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..engine.features.recipe import STYLE_LAYERS
from ..engine.features.vgg import Features

_BATCH = 20
_STEPS = 40
_RATE = 0.04


def redraw(network: Features, pictures: Tensor, side: int, generator: np.random.Generator) -> Tensor:
    """A crop of every picture, its style drawn on a crop of another one.

    pictures: (n, 3, H, W) uint8. Returns (n, 3, side, side) uint8.
    """
    found = []
    for first in range(0, len(pictures), _BATCH):
        styles = pictures[first : first + _BATCH]
        others = pictures[generator.permutation(len(pictures))[: len(styles)]]
        found.append(_drawn_on(network, _crops(styles, side, generator), _crops(others, side, generator)))
    return torch.cat(found)


def _crops(pictures: Tensor, side: int, generator: np.random.Generator) -> Tensor:
    corners = generator.integers(0, pictures.shape[2] - side + 1, (len(pictures), 2))
    pieces = [
        picture[:, top : top + side, left : left + side]
        for picture, (top, left) in zip(pictures, corners, strict=True)
    ]
    return (torch.stack(pieces).float() / 255).contiguous(memory_format=torch.channels_last)


def _drawn_on(network: Features, styles: Tensor, images: Tensor) -> Tensor:
    """Adam on the images' relative Gram distance to the styles, picture by picture but in one batch."""
    with torch.no_grad():
        targets = _grams(network, styles)
    images = (0.5 * images + 0.5 * images.mean((2, 3), keepdim=True)).requires_grad_()
    optimiser = torch.optim.Adam([images], lr=_RATE, betas=(0.9, 0.99))
    for _ in range(_STEPS):
        grams = _grams(network, images)
        loss = torch.stack(
            [
                ((grams[layer] - target).square().sum((1, 2)) / target.square().sum((1, 2))).sum()
                for layer, target in targets.items()
            ]
        ).sum()
        (images.grad,) = torch.autograd.grad(loss, images)
        optimiser.step()
        with torch.no_grad():
            images.clamp_(0, 1)
    return (images.detach() * 255).round().to(torch.uint8)


def _grams(network: Features, images: Tensor) -> dict[str, Tensor]:
    maps = network(images, padding="replicate")
    grams = {}
    for layer in STYLE_LAYERS:
        flat = maps[layer].flatten(2)
        grams[layer] = flat @ flat.transpose(1, 2) / flat.shape[2]
    return grams
