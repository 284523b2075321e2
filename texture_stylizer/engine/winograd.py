"""3 x 3 convolutions by fewer products than 9 a result, as in Winograd 1980 and Lavin & Gray 2016.

Maps go by F(2 x 2, 3 x 3), with 4 products a result; their gradients, and the deepest maps, by
F(4 x 4, 3 x 3), with 2.25. In bfloat16 the first is off by 0.7 % of the norm, the second by 2 %, the direct
way by 0.2 %. A gradient bears that, for it is only passed on; near the end of a run a Gram matrix is off its
target by little more.

Where maps are wide these products are most of the work, and torch's convolutions on a processor make all of
them: with 512 channels this takes 0.65 and 0.5 of their time. GPUs' libraries have their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

FEWEST_CHANNELS, WIDE = 128, 256
"""Channels on the narrower and on the wider side from which the saved products outweigh the transforms:
between 128 channels and 128 nothing is gained."""

DEEP = 512
"""Channels on the narrower side from which maps go by F(4 x 4, 3 x 3) as well: a thirtieth of a step less.
In VGG19's shape only relu5_1's Gram matrix and the content come after these, whose errors stay large; forced
on all layers the gradient's cosine with float64's fell to 0.990 within a run, on these alone to 0.993."""

STRIP_BYTES = 8 * 2**20
"""Transformed maps made at once: more would leave the processor's cache."""


def is_worthwhile(weight: Tensor) -> bool:
    """Whether a convolution with this weight, (D, C, 3, 3), is faster this way."""
    narrower, wider = sorted(weight.shape[:2])
    return weight.device.type == "cpu" and narrower >= FEWEST_CHANNELS and wider >= WIDE


def transform(weight: Tensor) -> Tensor:
    """(D, C, 3, 3) -> (16 or 36, C, D), as `correlate` takes it."""
    return _transform(weight, _FOUR if min(weight.shape[:2]) >= DEEP else _TWO)


def transform_turned(weight: Tensor) -> Tensor:
    """(D, C, 3, 3) -> (36, D, C), as `gradient` takes it."""
    return _transform(weight.transpose(0, 1).flip(2, 3), _FOUR)


def correlate(maps: Tensor, transformed: Tensor, bias: Tensor) -> Tensor:
    """The 3 x 3 convolution of `maps` where it lies within them, as `conv2d` gives it.

    maps: (1, C, H, W), at least 3 x 3; transformed: (16 or 36, C, D); bias: (D,). Returns
    (1, D, H - 2, W - 2).
    """
    scheme = _TWO if len(transformed) == 16 else _FOUR
    height, width = (side - 2 for side in maps.shape[2:])
    more = -height % scheme.results, -width % scheme.results
    if any(more):
        maps = functional.pad(maps, (0, more[1], 0, more[0]))
    result = _by_strips(maps, transformed, bias, scheme)
    # A view could not be changed in place by what follows.
    return result[:, :, :height, :width].clone(memory_format=torch.channels_last) if any(more) else result


def gradient(of_result: Tensor, transformed: Tensor) -> Tensor:
    """The gradient of what `correlate` was given, as `conv_transpose2d` gives it.

    of_result: (1, D, H, W); transformed: (36, D, C). Returns (1, C, H + 2, W + 2).
    """
    height, width = (side + 2 for side in of_result.shape[2:])
    more = -height % _FOUR.results, -width % _FOUR.results
    padded = functional.pad(of_result, (2, 2 + more[1], 2, 2 + more[0]))
    return _by_strips(padded, transformed, None, _FOUR)[:, :, :height, :width]


class _Scheme(NamedTuple):
    """Results along an axis that are made together; what is multiplied for them is two more.

    of_weights: (results + 2, 3). of_maps: an axis of results * n + 2 positions becomes one of n, with as many
    maps as products in front. of_products: along the first axis, (results + 2, ...) into (results, ...).
    """

    results: int
    of_weights: tuple[tuple[float, float, float], ...]
    of_maps: Callable[[Tensor, int], Tensor]
    of_products: Callable[[Tensor, Tensor], None]


def _transform(weight: Tensor, scheme: _Scheme) -> Tensor:
    """(D, C, 3, 3) -> (products, C, D)."""
    precise = weight if weight.dtype == torch.float64 else weight.float()
    matrix = torch.tensor(scheme.of_weights, dtype=precise.dtype, device=weight.device)
    found = torch.einsum("jl,dckl,ik->jicd", matrix, precise, matrix)
    return found.flatten(0, 1).to(weight.dtype).contiguous()


def _by_strips(maps: Tensor, transformed: Tensor, bias: Tensor | None, scheme: _Scheme) -> Tensor:
    """The convolution for sides that are two more than a multiple of the scheme's results."""
    results, sides = scheme.results, scheme.results + 2
    height, width = (side - 2 for side in maps.shape[2:])
    shape = 1, transformed.shape[2], height, width
    result = torch.empty(shape, dtype=maps.dtype, memory_format=torch.channels_last)
    source, target = (tensor.permute(0, 2, 3, 1)[0] for tensor in (maps, result))
    row_bytes = sides**2 * (width // results) * maps.shape[1] * maps.element_size()
    step = results * max(1, STRIP_BYTES // row_bytes)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        seen = scheme.of_maps(scheme.of_maps(source[top : bottom + 2], 0), 2)
        products = torch.bmm(seen.view(sides**2, -1, seen.shape[-1]), transformed)
        products = products.view(*seen.shape[:-1], -1)
        down, across = products.shape[2:4]
        strips = products.new_empty(results, *products.shape[1:])
        scheme.of_products(products, strips)
        squares = target[top:bottom].view(down, results, across, results, -1)
        scheme.of_products(strips.transpose(0, 1), squares.permute(1, 3, 0, 2, 4))
        if bias is not None:
            target[top:bottom] += bias
    return result


def _two_of_maps(maps: Tensor, axis: int) -> Tensor:
    first, second, third, fourth = maps.unfold(axis, 4, 2).unbind(-1)
    result = maps.new_empty((4, *first.shape))
    torch.sub(first, third, out=result[0])
    torch.add(second, third, out=result[1])
    torch.sub(third, second, out=result[2])
    torch.sub(second, fourth, out=result[3])
    return result


def _two_of_products(four: Tensor, two: Tensor) -> None:
    torch.add(four[0], four[1], out=two[0]).add_(four[2])
    torch.sub(four[1], four[2], out=two[1]).sub_(four[3])


_TWO = _Scheme(
    2,
    ((1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.0, 0.0, 1.0)),
    _two_of_maps,
    _two_of_products,
)
"""F(2, 3), with the points 0, 1, -1 and infinity."""

_POINT = math.sqrt(0.5)


def _four_of_maps(maps: Tensor, axis: int) -> Tensor:
    d0, d1, d2, d3, d4, d5 = maps.unfold(axis, 6, 4).unbind(-1)
    result = maps.new_empty((6, *d0.shape))
    torch.add(d0, d2, alpha=-2.5, out=result[0]).add_(d4)
    even, odd = torch.sub(d4, d2, alpha=2.0), torch.sub(d3, d1, alpha=2.0)
    torch.add(even, odd, alpha=_POINT, out=result[1])
    torch.sub(even, odd, alpha=_POINT, out=result[2])
    torch.sub(d4, d2, alpha=0.5, out=even)
    torch.sub(d3, d1, alpha=0.5, out=odd)
    torch.add(even, odd, alpha=2.0 * _POINT, out=result[3])
    torch.sub(even, odd, alpha=2.0 * _POINT, out=result[4])
    torch.add(d1, d3, alpha=-2.5, out=result[5]).add_(d5)
    return result


def _four_of_products(six: Tensor, four: Tensor) -> None:
    near_sum, near_difference = six[1] + six[2], six[1] - six[2]
    far_sum, far_difference = six[3] + six[4], six[3] - six[4]
    torch.add(near_sum, far_sum, out=four[0]).add_(six[0])
    torch.add(near_difference, far_difference, alpha=2.0, out=four[1]).mul_(_POINT)
    torch.add(near_sum, far_sum, alpha=4.0, out=four[2]).mul_(0.5)
    near_difference.add_(far_difference, alpha=8.0)
    torch.add(six[5], near_difference, alpha=0.5 * _POINT, out=four[3])


def _weights_at(points: tuple[float, ...]) -> tuple[tuple[float, float, float], ...]:
    """For some points and infinity: each one's powers over its distances from the others (Toom & Cook)."""
    rows = []
    for point in points:
        distances = math.prod(point - other for other in points if other != point)
        rows.append((1.0 / distances, point / distances, point**2 / distances))
    return (*rows, (0.0, 0.0, 1.0))


_FOUR = _Scheme(
    4,
    _weights_at((0.0, _POINT, -_POINT, 2.0 * _POINT, -2.0 * _POINT)),
    _four_of_maps,
    _four_of_products,
)
"""F(4, 3). With the points 0, 1, -1, 2 and -2 of Lavin & Gray bfloat16 would be off by 4 %."""
