"""3 x 3 convolutions by a quarter of the products: F(4 x 4, 3 x 3) of Winograd 1980 and Lavin & Gray 2016.

Squares of 4 x 4 results are made together, of the 6 x 6 values that they see, with 2.25 products a result
instead of 9. What comes before these products and after them is a matrix for each square: rounded once, where
sums along one axis and then the other are rounded at each. In bfloat16 a result is off by 1.5 % of the norm,
the direct way by 0.2 %.

Where maps are wide the products are most of the work, and torch's convolutions on a processor make all of
them: with 512 channels this takes half of their time. GPUs' libraries have their own.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

FEWEST_CHANNELS, FEWEST_FOR_MAPS = 128, 512
"""From which the saved products outweigh the rest for gradients, and what is lost for maps.

A gradient made so is none the worse: its cosine with float64's is the same to 0.0002. With all maps from a
quarter of VGG19's channels on it fell by 0.007, from half of them by 0.005, with the deepest alone by 0.001
(means, after 20 steps and more, of a network a quarter as wide).
"""

RESULTS, SIDE = 4, 6
"""Results along each axis that are made together, and the values that they see."""

SQUARES_AT_ONCE = 256
"""What is made of more leaves the processor's cache; with fewer its matrix units have too little to do."""

_POINTS = (0.0, math.sqrt(0.5), -math.sqrt(0.5), math.sqrt(2.0), -math.sqrt(2.0))
"""With 0, 1, -1, 2 and -2, as in Lavin & Gray, bfloat16 would be off by twice as much."""


def is_worthwhile(weight: Tensor, *, for_maps: bool) -> bool:
    """Whether a convolution with this weight, (D, C, 3, 3), is better made this way."""
    fewest = FEWEST_FOR_MAPS if for_maps else FEWEST_CHANNELS
    return weight.device.type == "cpu" and min(weight.shape[:2]) >= fewest


def transform(weight: Tensor) -> Tensor:
    """(D, C, 3, 3) -> (36, C, D), as `convolve` takes it."""
    precise = weight if weight.dtype == torch.float64 else weight.float()
    found = torch.einsum("pk,dck->pcd", _OF_WEIGHTS.to(precise), precise.flatten(2))
    return found.to(weight.dtype).contiguous()


def missing(height: int, width: int) -> tuple[int, int]:
    """Rows and columns that so many results lack to be whole squares."""
    return -height % RESULTS, -width % RESULTS


def convolve(maps: Tensor, transformed: Tensor, bias: Tensor | None = None) -> Tensor:
    """The convolution of maps where it lies within them; with a bias, (D,), what is positive of its results.

    maps: (1, C, 4 n + 2, 4 m + 2); transformed: (36, C, D). Returns (1, D, 4 n, 4 m), channels last in
    memory.
    """
    down, across = (side // RESULTS for side in maps.shape[2:])
    filters = transformed.shape[2]
    shape = 1, filters, down * RESULTS, across * RESULTS
    result = torch.empty(shape, dtype=maps.dtype, memory_format=torch.channels_last)
    source, target = (tensor.permute(0, 2, 3, 1)[0] for tensor in (maps, result))
    at_once = max(1, SQUARES_AT_ONCE // across)
    for first in range(0, down, at_once):
        last = min(first + at_once, down)
        found = _squares(source[RESULTS * first : RESULTS * last + 2], transformed, bias)
        found = found.view(last - first, across, RESULTS, RESULTS, filters).transpose(1, 2)
        rows = target[RESULTS * first : RESULTS * last].view(found.shape)
        if bias is None:
            rows.copy_(found)
        else:
            torch.clamp(found, min=0, out=rows)
    return result


def _squares(rows: Tensor, transformed: Tensor, bias: Tensor | None) -> Tensor:
    """Some rows of maps (4 n + 2, 4 m + 2, C), and the weights (36, C, D), to squares of results
    (n * m, 16, D)."""
    patches = rows.unfold(0, SIDE, RESULTS).unfold(1, SIDE, RESULTS).permute(0, 1, 3, 4, 2)
    patches = patches.reshape(-1, SIDE**2, rows.shape[2])
    of_maps, of_products = (m.to(rows.dtype).expand(len(patches), -1, -1) for m in (_OF_MAPS, _OF_PRODUCTS))
    factors = torch.bmm(of_maps, patches)
    if bias is None:
        products = torch.bmm(factors.transpose(0, 1), transformed)
    else:
        # One more product, which every result has.
        products = torch.empty(SIDE**2 + 1, len(patches), transformed.shape[2], dtype=rows.dtype)
        torch.bmm(factors.transpose(0, 1), transformed, out=products[:-1])
        products[-1] = bias
        of_products = functional.pad(of_products, (0, 1), value=1.0)
    return torch.bmm(of_products, products.transpose(0, 1))


def _for_both_axes(matrix: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(np.kron(matrix, matrix))


def _polynomials() -> NDArray[np.float64]:
    """(6, 6): of six values the six factors. A point's row has the other points as roots (Toom & Cook)."""
    rows = np.zeros((SIDE, SIDE))
    for row, point in enumerate(_POINTS):
        rows[row, :-1] = np.poly([other for other in _POINTS if other != point])[::-1]
    rows[-1] = np.poly(_POINTS)[::-1]
    return rows


def _weights_at_points() -> NDArray[np.float64]:
    """(6, 3): of three weights the six factors; a row for each point and one for infinity, as below."""
    rows = np.zeros((SIDE, 3))
    for row, point in enumerate(_POINTS):
        distances = math.prod(point - other for other in _POINTS if other != point)
        rows[row] = np.power(point, np.arange(3)) / distances
    rows[-1, -1] = 1.0
    return rows


def _powers() -> NDArray[np.float64]:
    """(4, 6): of six products the four results."""
    rows = np.zeros((RESULTS, SIDE))
    rows[:, :-1] = np.power.outer(np.array(_POINTS), np.arange(RESULTS)).T
    rows[-1, -1] = 1.0
    return rows


_OF_MAPS = _for_both_axes(_polynomials())
"""(36, 36): of a patch's values the factors."""

_OF_WEIGHTS = _for_both_axes(_weights_at_points())
"""(36, 9): of a kernel's weights the factors."""

_OF_PRODUCTS = _for_both_axes(_powers())
"""(16, 36): of the products the results."""
