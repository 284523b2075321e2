"""The loss of a picture and its gradient by tiles, on any device.

Two passes: the first adds up every tile's Gram matrices; the second sends the matrices dL/dG, and the content
term, back from each tile's core positions, and adds the tile's gradient into the picture's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from ..features.recipe import CONTENT_LAYER, STYLE_LAYERS
from ..features.vgg import HALO
from ..hardware.offload import Band, Offloaded, SideStream
from ..losses.total import RegionMaps, Terms
from ..operators.channel_mixing import Mixing
from ..tiles import Span, Tile, tiles
from .network_pass import Pass, look

Value = TypeVar("Value")
Row = Mapping[Span, Sequence[Tile]]
"""The tiles beside each other, by their rows, from top to bottom."""


def bands_by_tiles(
    terms: Terms, image: Tensor, tile: int | None, kept_bytes: float, line: SideStream
) -> Iterator[Band]:
    """As `Objective.bands`, in the network's memory. kept_bytes: what the maps of tiles that are kept from
    the first pass to the second may take; a single tile's are kept."""
    parts = tiles(terms.height, terms.width, tile, HALO, terms.inset)
    by_rows = {rows: list(group) for rows, group in itertools.groupby(parts, key=lambda part: part.rows)}
    region = parts[0].rows, parts[0].columns
    pixels = [span.stop - span.start for span in region]
    graph = pixels[0] * pixels[1] * terms.features.graph_bytes_per_pixel / 2
    count = 1 if len(parts) == 1 else max(0, int(kept_bytes / graph))
    if len(parts) == 1 and image.device == terms.features.device:
        # Once for the network and for total variation.
        image = terms.features.planes(image)
    offloaded = Offloaded(image, terms.features.device, line)
    kept, sums = _gram_sums(terms, offloaded, by_rows, count)
    loss, gram_gradients = terms.regions.loss_and_gradients(sums)
    yield from _way_back(terms, offloaded, by_rows, kept, gram_gradients, loss)


def _gram_sums(
    terms: Terms, offloaded: Offloaded, by_rows: Row, count: int
) -> tuple[dict[Tile, Pass], RegionMaps]:
    """Gram matrices summed over all tiles, and the passes of the first, which need no second run."""
    sums: RegionMaps = {}
    kept: dict[Tile, Pass] = {}
    for (_, group), following in _with_next(by_rows.items()):
        for part in group:
            keep = len(kept) < count
            seen = look(terms.features, offloaded.region(part), there_and_back=keep)
            with torch.no_grad():
                for layer in STYLE_LAYERS:
                    terms.add_grams(sums, seen.maps[layer], part, layer)
            if keep:
                kept[part] = seen
        # After the last band the second pass begins with the first again.
        offloaded.expect(next(iter(by_rows)) if following is None else following[0])
    return kept, sums


def _way_back(
    terms: Terms,
    offloaded: Offloaded,
    by_rows: Row,
    kept: dict[Tile, Pass],
    gram_gradients: RegionMaps,
    loss: Tensor,
) -> Iterator[Band]:
    """The second pass. kept: emptied on the way. loss: the style's."""
    done, above = 0, None
    carried: Tensor | None = None
    for (rows, group), following in _with_next(by_rows.items()):
        pixels = offloaded.rows(rows)
        band = None if carried is None else _continued(carried, rows.stop - done)
        for part in group:
            if part in kept:
                seen = kept.pop(part)
            else:
                seen = look(terms.features, offloaded.region(part), there_and_back=True)
            tile_gradient, content = _tile_gradient(terms, seen, part, gram_gradients)
            del seen
            band = _with_tile(band, tile_gradient, part.region[1], terms.width)
            loss = loss + content
        assert band is not None, "a row has tiles"
        if following is not None:
            offloaded.expect(following[0])
            terms.content.expect(following[0])
        final = terms.height if following is None else following[0].start
        ready, carried = band[:, :, : final - done], band[:, :, final - done :].clone()
        fresh = slice(done, final)
        if terms.variation_weight and fresh.start < fresh.stop:
            weight = terms.variation_weight
            loss = loss + terms.total_variation.add_rows(fresh, pixels, ready, weight, above)
            above = pixels[:, :, final - 1 - done : final - done].clone()
        yield Band(fresh, ready, loss)
        loss, done = torch.zeros_like(loss), final


def _continued(carried: Tensor, height: int) -> Tensor:
    """Rows of a gradient, (1, 3, h, W), and zeros below them: (1, 3, height, W)."""
    band = carried.new_zeros(1, carried.shape[1], height, carried.shape[3])
    band[:, :, : carried.shape[2]] = carried
    return band


def _with_tile(band: Tensor | None, gradient: Tensor, columns: slice, width: int) -> Tensor:
    """A band of the gradient, (1, 3, h, width), None for zeros, and a tile's added to its columns."""
    if band is None:
        # One colour after the other, as total variation takes it.
        if gradient.shape[3] == width and gradient.is_contiguous():
            return gradient
        band = gradient.new_zeros(*gradient.shape[:3], width)
    band[:, :, :, columns] += gradient
    return band


def _tile_gradient(terms: Terms, seen: Pass, part: Tile, gram_gradients: RegionMaps) -> tuple[Tensor, Tensor]:
    """The gradient over a tile's region by what its core says, and the core's content loss."""
    with torch.no_grad():
        own: dict[str, Tensor | Mixing] = {
            layer: terms.style_gradient(seen.maps[layer], part, layer, gram_gradients)
            for layer in STYLE_LAYERS
        }
        content, own[CONTENT_LAYER] = terms.content.loss_and_gradient(seen.maps[CONTENT_LAYER], part)
    return seen.image_gradient(own), content


def _with_next(items: Iterable[Value]) -> Iterator[tuple[Value, Value | None]]:
    """Each with the one after it, None after the last."""
    every = list(items)
    return zip(every, [*every[1:], None], strict=True)
