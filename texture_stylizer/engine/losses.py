"""The terms of the loss (Gatys, Ecker & Bethge 2016), each divided by its target's own size.

Dividing makes layers, networks and image sizes comparable: 1 is "as wrong as nothing at all".
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from .features import STYLE_LAYERS

LAYER_SHARES = {layer: 1 / len(STYLE_LAYERS) for layer in STYLE_LAYERS}
"""What each style layer counts for. Measured with an independent network as judge: weighting the deep layers
more closed less of the style distance on every layer, at a larger content error."""


def style_loss(grams: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> Tensor:
    """Weighted mean over the style layers of |G - T|^2 / |T|^2 (Frobenius norms). Returns a scalar."""
    terms = [
        LAYER_SHARES[layer]
        * (grams[layer] - targets[layer]).square().sum()
        / targets[layer].square().sum().clamp_min(1e-12)
        for layer in STYLE_LAYERS
    ]
    return torch.stack(terms).sum()


def squared_error_sum(maps: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Sum over positions and channels of weight * (maps - target)^2. Returns a scalar.

    maps, target: (1, C, H, W); weight: (H, W) or None for 1 everywhere.
    """
    squares = (maps.to(target.dtype) - target).square()
    if weight is not None:
        squares = squares * weight.to(squares.dtype)
    return squares.sum()


def total_variation(image: Tensor) -> Tensor:
    """Mean squared step to the right and downward neighbour. image: (1, 3, H, W). Returns a scalar."""
    across = (image[:, :, :, 1:] - image[:, :, :, :-1]).square().mean()
    down = (image[:, :, 1:, :] - image[:, :, :-1, :]).square().mean()
    return across + down
