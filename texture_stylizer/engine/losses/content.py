"""What is kept of the content: its map at one layer, compared with the picture's, tile by tile."""

from __future__ import annotations

import torch
from torch import Tensor

from ..features.recipe import CONTENT_LAYER, CONTENT_SHARE
from ..features.vgg import HALO, STRIDES, Features
from ..gradient.strips.forward import Forward, possible_strip
from ..hardware.offload import Offloaded, side_stream
from ..tiles import Inset, Span, Tile, tiles
from .gram import WIDENED_AT_ONCE, position_counts

LARGEST_TARGET = 560e6
"""Bytes of the content's map from which on it is kept in bfloat16, whose rounding adds less than 1e-5 to an
error of which a run leaves a tenth and more."""

STRIDE = STRIDES[CONTENT_LAYER]

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
        self._weights = weights
        self._whole = self._room_for_whole(content)
        self._fill(self._whole, content, tile)
        self._kept = Offloaded(self._whole, features.device, side_stream(features.device), STRIDE)
        height, width = content.shape[2:]
        squares = torch.zeros((), device=content.device)
        for part in tiles(height, width, tile, HALO, inset):
            squares = squares + self._squares(self._target(part), part)
        values = self._values(height - 2 * inset[0], width - 2 * inset[1])
        squares = squares.clamp_min(1e-12)
        self.mean_square = float(squares) / values
        """Of the content's values that count."""
        if atlas is not None:
            whole = ContentLoss(features, atlas, None, weight=weight, tile=tile, inset=(0, 0))
            weight *= min(1.0, SURFACE_SHARE * (self.mean_square / whole.mean_square) ** SURFACE_POWER)
        self._scale = CONTENT_SHARE * weight / squares

    def loss_and_gradient(self, found: Tensor, part: Tile) -> tuple[Tensor, Tensor]:
        """The share of a tile's core in the loss, a scalar in float32 or wider, and its gradient.

        found: the layer's map of the tile's region, (1, C, h, w). Returns a gradient like it.
        """
        # Rounded as the maps are: the gradient is, too, and the sum is made in float32.
        error = found - self._target(part)
        return self.weigh(error, part), error

    def weigh(self, error: Tensor, part: Tile) -> Tensor:
        """Make the gradient over a tile's region, (1, C, h, w), of its error, in place. Returns the share of
        the tile's core in the loss."""
        loss = self._squares(error, part) * self._scale
        rows, columns = part.core(STRIDE, *error.shape[2:])
        for halo in (error[:, :, : rows.start], error[:, :, rows.stop :]):
            halo.zero_()
        for halo in (error[:, :, rows, : columns.start], error[:, :, rows, columns.stop :]):
            halo.zero_()
        counted = self._counted(part)
        if counted is not None:
            error[:, :, rows, columns].mul_(counted.to(error.dtype))
        error.mul_(2.0 * self._scale)
        return loss

    def target_rows(self, first: int, last: int) -> Tensor:
        """These rows of the content's map, (1, C, last - first, w), where all lies in one memory."""
        return self._whole[:, :, first:last].to(self._features.dtype)

    def expect(self, rows: Span) -> None:
        """Let what is kept for a row of tiles come, if the network has another memory."""
        self._kept.expect(rows)

    def _squares(self, compared: Tensor, part: Tile) -> Tensor:
        """The sum of squares over a tile's core, each as it counts. compared: over its region."""
        rows, columns = part.core(STRIDE, *compared.shape[2:])
        core, counted = compared[:, :, rows, columns], self._counted(part)
        wide = torch.promote_types(core.dtype, torch.float32)
        if counted is not None:
            return (core.to(wide).square() * counted.to(wide)).sum()
        if core.is_cuda:
            return torch.linalg.vector_norm(core, dtype=wide).square()
        # The whole in float32 would be the largest copy of a step, and leave the processor's cache.
        at_once = max(1, WIDENED_AT_ONCE // (core.shape[1] * core.shape[3]))
        # `vector_norm` would be off by 5e-5, and `dot` by 7e-6: where a run ends its steps gain less.
        return torch.stack([strip.to(wide).square().sum() for strip in core.split(at_once, dim=2)]).sum()

    def _target(self, part: Tile) -> Tensor:
        """The content's map over a tile's region."""
        return self._kept.region(part).to(self._features.dtype)

    def _room_for_whole(self, content: Tensor) -> Tensor:
        """Zeros for the whole map, in the content's memory and the type in which so large a one is kept."""
        height, width = (side // STRIDE for side in content.shape[2:])
        shape = 1, self._features.channels(CONTENT_LAYER), height, width
        dtype = self._features.dtype
        if dtype == torch.float32 and shape[1] * height * width * dtype.itemsize > LARGEST_TARGET:
            dtype = torch.bfloat16
        room = torch.empty(shape, dtype=dtype, device=content.device, memory_format=torch.channels_last)
        return room.zero_()

    def _fill(self, whole: Tensor, content: Tensor, tile: int | None) -> None:
        """Make the whole map, by strips where these are better than tiles."""
        height, width = content.shape[2:]
        strip = None if tile is None else possible_strip(self._features, height, width, tile)
        if strip is not None:
            self._fill_by_strips(whole, content, strip)
            return
        seen = Offloaded(content, self._features.device, side_stream(self._features.device))
        for part in tiles(height, width, tile, HALO):
            with torch.no_grad():
                made = self._features.content_map(seen.region(part))
            rows, columns = part.core(STRIDE, *made.shape[2:])
            own_rows, own_columns = self._core_of_whole(part)
            whole[:, :, own_rows, own_columns] = made[:, :, rows, columns]

    def _fill_by_strips(self, whole: Tensor, content: Tensor, strip: int) -> None:
        forward, done = Forward(self._features, {CONTENT_LAYER}, content.shape[2]), 0
        for top in range(0, content.shape[2], strip):
            for layer, maps in forward.rows(content[:, :, top : top + strip]):
                if layer == CONTENT_LAYER:
                    whole[:, :, done : done + maps.shape[2]] = maps
                    done += maps.shape[2]

    def _core_of_whole(self, part: Tile) -> tuple[slice, slice]:
        """The rows and columns of the whole picture's map that a tile owns."""
        return part.rows.whole_positions(STRIDE), part.columns.whole_positions(STRIDE)

    def _counted(self, part: Tile) -> Tensor | None:
        """What each position of a tile's core counts for; None for 1."""
        if self._weights is None:
            return None
        rows, columns = self._core_of_whole(part)
        return self._weights[rows, columns].to(self._features.device)

    def _values(self, height: int, width: int) -> float:
        """How many values of the map of height x width pixels count, each by its weight."""
        weights = None if self._weights is None else {CONTENT_LAYER: self._weights}
        counts = position_counts([CONTENT_LAYER], weights, height, width)
        return self._features.channels(CONTENT_LAYER) * counts[CONTENT_LAYER]
