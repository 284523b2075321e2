"""3 x 3 convolutions with 16 products for four results instead of 36: Winograd's F(2 x 2, 3 x 3), as in
Lavin & Gray 2016.

Where maps are wide these products are most of the work, and torch's convolutions on a processor make all of
them: with 512 channels this takes 0.6 of their time, with 256 channels 0.75. GPUs' libraries have their own.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

FEWEST_CHANNELS, WIDE = 128, 256
"""Channels on the narrower and on the wider side from which the saved products outweigh the transforms:
between 128 channels and 128 nothing is gained."""

STRIP_BYTES = 8 * 2**20
"""Transformed maps made at once: more would leave the processor's cache."""

_OF_WEIGHTS = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.0, 0.0, 1.0))


def is_worthwhile(weight: Tensor) -> bool:
    """Whether a convolution with this weight, (D, C, 3, 3), is faster this way."""
    narrower, wider = sorted(weight.shape[:2])
    return weight.device.type == "cpu" and narrower >= FEWEST_CHANNELS and wider >= WIDE


def transform(weight: Tensor) -> Tensor:
    """(D, C, 3, 3) -> (16, C, D), as `correlate` takes it."""
    precise = weight if weight.dtype == torch.float64 else weight.float()
    matrix = torch.tensor(_OF_WEIGHTS, dtype=precise.dtype, device=weight.device)
    found = torch.einsum("jl,dckl,ik->jicd", matrix, precise, matrix)
    return found.flatten(0, 1).to(weight.dtype).contiguous()


def correlate(maps: Tensor, transformed: Tensor, bias: Tensor | None = None) -> Tensor:
    """The 3 x 3 convolution of `maps` where it lies within them, as `conv2d` gives it.

    maps: (1, C, H, W), at least 3 x 3; transformed: (16, C, D); bias: (D,). Returns (1, D, H - 2, W - 2).
    """
    height, width = (side - 2 for side in maps.shape[2:])
    odd = height % 2, width % 2
    if any(odd):
        maps = functional.pad(maps, (0, odd[1], 0, odd[0]))
    shape = 1, transformed.shape[2], height + odd[0], width + odd[1]
    result = torch.empty(shape, dtype=maps.dtype, memory_format=torch.channels_last)
    source, target = (tensor.permute(0, 2, 3, 1)[0] for tensor in (maps, result))
    row_bytes = 16 * (shape[3] // 2) * maps.shape[1] * maps.element_size()
    step = 2 * max(1, STRIP_BYTES // row_bytes)
    for top in range(0, shape[2], step):
        bottom = min(top + step, shape[2])
        seen = _transform_maps(source[top : bottom + 2])
        products = torch.bmm(seen.view(16, -1, seen.shape[-1]), transformed)
        products = products.view(*seen.shape[:-1], -1)
        if bias is not None:
            # This product has the sign + in all four results.
            products[1, 1] += bias
        _transform_products(products, target[top:bottom])
    if any(odd):
        # A view could not be changed in place by what follows.
        return result[:, :, :height, :width].clone(memory_format=torch.channels_last)
    return result


def _transform_maps(rows: Tensor) -> Tensor:
    """B^T d B of squares of 4 x 4, two apart: (2 h + 2, 2 w + 2, C) -> (4, 4, h, w, C)."""
    return _differences(_differences(rows, 0), 2)


def _differences(maps: Tensor, axis: int) -> Tensor:
    """B^T along an axis of 2 n + 2 positions. Returns what comes of it in front: (4, ..., n, ...)."""
    first, second, third, fourth = maps.unfold(axis, 4, 2).unbind(-1)
    result = maps.new_empty((4, *first.shape))
    torch.sub(first, third, out=result[0])
    torch.add(second, third, out=result[1])
    torch.sub(third, second, out=result[2])
    torch.sub(second, fourth, out=result[3])
    return result


def _transform_products(products: Tensor, rows: Tensor) -> None:
    """A^T m A: (4, 4, h, w, D) into the rows that they make, (2 h, 2 w, D)."""
    down, across = products.shape[2:4]
    halves = products.new_empty(2, *products.shape[1:])
    _add_up(products, halves)
    _add_up(halves.transpose(0, 1), rows.view(down, 2, across, 2, -1).permute(1, 3, 0, 2, 4))


def _add_up(four: Tensor, two: Tensor) -> None:
    """A^T along the first axis: (4, ...) into (2, ...)."""
    torch.add(four[0], four[1], out=two[0]).add_(four[2])
    torch.sub(four[1], four[2], out=two[1]).sub_(four[3])
