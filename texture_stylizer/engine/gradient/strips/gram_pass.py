"""The loss of a picture and its gradient by strips of its whole width, on a processor: each map is made once
for the Gram matrices and once more for the way back, where tiles have halos in which it is made again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from ...features.color_statistics import COARSE_COLORS, COLORS
from ...features.recipe import APART
from ...features.vgg import STRIDES
from ...losses.total import RegionMaps, Terms
from ...operators.shift_difference import difference
from ...tiles import ALIGNMENT, Span, Tile, spans
from .forward import Forward
from .row_buffers import Rows

_COLOR_ROWS, _COLOR_COLUMNS = 256, 512
"""Of a tile whose colours are made together: they need nothing of the network, and a matrix as wide as it
is."""


@dataclass
class Compared:
    """How far down what is made of a map is compared.

    stride, rows: pixels for a position of the map, and its rows. reach: rows above and below that a row of it
    is made of. aligned: its rows come by multiples of it. done: its rows that were compared.
    """

    stride: int
    rows: int
    reach: int = 0
    aligned: int = 1
    done: int = 0

    def next(self, stop: int) -> tuple[slice, slice]:
        """The rows that can be compared next when the map's are known up to `stop`, and the map's that they
        are made of."""
        first, self.done = self.done, self.rows
        if stop < self.rows:
            self.done = max(first, (stop - self.reach) // self.aligned * self.aligned)
        region = slice(max(0, first - self.reach), min(self.rows, self.done + self.reach))
        return slice(first, self.done), region

    @property
    def needed(self) -> int:
        """The first of the map's rows that what is compared next is made of: the gradient of all above is
        complete."""
        return self.rows if self.done == self.rows else max(0, self.done - self.reach)


class Plan:
    """What is compared of a picture, strip by strip, on both ways."""

    def __init__(self, terms: Terms, image: Tensor, height: int) -> None:
        """image: (1, 3, H, W). height: pixels of a strip."""
        self.terms, self.features, self.image, self.height = terms, terms.features, image, height
        self.strips = [slice(top, min(top + height, terms.height)) for top in range(0, terms.height, height)]
        self.colors = [layer for layer in (COLORS, COARSE_COLORS) if layer in self.features.style]
        inset = terms.inset[1]
        self._columns = spans(terms.width, None, 0, inset)[0]
        self._color_columns = spans(terms.width, _COLOR_COLUMNS, ALIGNMENT, inset)

    def compared(self, layer: str) -> Compared:
        """The start of a layer that is compared."""
        stride = STRIDES[layer]
        reach = APART if layer in self.features.differences else 0
        return Compared(stride, self.terms.height // stride, reach)

    def compared_colors(self) -> Compared:
        """The start of the colours, as what is made of the picture's rows."""
        return Compared(1, self.terms.height, ALIGNMENT, ALIGNMENT)

    def style_layers_of(self, layer: str) -> list[str]:
        """The style layers that are made of a layer's map."""
        differences = self.features.differences
        return [name for name in self.features.style if differences.get(name, (name, 0))[0] == layer]

    def style_map(self, layer: str, maps: Tensor) -> Tensor:
        """A style layer's map, given that which it is made of."""
        if layer not in self.features.differences:
            return maps
        return difference(maps, self.features.differences[layer][1], APART)

    def tile(
        self, compared: Compared, core: slice, region: slice, columns: Span | None = None
    ) -> Tile | None:
        """Some rows of a map, and those that they are made of, as a tile of the picture; None where none of
        them counts."""
        height, inset, stride = self.terms.height, self.terms.inset[0], compared.stride
        ends = core.stop == compared.rows and not inset
        first, last = max(core.start * stride, inset), min(core.stop * stride, height - inset)
        last = height if ends else last
        if first // stride >= last // stride:
            return None
        stop = height if region.stop == compared.rows else region.stop * stride
        return Tile(Span(first, last, region.start * stride, stop, ends), columns or self._columns)

    def color_rows(self, compared: Compared, stop: int) -> Iterator[tuple[slice, slice]]:
        """The next rows of the picture whose colours are compared, and those that they are made of, until all
        is known that lies above `stop`."""
        while self.colors and compared.needed < stop:
            yield compared.next(min(compared.rows, compared.done + _COLOR_ROWS + compared.reach))

    def color_tiles(
        self, compared: Compared, core: slice, region: slice
    ) -> Iterator[tuple[Tile, dict[str, Tensor]]]:
        """Tiles of some rows, and their colours' maps."""
        for columns in self._color_columns:
            part = self.tile(compared, core, region, columns)
            if part is not None:
                rows, places = part.region
                planes = self.features.planes(self.image[:, :, rows, places])
                yield part, self.features.color_maps(planes, self.colors)


@dataclass(frozen=True)
class There:
    """What the way there leaves: the Gram matrices' sums, the maps of the first strips, and the way as it was
    below these."""

    sums: RegionMaps
    kept: list[dict[str, Tensor]]
    below: Forward


def way_there(plan: Plan, kept: int) -> There:
    """Add up the Gram matrices. kept: strips whose maps are kept for the way back."""
    forward = Forward(plan.features, plan.features.needed, plan.terms.height)
    below = forward.copy()
    compared = {layer: plan.compared(layer) for layer in plan.features.style if layer not in plan.colors}
    colors = plan.compared_colors()
    known = {
        layer: Rows()
        for layer in plan.features.needed
        if plan.style_layers_of(layer) and layer not in plan.colors
    }
    sums: RegionMaps = {}
    maps_kept: list[dict[str, Tensor]] = []
    for strip in plan.strips:
        keep = len(maps_kept) < kept
        maps = {}
        for layer, rows in forward.rows(plan.image[:, :, strip]):
            if keep:
                maps[layer] = rows
            if layer in known:
                known[layer].append(rows)
                _add_grams(plan, sums, layer, known[layer], compared)
        for core, region in plan.color_rows(colors, strip.stop):
            for part, found in plan.color_tiles(colors, core, region):
                for layer in plan.colors:
                    plan.terms.add_grams(sums, found[layer], part, layer)
        if keep:
            maps_kept.append(maps)
            below = forward.copy()
    return There(sums, maps_kept, below)


def _add_grams(
    plan: Plan, sums: RegionMaps, layer: str, known: Rows, compared: Mapping[str, Compared]
) -> None:
    """Of what can be compared next of that which is made of a layer's map."""
    names = plan.style_layers_of(layer)
    for name in names:
        core, region = compared[name].next(known.stop)
        part = plan.tile(compared[name], core, region)
        if part is not None:
            plan.terms.add_grams(
                sums, plan.style_map(name, known.between(region.start, region.stop)), part, name
            )
    known.forget(min(compared[name].needed for name in names))
