"""Triton kernels for `local_mean` on an NVIDIA GPU: each goes through a map once.

Maps are (1, C, H, W), channels last in memory, and have (1, C, H // 8, W // 8) cells of 8 x 8 positions,
likewise.
"""

# The kernels' sizes are constants to Triton and numbers to who calls them.
# pyright: reportArgumentType=false, reportCallIssue=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

_VALUES = 1024
"""That one program works on."""

_SIZES = ["height", "width", "rows", "columns", "channels"]


def subtract_interpolated(maps: Tensor, means: Tensor) -> None:
    """Subtract from a map, in place, values at its cells' centres, interpolated linearly between them."""
    _check(maps, means)
    channels, height, width = maps.shape[1:]
    grid = height, triton.cdiv(width * channels, _VALUES)
    _subtract_interpolated[grid](maps, means, width, *means.shape[2:], channels, _VALUES)


def given_to_cells(gradient: Tensor) -> Tensor:
    """The gradient of the values at the cells' centres, given that of what is interpolated between them."""
    _check(gradient)
    channels, height, width = gradient.shape[1:]
    rows, columns = height // 8, width // 8
    by_rows = torch.empty(rows, width * channels, dtype=torch.float32, device=gradient.device)
    grid = rows, triton.cdiv(width * channels, _VALUES)
    _given_to_rows[grid](gradient, by_rows, height, rows, width * channels, _VALUES)
    shape = 1, channels, rows, columns
    result = torch.empty(
        shape, dtype=gradient.dtype, device=gradient.device, memory_format=torch.channels_last
    )
    grid = rows, triton.cdiv(columns * channels, _VALUES)
    _given_to_columns[grid](by_rows, result, width, columns, channels, _VALUES)
    return result


def subtract_of_means(gradient: Tensor, of_means: Tensor) -> None:
    """Subtract from a map's gradient, in place, what follows from that of its cells' means."""
    _check(gradient, of_means)
    channels, height, width = gradient.shape[1:]
    grid = height // 8 * 8, triton.cdiv(width // 8 * 8 * channels, _VALUES)
    _subtract_of_means[grid](gradient, of_means, width, width // 8, channels, _VALUES)


def _check(*maps: Tensor) -> None:
    if not all(each.is_contiguous(memory_format=torch.channels_last) for each in maps):
        raise ValueError("the kernels read maps that are channels last in memory")


@triton.jit
def _place(position, count):
    """Where a position lies among its axis's cells' centres, which end what they are interpolated between."""
    return tl.minimum(tl.maximum((position.to(tl.float32) + 0.5) / 8 - 0.5, 0.0), count - 1.0)


@triton.jit(do_not_specialize=_SIZES)
def _subtract_interpolated(maps, means, width, rows, columns, channels, COUNT: tl.constexpr):
    row = tl.program_id(0)
    value = tl.program_id(1) * COUNT + tl.arange(0, COUNT)
    inside = value < width * channels
    across, down = _place(value // channels, columns), _place(row, rows)
    left, above = across.to(tl.int32), down.to(tl.int32)
    right, below = tl.minimum(left + 1, columns - 1), tl.minimum(above + 1, rows - 1)
    channel = value % channels
    upper, lower = means + above * columns * channels + channel, means + below * columns * channels + channel
    one = tl.load(upper + left * channels, inside, 0.0).to(tl.float32)
    two = tl.load(upper + right * channels, inside, 0.0).to(tl.float32)
    three = tl.load(lower + left * channels, inside, 0.0).to(tl.float32)
    four = tl.load(lower + right * channels, inside, 0.0).to(tl.float32)
    part = across - left.to(tl.float32)
    high, low = one + part * (two - one), three + part * (four - three)
    about = high + (down - above.to(tl.float32)) * (low - high)
    place = maps + row.to(tl.int64) * width * channels + value
    found = tl.load(place, inside, 0.0).to(tl.float32) - about
    tl.store(place, found.to(maps.dtype.element_ty), inside)


@triton.jit(do_not_specialize=["height", "rows", "values"])
def _given_to_rows(gradient, result, height, rows, values, COUNT: tl.constexpr):
    cell = tl.program_id(0)
    value = tl.program_id(1) * COUNT + tl.arange(0, COUNT)
    inside = value < values
    total = tl.zeros([COUNT], tl.float32)
    # All rows below the last cell are given to it.
    stop = tl.where(cell == rows - 1, height, cell * 8 + 12)
    for row in range(tl.maximum(cell * 8 - 4, 0), stop):
        share = 1.0 - tl.abs(_place(row + 0 * cell, rows) - cell)
        given = tl.load(gradient + tl.cast(row, tl.int64) * values + value, inside, 0.0)
        total += share * given.to(tl.float32)
    tl.store(result + cell.to(tl.int64) * values + value, total, inside)


@triton.jit(do_not_specialize=_SIZES)
def _given_to_columns(by_rows, result, width, columns, channels, COUNT: tl.constexpr):
    row = tl.program_id(0)
    value = tl.program_id(1) * COUNT + tl.arange(0, COUNT)
    inside = value < columns * channels
    cell, channel = value // channels, value % channels
    total = tl.zeros([COUNT], tl.float32)
    # Sixteen columns share in a cell, the last seven at most as well in its last one.
    for step in range(-4, 20):
        column = cell * 8 + step
        share = tl.maximum(1.0 - tl.abs(_place(column, columns) - cell.to(tl.float32)), 0.0)
        start = by_rows + row.to(tl.int64) * width * channels + column * channels + channel
        total += share * tl.load(start, inside & (column >= 0) & (column < width), 0.0)
    tl.store(result + row * columns * channels + value, total.to(result.dtype.element_ty), inside)


@triton.jit(do_not_specialize=_SIZES)
def _subtract_of_means(gradient, of_means, width, columns, channels, COUNT: tl.constexpr):
    row = tl.program_id(0)
    value = tl.program_id(1) * COUNT + tl.arange(0, COUNT)
    inside = value < columns * 8 * channels
    cell = (row // 8) * columns + value // (8 * channels)
    share = tl.load(of_means + cell * channels + value % channels, inside, 0.0).to(tl.float32) / 64
    place = gradient + row.to(tl.int64) * width * channels + value
    found = tl.load(place, inside, 0.0).to(tl.float32) - share
    tl.store(place, found.to(gradient.dtype.element_ty), inside)
