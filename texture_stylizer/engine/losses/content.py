"""What is kept of the content: its map at one layer, compared with the picture's, tile by tile."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..features.vgg import STRIDES, Features
from ..gradient.strips.forward import Forward, MadeAgain, possible_strip
from ..hardware.offload import Nearby, beside
from ..operators.local_mean import subtract_surroundings, subtract_surroundings_transposed
from ..tiles import Inset, Span, Tile, tiles
from .eight_bits import packed, unpacked
from .gram import WIDENED_AT_ONCE, position_counts

LARGEST_TARGET = 560e6
"""Bytes of the content's map, those of a pixel's 16 values in bfloat16 at 4096 x 4096 px, from which on it is
kept in fewer bits: bfloat16, then eight with 3 of fraction, whose rounding adds 0.0014 to a content error of
which a run leaves 0.1 and more."""

LARGEST_FINE_TARGET = 1.1e9
"""Bytes of a map that has a position for each pixel, from which on it is not kept even so; on a GPU it never
is in eight bits. The few convolutions up to there are made again."""


SURFACE_SHARE, SURFACE_POWER = 1.25, 0.75
"""How much less content counts on a mesh: this share of that power of its mean square there relative to the
flat picture's, at most 1. A flat atlas has its islands' outlines to keep, and they are much of what its error
is relative to: at the same weight a surface would keep more, and take on less of the style. With the style
terms of now a woodcut's content comes out 34 to 55 % below the flat run's and its style up to 24 % above, an
oil's content up to 18 % above and its style far below: no one share balances both."""


class ContentLoss:
    """The weighted squared error at the content layer, relative to the content's own squares, and its
    gradient."""

    def __init__(
        self,
        features: Features,
        content: Tensor,
        weights: Tensor | None,
        *,
        weight: float,
        tile: int | None,
        inset: Inset,
        atlas: Tensor | None = None,
    ) -> None:
        """content: (1, 3, H, W), in use as long as this is. weights: what each position of the layer counts
        for, or None for 1. weight: what the loss counts for. tile: side of the cores by which the map is
        made, inset: the border that belongs to none. atlas: (1, 3, h, w), the texture as it lies in its file,
        where `content` is what a mesh shows of it."""
        self._features = features
        self._term = features.content
        self._weights = weights
        self._whole = self._room_for_whole(content)
        height, width = content.shape[2:]
        line = beside(features.device)
        if self._whole is None:
            # Sixteen bits of an image are more than eight of each of its map's channels.
            self._kept = Nearby(content.half(), features.device, line)
        else:
            strip = None if tile is None else possible_strip(features, height, width, tile)
            if strip is None:
                seen = Nearby(content, features.device, line)
                for part in tiles(height, width, tile, features.halo):
                    rows, columns = self._core_of_whole(part)
                    made = self._core(self._compute(seen, part), part)
                    self._whole[:, :, rows, columns] = _as_kept(made, self._whole)
            else:
                self._fill_by_strips(self._whole, content, strip)
            self._kept = Nearby(self._whole, features.device, line, STRIDES[self._term.layer])
        squares = torch.zeros((), device=content.device)
        for part in tiles(height, width, tile, features.halo, inset):
            squares = squares + self._squares(self._compared(self._target(part).clone()), part)
        values = self._values(height - 2 * inset[0], width - 2 * inset[1])
        squares = squares.clamp_min(max(1e-12, self._term.flat * values))
        self.mean_square = float(squares) / values
        """Of the content's values that count, or `ContentTerm.flat`."""
        if atlas is not None:
            whole = ContentLoss(features, atlas, None, weight=weight, tile=tile, inset=(0, 0))
            weight *= min(1.0, SURFACE_SHARE * (self.mean_square / whole.mean_square) ** SURFACE_POWER)
        self._scale = self._term.share * weight / squares

    def loss_and_gradient(self, found: Tensor, part: Tile) -> tuple[Tensor, Tensor]:
        """The share of a tile's core in the loss, a scalar in float32 or wider, and its gradient.

        found: the layer's map of the tile's region, (1, C, h, w). Returns a gradient like it.
        """
        # Rounded as the maps are: the gradient is, too, and the sum is made in float32.
        error = self._compared(found - self._target(part))
        loss = self.weigh(error, part)
        if self._term.less_surroundings:
            subtract_surroundings_transposed(error)
        return loss, error

    def weigh(self, error: Tensor, part: Tile) -> Tensor:
        """Make the gradient of what is compared over a tile's region, (1, C, h, w), of its error, in place.
        Returns the share of the tile's core in the loss."""
        loss = self._squares(error, part) * self._scale
        rows, columns = part.core(STRIDES[self._term.layer], *error.shape[2:])
        for halo in (error[:, :, : rows.start], error[:, :, rows.stop :]):
            halo.zero_()
        for halo in (error[:, :, rows, : columns.start], error[:, :, rows, columns.stop :]):
            halo.zero_()
        counted = self._counted(part)
        if counted is not None:
            error[:, :, rows, columns].mul_(counted.to(error.dtype))
        error.mul_(2.0 * self._scale)
        return loss

    def target_rows(self) -> TargetRows:
        """The content's map, to be gone through from top to bottom; where all lies in one memory."""
        return TargetRows(self._features, self._kept, self._whole)

    def expect(self, rows: Span) -> None:
        """Let what is kept for a row of tiles come, if the network has another memory."""
        self._kept.expect(rows)

    def _compared(self, maps: Tensor) -> Tensor:
        """What is compared of a region's map (1, C, h, w), which it may change: no second copy is made."""
        if not self._term.less_surroundings:
            return maps
        return subtract_surroundings(maps.contiguous(memory_format=torch.channels_last))

    def _squares(self, compared: Tensor, part: Tile) -> Tensor:
        """The sum of squares over a tile's core, each as it counts."""
        core, counted = self._core(compared, part), self._counted(part)
        wide = torch.promote_types(core.dtype, torch.float32)
        if counted is not None:
            return (core.to(wide).square() * counted.to(wide)).sum()
        if core.is_cuda:
            return torch.linalg.vector_norm(core, dtype=wide).square()
        # The whole in float32 would be the largest copy of a step, and leave the processor's cache.
        rows = max(1, WIDENED_AT_ONCE // (core.shape[1] * core.shape[3]))
        # `vector_norm` would be off by 5e-5, and `dot` by 7e-6: where a run ends its steps gain less.
        return torch.stack([strip.to(wide).square().sum() for strip in core.split(rows, dim=2)]).sum()

    def _target(self, part: Tile) -> Tensor:
        """The content's map over a tile's region: what is kept, perhaps in few bits, or computed again."""
        if self._whole is None:
            return self._compute(self._kept, part)
        return _as_made(self._kept.region(part), self._features.dtype)

    def _fill_by_strips(self, whole: Tensor, content: Tensor, strip: int) -> None:
        forward, done = Forward(self._features, {self._term.layer}, content.shape[2]), 0
        for top in range(0, content.shape[2], strip):
            for layer, maps in forward.rows(content[:, :, top : top + strip]):
                if layer == self._term.layer:
                    whole[:, :, done : done + maps.shape[2]] = _as_kept(maps, whole)
                    done += maps.shape[2]

    def _compute(self, content: Nearby, part: Tile) -> Tensor:
        with torch.no_grad():
            pixels = content.region(part)
            return self._features.content_map(pixels.to(torch.promote_types(pixels.dtype, torch.float32)))

    def _core(self, maps: Tensor, part: Tile) -> Tensor:
        """A view of what a tile owns of its region's map."""
        rows, columns = part.core(STRIDES[self._term.layer], *maps.shape[2:])
        return maps[:, :, rows, columns]

    def _core_of_whole(self, part: Tile) -> tuple[slice, slice]:
        """The rows and columns of the whole picture's map that a tile owns."""
        stride = STRIDES[self._term.layer]
        return part.rows.whole_positions(stride), part.columns.whole_positions(stride)

    def _counted(self, part: Tile) -> Tensor | None:
        """What each position of a tile's core counts for; None for 1."""
        if self._weights is None:
            return None
        rows, columns = self._core_of_whole(part)
        return self._weights[rows, columns].to(self._features.device)

    def _values(self, height: int, width: int) -> float:
        """How many values of the map of height x width pixels count, each by its weight."""
        layer = self._term.layer
        weights = None if self._weights is None else {layer: self._weights}
        counts = position_counts([layer], weights, height, width)
        return self._features.channels(layer) * counts[layer]

    def _room_for_whole(self, content: Tensor) -> Tensor | None:
        """Zeros for the whole map in the type in which so large a one is kept; None where it is not."""
        stride = STRIDES[self._term.layer]
        height, width = (side // stride for side in content.shape[2:])
        shape = 1, self._features.channels(self._term.layer), height, width
        values = math.prod(shape)
        dtype = _kept_type(self._features, values)
        is_kept = self._features.device.type == "cpu" and values <= LARGEST_FINE_TARGET
        if dtype.itemsize == 1 and stride == 1 and not is_kept:
            return None
        room = torch.empty(shape, dtype=dtype, device=content.device, memory_format=torch.channels_last)
        return room.zero_()


class TargetRows:
    """Rows of the content's map, from top to bottom: of what is kept, or made again."""

    def __init__(self, features: Features, kept: Nearby, whole: Tensor | None) -> None:
        self._dtype, self._whole = features.dtype, whole
        self._again = MadeAgain(features, features.content.layer, kept.whole()) if whole is None else None

    def between(self, first: int, last: int) -> Tensor:
        """(1, C, last - first, w) of the network's type; no rows above `first` are asked for again."""
        if self._again is not None:
            return self._again.between(first, last)
        assert self._whole is not None, "there is one or the other"
        return _as_made(self._whole[:, :, first:last], self._dtype)


def _kept_type(features: Features, elements: int) -> torch.dtype:
    if features.dtype == torch.float64 or elements * features.dtype.itemsize <= LARGEST_TARGET:
        return features.dtype
    if elements * 2 <= LARGEST_TARGET or features.device.type == "mps":
        return torch.bfloat16
    return torch.uint8


def _as_kept(maps: Tensor, whole: Tensor) -> Tensor:
    """What is to be written into the whole map."""
    return packed(maps) if whole.dtype == torch.uint8 else maps


def _as_made(kept: Tensor, dtype: torch.dtype) -> Tensor:
    return unpacked(kept, dtype) if kept.dtype == torch.uint8 else kept.to(dtype)
