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


def total_variation(image: Tensor, mask: Tensor | None = None) -> Tensor:
    """Mean squared step to the right and downward neighbour. image: (1, 3, H, W). Returns a scalar.

    mask: (H, W); steps between two texels that count for nothing are left out of the mean.
    """
    across = (image[:, :, :, 1:] - image[:, :, :, :-1]).square()
    down = (image[:, :, 1:, :] - image[:, :, :-1, :]).square()
    if mask is None:
        return across.mean() + down.mean()
    counted = (mask > 0).to(image.dtype)
    beside = torch.maximum(counted[:, 1:], counted[:, :-1])
    below = torch.maximum(counted[1:], counted[:-1])
    channels = image.shape[1]
    return (across * beside).sum() / (beside.sum() * channels).clamp_min(1.0) + (down * below).sum() / (
        below.sum() * channels
    ).clamp_min(1.0)
