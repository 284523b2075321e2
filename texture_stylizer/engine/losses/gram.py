"""Gram matrices of feature maps, as sums over positions, so that tiles add up to the whole image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ..features.recipe import STYLE_LAYERS
from ..features.vgg import HALO, STRIDES, Features
from ..operators.channel_mixing import in_planes, vectors
from ..tiles import Inset, Tile, tiles

_NARROW = (torch.bfloat16, torch.float16)

WIDENED_AT_ONCE = 2**19
"""Values: the whole of a narrow map in float32 would be its largest copy, and leave the cache."""

SUMMED_AT_ONCE = 512
"""Positions whose products a processor's bfloat16 units add up, in float32, before torch rounds the sum."""


class Counted(NamedTuple):
    """The flat positions (n,) of a map that count for something, and what each counts for, (n,)."""

    positions: Tensor
    weights: Tensor

    @classmethod
    def of(cls, weights: Tensor, device: torch.device) -> Counted:
        """Of a map's weights (H, W), for maps on a device."""
        flat = weights.flatten()
        positions = flat.nonzero().squeeze(1)
        return cls(positions.to(device), flat[positions].to(device))


def gram_sum(maps: Tensor, counted: Counted | None = None) -> Tensor:
    """Sum over positions of weight * f f^T, for the channel vectors f of `maps`.

    maps: (1, C, H, W); counted: None for all positions at 1. Returns (C, C), float32 or wider.
    """
    if counted is None:
        # Of a core, by rows: the copy that this makes is in order, and not a transposed one.
        return _sum_of_products(maps[0].flatten(1) if in_planes(maps) else vectors(maps).T)
    rows = _wide(vectors(maps)[counted.positions])
    return rows.T @ (rows * counted.weights[:, None].to(rows.dtype))


def _sum_of_products(flat: Tensor) -> Tensor:
    """(C, n) -> (C, C), float32 or wider. NVIDIA's matrix units add up in float32 and can give that back."""
    if flat.dtype in _NARROW and flat.is_cuda and torch.version.hip is None:
        return torch.mm(flat, flat.T, out_dtype=torch.float32)
    if flat.dtype == torch.bfloat16 and flat.device.type == "cpu":
        return _sum_by_parts(flat)
    if flat.dtype in _NARROW:
        total = flat.new_zeros(flat.shape[0], flat.shape[0], dtype=torch.float32)
        for positions in flat.split(max(1, WIDENED_AT_ONCE // flat.shape[0]), dim=1):
            wide = positions.float()
            total.addmm_(wide, wide.T)
        return total
    return flat @ flat.T


def _sum_by_parts(flat: Tensor) -> Tensor:
    """(C, n) bfloat16 -> (C, C) float32: parts' sums, each rounded once, are added up in float32.

    Less than half the time of float32's products. Off by 1e-4 to 1e-3 of the norm; the gradient's cosine with
    float64's stayed the same to 0.0003 from start to end of six runs.
    """
    whole = flat.shape[1] // SUMMED_AT_ONCE * SUMMED_AT_ONCE
    parts = flat[:, :whole].T.reshape(-1, SUMMED_AT_ONCE, flat.shape[0])
    total = torch.bmm(parts.transpose(1, 2), parts).sum(0, dtype=torch.float32)
    rest = flat[:, whole:]
    return total + rest @ rest.T


def _wide(maps: Tensor) -> Tensor:
    return maps.float() if maps.dtype in _NARROW else maps


def without_border(mask: Tensor, inset: Inset) -> Tensor:
    """A mask (H, W) that is 0 within `inset` of the border."""
    height, width = mask.shape
    counted = torch.zeros_like(mask)
    inner = slice(inset[0], height - inset[0]), slice(inset[1], width - inset[1])
    counted[inner] = mask[inner]
    return counted


def layer_weights(mask: Tensor | None) -> dict[str, Tensor] | None:
    """The mask averaged over each layer's cells: what a position counts for in the sums.

    mask: (H, W) in [0, 1] or None. Returns a map (H // stride, W // stride) for each layer.
    """
    if mask is None:
        return None
    image = mask[None, None]
    by_stride = {
        stride: functional.avg_pool2d(image, stride).squeeze(0).squeeze(0) for stride in set(STRIDES.values())
    }
    return {layer: by_stride[stride] for layer, stride in STRIDES.items()}


def position_counts(
    layers: Iterable[str], weights: Mapping[str, Tensor] | None, height: int, width: int
) -> dict[str, float]:
    """What a Gram sum of each layer is divided by: its positions in height x width pixels that count, or the
    sum of their weights."""
    if weights is None:
        return {layer: float((height // STRIDES[layer]) * (width // STRIDES[layer])) for layer in layers}
    return {layer: max(float(weights[layer].sum()), 1e-12) for layer in layers}


def core_maps(
    maps: Tensor, tile: Tile, layer: str, weights: Mapping[str, Tensor] | None
) -> tuple[Tensor, Tensor | None]:
    """The positions of a layer's map that `tile` owns, and what each of them counts for. maps: of the tile's
    region."""
    rows, columns = tile.core(STRIDES[layer], *maps.shape[2:])
    core = maps[:, :, rows, columns]
    if weights is None:
        return core, None
    top = tile.rows.start // STRIDES[layer]
    left = tile.columns.start // STRIDES[layer]
    return core, weights[layer][
        top + rows.start : top + rows.stop, left + columns.start : left + columns.stop
    ]


def gram_matrices(features: Features, image: Tensor, tile: int | None) -> dict[str, Tensor]:
    """Spatially normalised Gram matrix of each style layer, without gradient.

    image: (1, 3, H, W), display-encoded [0, 1]. Returns (C, C) for each layer.
    """
    height, width = image.shape[2:]
    counts = position_counts(STYLE_LAYERS, None, height, width)
    sums: dict[str, Tensor] = {}
    with torch.no_grad():
        for part in tiles(height, width, tile, HALO):
            rows, columns = part.region
            maps = features(image[:, :, rows, columns], padding="replicate")
            for layer in STYLE_LAYERS:
                core, _ = core_maps(maps[layer], part, layer, None)
                found = gram_sum(core)
                sums[layer] = sums[layer] + found if layer in sums else found
    return {layer: total / counts[layer] for layer, total in sums.items()}


def mean_gram_matrices(
    features: Features, styles: Iterable[tuple[Tensor, float]], tile: int | None
) -> dict[str, Tensor]:
    """Weighted mean of the Gram matrices of several style images.

    styles: (image (1, 3, h, w), weight) pairs; the weights are divided by their sum.
    """
    weighted = list(styles)
    total = sum(weight for _, weight in weighted)
    result: dict[str, Tensor] = {}
    for image, weight in weighted:
        for layer, gram in gram_matrices(features, image, tile).items():
            part = gram * (weight / total)
            result[layer] = result[layer] + part if layer in result else part
    return result


class GramLoss:
    """share * |G - T|^2 / |T|^2 (Frobenius norms) for the mean G of a sum over positions, and its gradient.

    Written out: for nine style layers torch's own graph took a millisecond more, of a step's 25 at 256 px.
    """

    def __init__(self, target: Tensor, count: float, share: float) -> None:
        """target: (C, C), T. count: what the sum is divided by. share: what the loss counts for."""
        self._target, self._count = target, count
        self._scale = share / max(float(target.square().sum()), 1e-12)

    def loss_and_gradient(self, total: Tensor) -> tuple[Tensor, Tensor]:
        """total: (C, C), the sum. Returns a scalar, and the gradient with respect to the sum."""
        error = total / self._count - self._target
        loss = error.square().sum() * self._scale
        return loss, error.mul_(2.0 * self._scale / self._count)
