"""The loss of a picture and its gradient by strips of its whole width, on a processor: each map is made once
for the Gram matrices and once more for the way back, where tiles have halos in which it is made again."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ...features.recipe import STYLE_LAYERS
from ...features.vgg import COMPARED, STRIDES
from ...losses.total import RegionMaps, Terms
from ...tiles import Span, Tile, spans
from .forward import Forward


class Plan:
    """A picture, strip by strip."""

    def __init__(self, terms: Terms, image: Tensor, height: int) -> None:
        """image: (1, 3, H, W). height: pixels of a strip."""
        self.terms, self.features, self.image, self.height = terms, terms.features, image, height
        self.strips = [slice(top, min(top + height, terms.height)) for top in range(0, terms.height, height)]
        self._columns = spans(terms.width, None, 0, terms.inset[1])[0]

    def tile(self, layer: str, rows: slice) -> Tile | None:
        """Some rows of a layer's map as a tile of the picture; None where none of them counts."""
        height, inset, stride = self.terms.height, self.terms.inset[0], STRIDES[layer]
        is_last = rows.stop == height // stride
        first, last = max(rows.start * stride, inset), min(rows.stop * stride, height - inset)
        ends = is_last and not inset
        last = height if ends else last
        if first // stride >= last // stride:
            return None
        stop = height if is_last else rows.stop * stride
        return Tile(Span(first, last, rows.start * stride, stop, ends), self._columns)


@dataclass(frozen=True)
class There:
    """What the way there leaves: the Gram matrices' sums, the maps of the first strips, and the way as it was
    below these."""

    sums: RegionMaps
    kept: list[dict[str, Tensor]]
    below: Forward


def way_there(plan: Plan, kept: int) -> There:
    """Add up the Gram matrices. kept: strips whose maps are kept for the way back."""
    forward = Forward(plan.features, COMPARED, plan.terms.height)
    below = forward.copy()
    done = dict.fromkeys(STYLE_LAYERS, 0)
    sums: RegionMaps = {}
    maps_kept: list[dict[str, Tensor]] = []
    for strip in plan.strips:
        keep = len(maps_kept) < kept
        maps = {}
        for layer, rows in forward.rows(plan.image[:, :, strip]):
            if keep:
                maps[layer] = rows
            if layer in done:
                first, done[layer] = done[layer], done[layer] + rows.shape[2]
                part = plan.tile(layer, slice(first, done[layer]))
                if part is not None:
                    plan.terms.add_grams(sums, rows, part, layer)
        if keep:
            maps_kept.append(maps)
            below = forward.copy()
    return There(sums, maps_kept, below)
