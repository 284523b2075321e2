"""Each position's channel vector of a map times a matrix: what a Gram matrix's gradient is to the map."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..tiles import Places

_MOSTLY_CORE = 1.15
"""Up to so many times the core, a product over a tile's whole map costs less than copies of the core."""

MOST_CHANNELS_BY_ROWS = 64
"""Up to which a product for each row, added up while it is made, takes less time than one product and a sum:
for each row there is a copy of the matrix."""


class Mixing(NamedTuple):
    """A gradient of a map that is 0 outside of some places, and there the map's values times a matrix.

    matrix: (C, C), symmetric. places: of the core in the map.
    """

    matrix: Tensor
    places: Places

    def of(self, maps: Tensor) -> Tensor:
        """The gradient, like the map (1, C, H, W)."""
        rows, columns = self.places
        core = maps[:, :, rows, columns]
        if core.shape == maps.shape or maps.numel() >= _MOSTLY_CORE * core.numel():
            return over_whole_map(mixed(core, self.matrix), maps, self.places)
        whole = mixed(maps, self.matrix)
        whole[:, :, : rows.start] = 0
        whole[:, :, rows.stop :] = 0
        whole[:, :, rows, : columns.start] = 0
        whole[:, :, rows, columns.stop :] = 0
        return whole

    def add_to(self, gradient: Tensor, maps: Tensor) -> None:
        """Add the gradient to another of the same map, in place. Both (1, C, H, W), channels last in
        memory."""
        rows, columns = self.places
        if maps.shape[1] > MOST_CHANNELS_BY_ROWS:
            gradient[:, :, rows, columns].add_(mixed(maps[:, :, rows, columns], self.matrix))
            return
        # Torch would copy parts of rows: whole ones are added to, and what is beside the core is put back.
        seen, sums = (tensor[0, :, rows].permute(1, 2, 0) for tensor in (maps, gradient))
        beside = [sums[:, : columns.start], sums[:, columns.stop :]]
        kept = [each.clone() for each in beside]
        sums.baddbmm_(seen, self.matrix.to(maps.dtype).expand(len(seen), -1, -1))
        for each, before in zip(beside, kept, strict=True):
            each.copy_(before)


def mixed(maps: Tensor, matrix: Tensor) -> Tensor:
    """Each position's channel vector times a symmetric matrix. (1, C, H, W), (C, C) -> (1, C, H, W), rounded
    as the maps are and in memory as they are."""
    # The matrix is rounded as the maps are: the product is, too.
    matrix = matrix.to(maps.dtype)
    if in_planes(maps):
        return (matrix @ maps.flatten(2)).view(maps.shape)
    found = vectors(maps) @ matrix
    return found.view(1, *maps.shape[2:], maps.shape[1]).permute(0, 3, 1, 2)


def in_planes(maps: Tensor) -> bool:
    """Whether each channel's rows lie in memory in one piece."""
    return maps.stride(3) == 1 and maps.shape[1] > 1


def vectors(maps: Tensor) -> Tensor:
    """Maps (1, C, H, W) as the channel vector of each position, (H * W, C)."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def over_whole_map(core: Tensor, whole: Tensor, places: Places) -> Tensor:
    """A tensor like the map `whole` that is `core` in these places and 0 elsewhere."""
    if core.shape == whole.shape:
        return core
    result = torch.zeros_like(whole)
    result[:, :, places[0], places[1]] = core
    return result
