"""Triton kernels for what lies between two convolutions on an NVIDIA GPU: borders, pooling, their gradients.

A step of torch's own operators moves every map a dozen times more than these, and memory is what they wait
for: with VGG19's widths at 4096 x 4096 px they took 150 of a step's 196 ms on one H200.

All maps are (1, C, H, W), channels last in memory, C a multiple of 8: a thread moves eight channels, 16 bytes
of bfloat16, at a time. Triton comes with torch's CUDA builds for Linux.
"""

# The kernels' sizes are constants to Triton and numbers to who calls them.
# pyright: reportArgumentType=false, reportCallIssue=false

from __future__ import annotations

import os

# A product and a sum in one, as always until now: where this is unset, Triton warns that it will change.
os.environ.setdefault("TRITON_DEFAULT_FP_FUSION", "1")

import torch
import triton
import triton.language as tl
from torch import Tensor

CHANNELS_AT_ONCE = 8

_OCTETS = 512
"""Eights of channels that one program works on."""

_COLUMNS = 128
"""Pixels of a row whose first maps one program makes."""

_SIZES = ["height", "width", "maps_width", "octets"]
"""Sizes for which no kernel is compiled anew."""


def first_maps(image: Tensor, mean: Tensor, std: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The rectified first convolution of (image - mean) / std with its border repeated, (1, D, H, W).

    image: (1, 3, H, W); mean, std: (1, 3, 1, 1); weight: (D, 3, 3, 3); bias: (D,). What rounding to the
    weight's type takes from the image goes through the same weights. cuDNN has no fast way for so few
    channels: it took 13 of a step's 68 ms.
    """
    height, width = image.shape[2:]
    filters = weight.shape[0]
    result = _empty(image, filters, height, width, weight.dtype)
    # A row for each of a pixel's inputs: nine places of three colours, and of what was lost of them.
    by_place = weight.permute(2, 3, 1, 0).reshape(9, 3, filters)
    matrix = torch.cat([by_place, by_place], dim=1).reshape(54, filters).contiguous()
    means, deviations = (tensor.float().flatten() for tensor in (mean, std))
    _, *strides = image.stride()
    at_once = min(64, max(16, triton.next_power_of_2(filters)))
    precision = "ieee" if weight.dtype == torch.float32 else "tf32"
    grid = height, triton.cdiv(width, _COLUMNS), triton.cdiv(filters, at_once)
    _first_maps[grid](
        image, means, deviations, matrix, bias, result, height, width, *strides,
        filters // CHANNELS_AT_ONCE, _COLUMNS, at_once, precision,
    )  # fmt: skip
    return result


def bordered(maps: Tensor, *, pooled: bool) -> Tensor:
    """Maps with their border repeated, (1, C, H + 2, W + 2), or their means of 2 x 2 with theirs, (1, C,
    H // 2 + 2, W // 2 + 2)."""
    _check(maps)
    channels, height, width = maps.shape[1:]
    if pooled:
        height, width = height // 2, width // 2
    result = _empty(maps, channels, height + 2, width + 2, maps.dtype)
    octets = channels // CHANNELS_AT_ONCE
    grid = height + 2, triton.cdiv((width + 2) * octets, _OCTETS)
    _border[grid](maps, result, height, width, maps.shape[3], octets, _OCTETS, pooled)
    return result


def rectified_gradient(maps: Tensor, own: Tensor | None, after: Tensor | None, *, pooled: bool) -> Tensor:
    """The gradient of what was rectified to `maps`, (1, C, H, W), where their own is `own` and that of
    `bordered(maps, pooled=pooled)` is `after`; None counts as zeros."""
    channels, height, width = maps.shape[1:]
    result = torch.empty_like(maps)
    for tensor in (maps, own, after):
        if tensor is not None:
            _check(tensor)
    octets = channels // CHANNELS_AT_ONCE
    grid = height, triton.cdiv(width * octets, _OCTETS)
    # What is not there is never read, but needs an address.
    given = maps if own is None else own, maps if after is None else after
    has = own is not None, after is not None
    _rectified_gradient[grid](maps, *given, result, height, width, octets, _OCTETS, *has, pooled)
    return result


def image_gradient(after: Tensor, std: Tensor) -> Tensor:
    """The gradient of an image, (1, 3, H, W) float32, given that of its normalised self with its border
    repeated in the first three of 8 channels, (1, 8, H + 2, W + 2)."""
    _check(after)
    height, width = (side - 2 for side in after.shape[2:])
    result = _empty(after, 3, height, width, torch.float32)
    grid = height, triton.cdiv(width, _OCTETS)
    _image_gradient[grid](after, std.float().flatten(), result, height, width, _OCTETS)
    return result


def _empty(like: Tensor, channels: int, height: int, width: int, dtype: torch.dtype) -> Tensor:
    shape = 1, channels, height, width
    return torch.empty(shape, dtype=dtype, device=like.device, memory_format=torch.channels_last)


def _check(maps: Tensor) -> None:
    if maps.shape[1] % CHANNELS_AT_ONCE or not maps.is_contiguous(memory_format=torch.channels_last):
        raise ValueError("the kernels read maps of 8, 16, ... channels that are channels last in memory")


@triton.jit(do_not_specialize=[*_SIZES, "channel_stride", "row_stride", "column_stride"])
def _first_maps(
    image, mean, std, matrix, bias, result, height, width, channel_stride, row_stride, column_stride, octets,
    COUNT: tl.constexpr, FILTERS: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0)
    filters = octets * 8
    column = tl.program_id(1) * COUNT + tl.arange(0, COUNT)[:, None]
    number = tl.program_id(2) * FILTERS + tl.arange(0, FILTERS)[None, :]
    given = tl.arange(0, 64)[None, :]
    place, part = given // 6, given % 6
    color = part % 3
    source_row = tl.minimum(tl.maximum(row + place // 3 - 1, 0), height - 1)
    source_column = tl.minimum(tl.maximum(column + place % 3 - 1, 0), width - 1)
    start = image + source_row.to(tl.int64) * row_stride + color * channel_stride
    inside = (given < 54) & (column < width)
    value = tl.load(start + source_column * column_stride, inside, 0.0).to(tl.float32)
    value = (value - tl.load(mean + color)) / tl.load(std + color)
    rounded = value.to(result.dtype.element_ty)
    lost = (value - rounded.to(tl.float32)).to(result.dtype.element_ty)
    value = tl.where(part < 3, rounded, lost)
    inputs = tl.arange(0, 64)[:, None]
    weights = tl.load(matrix + inputs * filters + number, (inputs < 54) & (number < filters), 0.0)
    # What has bfloat16's few digits is exact in tf32; Triton's interpreter knows no other way to multiply it.
    found = tl.dot(value.to(tl.float32), weights.to(tl.float32), input_precision=PRECISION)
    found += tl.load(bias + number, number < filters, 0.0).to(tl.float32)
    found = tl.maximum(found, 0.0).to(result.dtype.element_ty)
    target = result + (row.to(tl.int64) * width + column) * filters + number
    tl.store(target, found, (column < width) & (number < filters))


@triton.jit(do_not_specialize=_SIZES)
def _border(maps, result, height, width, maps_width, octets, COUNT: tl.constexpr, POOLED: tl.constexpr):
    row = tl.program_id(0)
    octet = tl.program_id(1) * COUNT + tl.arange(0, COUNT)[:, None]
    channel = tl.arange(0, 8)[None, :]
    column = octet // octets
    inside = column < width + 2
    source_row = tl.minimum(tl.maximum(row - 1, 0), height - 1).to(tl.int64)
    source_column = tl.minimum(tl.maximum(column - 1, 0), width - 1)
    if POOLED:
        position = 2 * source_row * maps_width + 2 * source_column
        place = maps + (position * octets + octet % octets) * 8 + channel
        right, down = octets * 8, maps_width * octets * 8
        value = tl.load(place, inside, 0.0).to(tl.float32)
        value += tl.load(place + right, inside, 0.0).to(tl.float32)
        value += tl.load(place + down, inside, 0.0).to(tl.float32)
        value += tl.load(place + down + right, inside, 0.0).to(tl.float32)
        value = (value / 4).to(result.dtype.element_ty)
    else:
        place = maps + ((source_row * maps_width + source_column) * octets + octet % octets) * 8 + channel
        value = tl.load(place, inside, 0.0)
    tl.store(result + (row.to(tl.int64) * (width + 2) * octets + octet) * 8 + channel, value, inside)


@triton.jit
def _line(after, row, column, octet, octets, channel, inside, width):
    """What a row of a bordered map's gradient says of columns that it holds once or, at its ends, twice."""
    start = after + (row.to(tl.int64) * (width + 2) * octets + octet) * 8 + channel
    value = tl.load(start + (column + 1) * octets * 8, inside, 0.0).to(tl.float32)
    value += tl.load(start + 0 * column, inside & (column == 0), 0.0).to(tl.float32)
    last = start + (0 * column + width + 1) * octets * 8
    return value + tl.load(last, inside & (column == width - 1), 0.0).to(tl.float32)


@triton.jit
def _folded(after, row, column, octet, octets, channel, inside, height, width):
    """The gradient of maps, at some of their positions, from that of the maps with their border repeated."""
    value = _line(after, row + 1, column, octet, octets, channel, inside, width)
    if row == 0:
        value += _line(after, row, column, octet, octets, channel, inside, width)
    if row == height - 1:
        value += _line(after, row + 2, column, octet, octets, channel, inside, width)
    return value


@triton.jit(do_not_specialize=_SIZES)
def _rectified_gradient(
    maps, own, after, result, height, width, octets,
    COUNT: tl.constexpr, HAS_OWN: tl.constexpr, HAS_AFTER: tl.constexpr, POOLED: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0)
    octet = tl.program_id(1) * COUNT + tl.arange(0, COUNT)[:, None]
    channel = tl.arange(0, 8)[None, :]
    column = octet // octets
    inside = column < width
    place = (row.to(tl.int64) * width * octets + octet) * 8 + channel
    value = tl.zeros([COUNT, 8], tl.float32)
    if HAS_OWN:
        value += tl.load(own + place, inside, 0.0).to(tl.float32)
    if HAS_AFTER:
        of_column = octet % octets
        if POOLED:
            half_height, half_width = height // 2, width // 2
            # The last row and column of an odd side are in no mean.
            counted = inside & (0 * column + row // 2 < half_height) & (column // 2 < half_width)
            value += 0.25 * _folded(
                after, row // 2, column // 2, of_column, octets, channel, counted, half_height, half_width
            )
        else:
            value += _folded(after, row, column, of_column, octets, channel, inside, height, width)
    value = tl.where(tl.load(maps + place, inside, 0.0) > 0, value, 0.0)
    tl.store(result + place, value.to(result.dtype.element_ty), inside)


@triton.jit(do_not_specialize=_SIZES)
def _image_gradient(after, std, result, height, width, COUNT: tl.constexpr):
    row = tl.program_id(0)
    column = tl.program_id(1) * COUNT + tl.arange(0, COUNT)[:, None]
    channel = tl.arange(0, 4)[None, :]
    inside = (column < width) & (channel < 3)
    value = _folded(after, row, column, 0 * column, 1, channel, inside, height, width)
    value = value / tl.load(std + channel, channel < 3, 1.0)
    tl.store(result + (row.to(tl.int64) * width + column) * 3 + channel, value, inside)
