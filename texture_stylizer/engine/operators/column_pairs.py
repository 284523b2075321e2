"""A convolution to few channels that makes two positions of a row at once.

A processor's units make sixteen channels at a time: of an image's gradient three are wanted. Two columns that
lie beside each other in memory are taken for one with twice the channels, and give as many results each: the
same sums, in two thirds of the time.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_FEW_CHANNELS = 4
"""Up to which two positions' results are still made at the price of one's."""


def is_worthwhile(weight: Tensor) -> bool:
    """weight: (D, C, 3, 3)."""
    return weight.device.type == "cpu" and weight.shape[0] <= _FEW_CHANNELS


def paired(weight: Tensor) -> Tensor:
    """(D, C, 3, 3) -> (2 D, 2 C, 3, 2), of pairs of columns."""
    filters, channels = weight.shape[:2]
    # By result, filter, row, column of two pairs, and channel.
    found = weight.new_zeros(2, filters, 3, 4, channels)
    for result in range(2):
        found[result, :, :, result : result + 3] = weight.permute(0, 2, 3, 1)
    found = found.view(2 * filters, 3, 2, 2, channels).permute(0, 3, 4, 1, 2)
    found = found.reshape(2 * filters, 2 * channels, 3, 2)
    return found.contiguous(memory_format=torch.channels_last)


def missing(width: int) -> tuple[int, int]:
    """Rows and columns that results of that width lack for whole pairs."""
    return 0, width % 2


def is_paired(weight: Tensor) -> bool:
    return weight.shape[-2:] == (3, 2)


def convolve(maps: Tensor, weight: Tensor) -> Tensor:
    """maps: (1, C, H, W), channels last in memory, W even; weight: as `paired` returns it.
    Returns (1, D, H - 2, W - 2), likewise."""
    channels, height, width = maps.shape[1:]
    columns = maps.permute(0, 2, 3, 1).view(1, height, width // 2, 2 * channels)
    found = functional.conv2d(columns.permute(0, 3, 1, 2), weight).permute(0, 2, 3, 1)
    return found.reshape(1, height - 2, width - 2, weight.shape[0] // 2).permute(0, 3, 1, 2)
