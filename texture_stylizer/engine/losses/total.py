"""The terms of one picture's loss, as both ways over it need them: by tiles and by strips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ..features.vgg import STRIDES, Features
from ..operators.channel_mixing import Mixing, over_whole_map, vectors
from ..tiles import Inset, Tile
from .content import ContentLoss
from .gram import core_maps, gram_sum
from .style_regions import Regions
from .total_variation import TotalVariation

RegionMaps = dict[tuple[int, str], Tensor]
"""A matrix for each region and style layer."""


@dataclass(frozen=True)
class Terms:
    """height, width, inset: of the picture. weights: what each position counts for, by layer, or None for 1.
    variation_weight: what the total variation counts for."""

    features: Features
    height: int
    width: int
    inset: Inset
    weights: dict[str, Tensor] | None
    regions: Regions
    content: ContentLoss
    total_variation: TotalVariation
    variation_weight: float

    def add_grams(self, sums: RegionMaps, maps: Tensor, part: Tile, layer: str) -> None:
        """Add a layer's Gram matrices over a tile's core, one for each region. maps: (1, C, h, w), of the
        tile's region."""
        core, weight = core_maps(maps, part, layer, self.weights)
        for region, counted in self.regions.within(part, layer, weight):
            found, key = gram_sum(core, counted), (region, layer)
            sums[key] = sums[key] + found if key in sums else found

    def style_gradient(
        self, maps: Tensor, part: Tile, layer: str, gram_gradients: Mapping[tuple[int, str], Tensor]
    ) -> Tensor | Mixing:
        """dL/dF of a style layer, like its map: (dL/dG + dL/dG^T) F over the core, and 0 in the halo."""
        core, weight = core_maps(maps, part, layer, self.weights)
        places = part.core(STRIDES[layer], *maps.shape[2:])
        if weight is None:
            return Mixing(gram_gradients[0, layer] + gram_gradients[0, layer].T, places)
        rows = vectors(core)
        found = rows.new_zeros(rows.shape, dtype=torch.promote_types(rows.dtype, torch.float32))
        for region, counted in self.regions.within(part, layer, weight):
            assert counted is not None, "positions that have a weight are counted"
            symmetric = (gram_gradients[region, layer] + gram_gradients[region, layer].T).to(found.dtype)
            chosen = rows[counted.positions].to(found.dtype)
            weighted = (chosen @ symmetric).mul_(counted.weights[:, None].to(found.dtype))
            # A cell at the border between regions counts for each of them.
            found.index_add_(0, counted.positions, weighted)
        gradient = found.view(1, *core.shape[2:], core.shape[1]).permute(0, 3, 1, 2)
        return over_whole_map(gradient.to(core.dtype), maps, places)
