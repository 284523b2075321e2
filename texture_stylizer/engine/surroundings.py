"""A map less what lies about each of its positions: edges and shapes, whatever colours lie about.

What lies about is the mean over 5 x 5 cells of 8 x 8 positions, interpolated linearly between the cells'
centres. This is linear, and so written out with its transpose: as a graph of torch's it was a fifth of a step
of the embedded network.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_CELL = 8
_CELLS_ABOUT = 2

REACH = _CELL * (_CELLS_ABOUT + 1) + _CELL // 2
"""Positions on either side that what lies about one is made of."""


def subtract_surroundings(maps: Tensor) -> Tensor:
    """Subtract from each position of `maps` the mean of what lies about it, in place.

    maps: (1, C, H, W), channels last in memory, H and W at least 16. Returns `maps`.
    """
    means = _interpolated_across(_smoothed(functional.avg_pool2d(maps, _CELL)), maps.shape[3])
    above, between, below = _rows(maps)
    flat = means.permute(0, 2, 3, 1).reshape(means.shape[2], -1)
    above -= flat[0]
    between.baddbmm_(
        _shares(between).expand(len(between), -1, -1), torch.stack([flat[:-1], flat[1:]], dim=1), alpha=-1
    )
    below -= flat[-1]
    return maps


def subtract_surroundings_transposed(gradient: Tensor) -> Tensor:
    """The same for the transposed matrix: given the gradient of what `subtract_surroundings` returns, that of
    what it was given, in place. Returns `gradient`."""
    height, width = gradient.shape[2:]
    above, between, below = _rows(gradient)
    wanted = gradient.new_zeros(height // _CELL, above.shape[1])
    wanted[0] += above.sum(0)
    pairs = _shares(between).T @ between
    wanted[:-1] += pairs[:, 0]
    wanted[1:] += pairs[:, 1]
    wanted[-1] += below.sum(0)
    of_means = wanted.view(1, -1, width, gradient.shape[1]).permute(0, 3, 1, 2)
    of_cells = _smoothed_transposed(_interpolated_across_transposed(of_means))
    spread = functional.interpolate(of_cells / _CELL**2, scale_factor=(1, _CELL), mode="nearest")
    flat = spread.permute(0, 2, 3, 1).reshape(of_cells.shape[2], -1)
    inner = gradient.permute(0, 2, 3, 1).view(height, -1)[: len(flat) * _CELL, : flat.shape[1]]
    inner.unflatten(0, (-1, _CELL)).sub_(flat[:, None])
    return gradient


def _smoothed(cells: Tensor) -> Tensor:
    """The mean over the cells about each, the border's repeated. (1, C, h, w), likewise."""
    bordered = functional.pad(cells, (_CELLS_ABOUT,) * 4, mode="replicate")
    side = 2 * _CELLS_ABOUT + 1
    return functional.avg_pool2d(functional.avg_pool2d(bordered, (side, 1), stride=1), (1, side), stride=1)


def _smoothed_transposed(gradient: Tensor) -> Tensor:
    """The same for the transposed matrix. Torch's own would add up on a GPU in any order."""
    return _spread(_spread(gradient, 2), 3)


def _spread(gradient: Tensor, axis: int) -> Tensor:
    """Each cell's share of the means over the cells about it along an axis, the border's repeated."""
    length, reach = gradient.shape[axis], _CELLS_ABOUT
    border = (0, 0, 2 * reach, 2 * reach) if axis == 2 else (2 * reach, 2 * reach)
    window = (2 * reach + 1, 1) if axis == 2 else (1, 2 * reach + 1)
    whole = functional.avg_pool2d(functional.pad(gradient, border), window, stride=1)
    inner = whole.narrow(axis, reach, length).clone()
    inner.narrow(axis, 0, 1).add_(whole.narrow(axis, 0, reach).sum(axis, keepdim=True))
    inner.narrow(axis, length - 1, 1).add_(whole.narrow(axis, reach + length, reach).sum(axis, keepdim=True))
    return inner


def _interpolated_across_transposed(gradient: Tensor) -> Tensor:
    """(1, C, h, width) -> (1, C, h, w): `_interpolated_across` for the transposed matrix."""
    count = gradient.shape[3] // _CELL
    first, last = _CELL // 2, count * _CELL - _CELL // 2
    cells = torch.zeros_like(gradient[..., :count])
    cells[..., 0] += gradient[..., :first].sum(-1)
    pairs = gradient[..., first:last].unflatten(3, (-1, _CELL)) @ _shares(gradient)
    cells[..., :-1] += pairs[..., 0]
    cells[..., 1:] += pairs[..., 1]
    cells[..., -1] += gradient[..., last:].sum(-1)
    return cells


def _interpolated_across(cells: Tensor, width: int) -> Tensor:
    """Values at the cells' centres, (1, C, h, w), for each column, (1, C, h, width)."""
    wide = functional.interpolate(cells, scale_factor=(1, _CELL), mode="bilinear")
    left_over = width - wide.shape[3]
    return functional.pad(wide, (0, left_over, 0, 0), mode="replicate") if left_over else wide


def _rows(maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Views of a map: the rows above the first cells' centre, (4, W C), those between the centres of the i-th
    cells and the next, (n - 1, 8, W C), and those below the last cells' centre."""
    if not maps.is_contiguous(memory_format=torch.channels_last):
        raise ValueError("changed in place, so channels last in memory are needed")
    flat = maps.permute(0, 2, 3, 1).view(maps.shape[2], -1)
    first, last = _CELL // 2, maps.shape[2] // _CELL * _CELL - _CELL // 2
    return flat[:first], flat[first:last].view(-1, _CELL, flat.shape[1]), flat[last:]


def _shares(like: Tensor) -> Tensor:
    """What two cells count for in each of the positions between their centres: (8, 2)."""
    second = (torch.arange(_CELL, device=like.device, dtype=like.dtype) + 0.5) / _CELL
    return torch.stack([1 - second, second], dim=1)
