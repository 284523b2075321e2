"""A map less what lies about each of its positions: edges and shapes, whatever colours lie about.

What lies about is the mean over 5 x 5 cells of 8 x 8 positions, interpolated linearly between the cells'
centres. This is linear, and so written out with its transpose: as a graph of torch's it was a fifth of a step
of the embedded network.
"""

from __future__ import annotations

import sys
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from ..hardware.devices import convolves_channels_apart
from ..hardware.memory import is_out_of_memory
from .cuda_network import kernels_run
from .pooling import square_means

CELL = 8
"""Positions of a cell along each axis."""

CELLS_ABOUT = 2
"""Cells on either side of a cell's own over which the mean is taken."""

REACH = CELL * (CELLS_ABOUT + 1) + CELL // 2
"""Positions on either side that what lies about one is made of."""


def subtract_surroundings(maps: Tensor) -> Tensor:
    """Subtract from each position of `maps` the mean of what lies about it, in place.

    maps: (1, C, H, W), channels last in memory, H and W at least 16. Returns `maps`.
    """
    if _kernels_agree(maps.device):
        _subtract_by_kernels(maps)
    else:
        subtract_means(maps, cell_means(maps), 0)
    return maps


def subtract_surroundings_transposed(gradient: Tensor) -> Tensor:
    """The same for the transposed matrix: given the gradient of what `subtract_surroundings` returns, that of
    what it was given, in place. Returns `gradient`."""
    if _kernels_agree(gradient.device):
        _subtract_transposed_by_kernels(gradient)
    else:
        _subtract_transposed(gradient)
    return gradient


def _subtract_transposed(gradient: Tensor) -> None:
    of_cells = torch.zeros_like(gradient[:, :, : gradient.shape[2] // CELL, : gradient.shape[3] // CELL])
    add_of_cells(of_cells, gradient, 0)
    subtract_of_cells(gradient, of_cells, 0)


def _subtract_by_kernels(maps: Tensor) -> None:
    # Not above: Triton is not everywhere.
    from . import local_mean_kernels as surroundings_kernels

    means = _smoothed(cell_means(maps)).contiguous(memory_format=torch.channels_last)
    surroundings_kernels.subtract_interpolated(maps, means)


def _subtract_transposed_by_kernels(gradient: Tensor) -> None:
    from . import local_mean_kernels as surroundings_kernels

    of_means = _smoothed_transposed(surroundings_kernels.given_to_cells(gradient))
    of_means = of_means.contiguous(memory_format=torch.channels_last)
    surroundings_kernels.subtract_of_means(gradient, of_means)


@cache
def _kernels_agree(device: torch.device) -> bool:
    """Whether Triton's kernels run on this device, and find what torch's operators do, of a small map."""
    if not kernels_run(device):
        return False
    maps = torch.rand(1, 8, 27, 44, generator=torch.Generator().manual_seed(0)).to(device)
    maps = maps.contiguous(memory_format=torch.channels_last)
    found, wanted = maps.clone(), maps.clone()
    try:
        _subtract_by_kernels(found)
        _subtract_transposed_by_kernels(found)
    except Exception as reason:
        if is_out_of_memory(reason):
            raise
        print(f"Triton builds no kernels for surroundings here: {reason}", file=sys.stderr)
        return False
    subtract_means(wanted, cell_means(wanted), 0)
    _subtract_transposed(wanted)
    # Torch's convolutions on a GPU may have ten bits of fraction.
    agree = float((found - wanted).norm()) < 0.005 * float(wanted.norm())
    if not agree:
        print("Triton's kernels for surroundings are wrong here, and not taken", file=sys.stderr)
    return agree


def cell_means(maps: Tensor) -> Tensor:
    """The mean of each whole cell: (1, C, h, w) -> (1, C, h // 8, w // 8)."""
    return square_means(maps, CELL)


def subtract_means(maps: Tensor, cells: Tensor, first: int) -> None:
    """Subtract from some rows of a map, in place, the means of what lies about them.

    maps: (1, C, h, W), from row 8 * first of the whole map on, whole cells or down to its end. cells: the
    means of all of the whole map's cells, (1, C, H // 8, W // 8), of which those as far as three below are
    looked at.
    """
    rows, left_over = _by_cells(maps)
    last, whole = first + len(rows), cells.shape[2]
    low, high = max(0, first - 1), min(whole, last + 1)
    seen = slice(max(0, low - CELLS_ABOUT), min(whole, high + CELLS_ABOUT))
    means = _smoothed(cells[:, :, seen])[:, :, low - seen.start : high - seen.start]
    flat = _interpolated_across(means, maps.shape[3])
    # Where the map ends its last cell stands for the next one.
    about = torch.cat([flat[:1]] * (first == 0) + [flat] + [flat[-1:]] * (last == whole))
    three = about.as_strided((len(rows), 3, about.shape[1]), (about.shape[1], about.shape[1], 1))
    shares = _shares(rows.dtype, rows.device)
    rows.baddbmm_(shares.expand(len(rows), -1, -1), three, alpha=-1)
    left_over -= about[-1]


def add_of_cells(of_cells: Tensor, gradient: Tensor, first: int) -> None:
    """Add to the gradient of the whole map's cells, (1, C, H // 8, W // 8), in place, what follows from some
    rows of that of what `subtract_means` leaves. gradient, first: like its `maps` and `first`."""
    count, whole = gradient.shape[2] // CELL, of_cells.shape[2]
    sums = _given_to_cells(gradient[:, :, : count * CELL], 2)
    sums[:, :, -1] += gradient[:, :, count * CELL :].sum(2)
    begins, ends = first == 0, first + count == whole
    if begins:
        sums[:, :, 1] += sums[:, :, 0]
    if ends:
        sums[:, :, -2] += sums[:, :, -1]
    sums = sums[:, :, int(begins) : sums.shape[2] - ends]
    low = max(0, first - 1)
    of_cells[:, :, low : low + sums.shape[2]] += _interpolated_across_transposed(sums)


def subtract_of_cells(gradient: Tensor, of_cells: Tensor, first: int) -> None:
    """Subtract from some rows of a gradient, in place, their shares in what the cells' means are made of.
    gradient, first: as of `add_of_cells`; of_cells: complete as far as two cells below."""
    rows, _ = _by_cells(gradient)
    last, whole = first + len(rows), of_cells.shape[2]
    seen = slice(max(0, first - CELLS_ABOUT), min(whole, last + CELLS_ABOUT))
    found = _smoothed_transposed(of_cells[:, :, seen])[:, :, first - seen.start : last - seen.start]
    spread = functional.interpolate(found / CELL**2, scale_factor=(1, CELL), mode="nearest")
    flat = spread.permute(0, 2, 3, 1).reshape(len(rows), -1)
    rows[:, :, : flat.shape[1]].sub_(flat[:, None])


def _smoothed(cells: Tensor) -> Tensor:
    """The mean over the cells about each, the border's repeated. (1, C, h, w), likewise."""
    bordered = functional.pad(cells, (CELLS_ABOUT,) * 4, mode="replicate")
    side = 2 * CELLS_ABOUT + 1
    return functional.avg_pool2d(functional.avg_pool2d(bordered, (side, 1), stride=1), (1, side), stride=1)


def _smoothed_transposed(gradient: Tensor) -> Tensor:
    """The same for the transposed matrix. Torch's own would add up on a GPU in any order."""
    return _spread(_spread(gradient, 2), 3)


def _spread(gradient: Tensor, axis: int) -> Tensor:
    """Each cell's share of the means over the cells about it along an axis, the border's repeated."""
    length, reach = gradient.shape[axis], CELLS_ABOUT
    border = (0, 0, 2 * reach, 2 * reach) if axis == 2 else (2 * reach, 2 * reach)
    window = (2 * reach + 1, 1) if axis == 2 else (1, 2 * reach + 1)
    whole = functional.avg_pool2d(functional.pad(gradient, border), window, stride=1)
    inner = whole.narrow(axis, reach, length).clone()
    inner.narrow(axis, 0, 1).add_(whole.narrow(axis, 0, reach).sum(axis, keepdim=True))
    inner.narrow(axis, length - 1, 1).add_(whole.narrow(axis, reach + length, reach).sum(axis, keepdim=True))
    return inner


def _interpolated_across(cells: Tensor, width: int) -> Tensor:
    """Values at the cells' centres, (1, C, h, w), for each column: (h, width * C). Where rows end, their last
    cell stands for the next one and for what is left over."""
    rows = cells.permute(0, 2, 3, 1)[0]
    height, count, channels = rows.shape
    ended = torch.cat([rows[:, :1], rows, rows[:, -1:]], dim=1)
    three = ended.as_strided((height, count, 3 * channels), (ended.stride(0), channels, 1))
    # One product of copies: batches of overlapping ones take twice as long.
    shares = _shares_of_channels(channels, rows.dtype, rows.device)
    columns = (three.reshape(-1, 3 * channels) @ shares).view(height, -1)
    left_over = [rows[:, -1]] * (width - count * CELL)
    return torch.cat([columns, *left_over], dim=1) if left_over else columns


def _interpolated_across_transposed(gradient: Tensor) -> Tensor:
    """(1, C, h, width) -> (1, C, h, w): `_interpolated_across` for the transposed matrix."""
    whole = gradient.shape[3] // CELL * CELL
    cells = _given_to_cells(gradient[..., :whole], 3)
    cells[..., 1] += cells[..., 0]
    cells[..., -2] += cells[..., -1] + gradient[..., whole:].sum(-1)
    return cells[..., 1:-1]


def _given_to_cells(gradient: Tensor, axis: int) -> Tensor:
    """What each cell, one more before the first and one more after the last are given of the values along an
    axis that is interpolated between their centres, 2 or 3. gradient: (1, C, h, w), whole cells."""
    channels, length = gradient.shape[1], gradient.shape[axis]
    if not length:
        shape = [2 if each == axis else side for each, side in enumerate(gradient.shape)]
        return gradient.new_zeros(shape)
    if not convolves_channels_apart(gradient.device):
        return _given_to_cells_by_products(gradient, axis)
    weight = _windows(channels, axis, gradient.dtype, gradient.device)
    along = (CELL, 1) if axis == 2 else (1, CELL)
    padding = (2 * CELL, 0) if axis == 2 else (0, 2 * CELL)
    return functional.conv2d(gradient, weight, stride=along, padding=padding, groups=channels)


def _given_to_cells_by_products(gradient: Tensor, axis: int) -> Tensor:
    """The same of at least one cell, where each channel's convolution would take longer."""
    cells = gradient.unflatten(axis, (-1, CELL))
    found = cells.movedim(axis + 1, -1) @ _shares(gradient.dtype, gradient.device)
    shape = [*gradient.shape]
    shape[axis] = cells.shape[axis] + 2
    given = gradient.new_zeros(shape)
    for step in range(3):
        given.narrow(axis, step, cells.shape[axis]).add_(found[..., step])
    return given


def _by_cells(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Views of some rows of a map: those of whole cells, (n, 8, W C), and those left over, (h, W C)."""
    if not maps.is_contiguous(memory_format=torch.channels_last):
        raise ValueError("changed in place, so channels last in memory are needed")
    rows = maps.permute(0, 2, 3, 1).view(maps.shape[2], -1)
    count = maps.shape[2] // CELL
    return rows[: count * CELL].view(count, CELL, -1), rows[count * CELL :]


@cache
def _shares(dtype: torch.dtype, device: torch.device) -> Tensor:
    """What a cell's rows are made of, linearly between centres: of the cell above, their own, the one below.
    (8, 3)."""
    place = (torch.arange(CELL, device=device, dtype=dtype) + 0.5) / CELL - 0.5
    above, below = (-place).clamp_min(0), place.clamp_min(0)
    return torch.stack([above, 1 - above - below, below], dim=1)


@cache
def _shares_of_channels(channels: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """The same of a cell's columns, the channels of each beside each other: (3 C, 8 C)."""
    unit = torch.eye(channels, dtype=dtype, device=device)
    return torch.kron(_shares(dtype, device), unit).T.contiguous()


@cache
def _windows(channels: int, axis: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """What a cell is given, along axis 2 or 3, by its own values and those of the cells about it:
    (C, 1, 24, 1) or (C, 1, 1, 24)."""
    window = _shares(dtype, device).flip(1).T.reshape(-1)
    return window.view((1, 1, -1, 1) if axis == 2 else (1, 1, 1, -1)).repeat(channels, 1, 1, 1)
