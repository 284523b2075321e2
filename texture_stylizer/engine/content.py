"""What the content looks like to the network, for any tile of the picture."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from .features import STRIDES, Features
from .statistics import core_maps
from .tiling import Inset, Tile, tiles

LARGEST_TARGET = 2**29
"""Bytes of the content's map from which on it is kept in fewer bits: bfloat16, then float8 with 3 bits of
fraction, whose rounding adds 0.0014 to a content error of which a run leaves 0.1 and more. Where float8 would
be needed and a position is a pixel, it is not kept: the few convolutions up to there are cheaper."""


class ContentTarget:
    """The content's map at the layer where content is compared.

    squares: its weighted sum of squares, a scalar, in float32 or wider.
    """

    def __init__(
        self, features: Features, content: Tensor, weights: Tensor | None, tile: int | None, inset: Inset
    ) -> None:
        """content: (1, 3, H, W), in use as long as this is. weights: what each position counts for, or None
        for 1. tile: side of the cores by which the map is made, inset: the border that belongs to none."""
        self._features = features
        self._layer = features.content.layer
        self._whole = self._room_for_whole(content)
        # Sixteen bits of an image are more than eight of each of its map's channels.
        self._content = content.half() if self._whole is None else None
        self.squares = torch.zeros((), device=content.device)
        for part in tiles(content.shape[2], content.shape[3], tile, inset):
            core = self._compute(content, part)
            rows, columns = self._place(part, core)
            if self._whole is not None:
                self._whole[:, :, rows, columns] = core
            squares = core.to(torch.promote_types(core.dtype, torch.float32)).square()
            self.squares = (
                self.squares + (squares if weights is None else squares * weights[rows, columns]).sum()
            )

    def core(self, part: Tile, like: Tensor) -> Tensor:
        """The map over a tile's core, (1, C, h, w), given another of its shape: what is kept, perhaps in few
        bits, or computed again."""
        if self._content is not None:
            return self._compute(self._content, part)
        assert self._whole is not None, "one of both is kept"
        rows, columns = self._place(part, like)
        return self._whole[:, :, rows, columns]

    def _compute(self, content: Tensor, part: Tile) -> Tensor:
        rows, columns = part.region
        with torch.no_grad():
            pixels = content[:, :, rows, columns]
            wide = torch.promote_types(pixels.dtype, torch.float32)
            found = self._features.content_map(pixels.to(wide))
        return core_maps({self._layer: found}, part, self._layer, None)[0]

    def _place(self, part: Tile, core: Tensor) -> tuple[slice, slice]:
        """The rows and columns of the whole map that a tile's core has."""
        top, left = (span.core_start // STRIDES[self._layer] for span in (part.rows, part.columns))
        return slice(top, top + core.shape[2]), slice(left, left + core.shape[3])

    def _room_for_whole(self, content: Tensor) -> Tensor | None:
        """Zeros for the whole map in the type in which so large a one is kept; None where it is not."""
        stride = STRIDES[self._layer]
        height, width = (side // stride for side in content.shape[2:])
        shape = 1, self._features.channels(self._layer), height, width
        dtype = _kept_type(self._features, math.prod(shape))
        if dtype.itemsize == 1 and stride == 1:
            return None
        return torch.zeros(shape, dtype=dtype, device=content.device)


def _kept_type(features: Features, elements: int) -> torch.dtype:
    if features.dtype == torch.float64 or elements * features.dtype.itemsize <= LARGEST_TARGET:
        return features.dtype
    if elements * 2 <= LARGEST_TARGET or features.device.type == "mps":
        return torch.bfloat16
    return torch.float8_e4m3fn
