"""The network's way over a picture from top to bottom, by strips of its whole width.

A tile's region has a halo in which all maps are made again for the next tile: 1.72 times the work with cores
of 512 px. Here every map is made once: a convolution keeps the last two rows that it was given, and goes on
below them with the next strip.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import torch
from torch import Tensor

from ...features.vgg import HALO, STRIDES, Features
from ...operators.pooling import square_means
from ...tiles import ALIGNMENT, strip_height
from ..network_pass import is_written_out
from .row_buffers import Rows


def possible_strip(features: Features, height: int, width: int, tile: int) -> int | None:
    """Pixels of a strip in place of tiles of that size; None where strips are not possible or not better."""
    if tile >= max(height, width) or not is_written_out(features):
        return None
    return strip_height(height, width, tile, HALO, features.graph_bytes_per_pixel)


class Forward:
    """The way over the network from top to bottom, by strips as high as they come."""

    def __init__(self, features: Features, wanted: AbstractSet[str], height: int) -> None:
        """wanted: layers, of which the last ends the way. height: of the picture."""
        self._features = features
        self._used = features.convolutions_up_to(wanted)
        self._height = height
        self._given = [0] * len(self._used)
        self._above: list[Tensor | None] = [None] * len(self._used)
        self._odd: dict[int, Tensor] = {}

    def copy(self) -> Forward:
        """One that goes on from here by itself."""
        other = copy.copy(self)
        other._given, other._above, other._odd = list(self._given), list(self._above), dict(self._odd)
        return other

    def rows(self, image: Tensor) -> Iterator[tuple[str, Tensor]]:
        """The next rows of the picture, (1, 3, h, W) -> those that can be made of each layer's map,
        (1, C, h', W'), perhaps none."""
        features = self._features
        current, block = (features.planes(image) - features.mean) / features.std, 1
        for index, (row, convolution) in enumerate(self._used):
            if row.block != block:
                current, block = self._halved(row.block, current), row.block
            if current.shape[2]:
                self._given[index] += current.shape[2]
                ends = self._given[index] == self._height // STRIDES[row.layer]
                current, self._above[index] = convolution.rectified_rows(
                    current, self._above[index], ends=ends
                )
            else:
                current = current.new_empty(1, convolution.out_channels, 0, current.shape[3])
            yield row.layer, current

    def _halved(self, block: int, maps: Tensor) -> Tensor:
        odd = self._odd.pop(block, None)
        if odd is not None:
            maps = torch.cat([odd, maps], dim=2)
        if maps.shape[2] % 2:
            self._odd[block] = maps[:, :, -1:].clone()
        if maps.shape[2] < 2:
            return maps.new_empty(1, maps.shape[1], 0, maps.shape[3] // 2)
        return square_means(maps, 2)


class MadeAgain:
    """Rows of a layer's map from top to bottom, each made when it is asked for and forgotten afterwards."""

    def __init__(self, features: Features, layer: str, image: Tensor) -> None:
        """image: (1, 3, H, W), of which rows above those that were asked for may change."""
        self._layer, self._image, self._stride = layer, image, STRIDES[layer]
        self._forward = Forward(features, {layer}, image.shape[2])
        self._made = Rows()
        self._given = 0

    def between(self, first: int, last: int) -> Tensor:
        """(1, C, last - first, w) of the network's type; no rows above `first` are asked for again."""
        while self._made.stop < last:
            rows = self._image[:, :, self._given : last * self._stride + ALIGNMENT]
            self._given += rows.shape[2]
            pixels = rows.to(torch.promote_types(rows.dtype, torch.float32))
            for layer, maps in self._forward.rows(pixels):
                if layer == self._layer:
                    self._made.append(maps)
        self._made.forget(first)
        return self._made.between(first, last)
