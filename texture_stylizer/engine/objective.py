"""The loss of an image and its gradient, tile by tile, equal to the untiled ones to rounding.

The loss depends on all positions through the Gram matrices, which are sums. So two passes suffice: the
first adds up every tile's Gram matrices; the second sends the fixed matrices dL/dG, and the content term,
back from each tile's core positions, and adds the tile's gradient into the image's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from ..settings import Settings
from .content import ContentLoss
from .devices import free_memory
from .features import STRIDES, Features
from .home import Band, Nearby, beside, brought_back
from .losses import TotalVariation
from .mixing import Mixing, over_whole_map, vectors
from .passes import Pass, look
from .regions import Regions, StyledTexels, Styles
from .statistics import (
    core_maps,
    gram_sum,
    layer_weights,
    mean_gram_matrices,
)
from .tiling import Inset, Span, Tile, tiles

Value = TypeVar("Value")

Maps = dict[str, Tensor]
RegionMaps = dict[tuple[int, str], Tensor]
"""A matrix for each region and style layer."""

KEPT_BYTES = 2 * 2**30
"""Memory that the graphs of tiles may take beside each other where it is the computer's own, less what the
image and its state take."""

FREE_SHARE = 0.2
"""Share of the free memory that these may take; a tile's own graph has the rest."""


class Objective:
    """What is minimised: style, content and total variation of one image at one size.

    features: the network; its dtype is the precision of the maps
    content:  (1, 3, H, W), display-encoded [0, 1], H and W at least 16
    styles:   [((1, 3, h, w) image, weight), ...], each at the size at which its strokes are wanted
    settings: the weights of the terms, and the tile size for the targets
    mask:     (H, W), 0 or more: what each texel counts for in the sums; None for all the same
    styled:   which texels are compared with which styles, in place of `styles`; needs a mask
    inset:    pixels at the borders, multiples of 16, that the network sees but that are not compared
    atlas:    (1, 3, h, w), the texture as it lies in its file, where `content` is what a mesh shows of it
    """

    def __init__(
        self,
        features: Features,
        content: Tensor,
        styles: Styles,
        settings: Settings,
        mask: Tensor | None = None,
        styled: StyledTexels | None = None,
        inset: Inset = (0, 0),
        atlas: Tensor | None = None,
    ) -> None:
        self.features = features
        self.settings = settings
        self.height, self.width = content.shape[2:]
        self._inset = inset
        counted_size = self.height - 2 * inset[0], self.width - 2 * inset[1]
        self._weights = layer_weights(mask, inset)
        tile = settings.tile if isinstance(settings.tile, int) else None
        targets = [
            mean_gram_matrices(features, images, tile)
            for images in ([styles] if styled is None else styled.styles)
        ]
        labels = None if styled is None else styled.labels
        self._regions = Regions(targets, features.style, self._weights, *counted_size, labels)
        self._content_layer = features.content.layer
        weights = None if self._weights is None else self._weights[self._content_layer]
        self._content_loss = ContentLoss(
            features, content, weights, weight=settings.content_weight, tile=tile, inset=inset, atlas=atlas
        )
        self._total_variation = TotalVariation(self.height, self.width, mask, inset)
        self._beside = beside(features.device)

    def loss_and_gradient(
        self, image: Tensor, tile: int | None = None, *, kept_graphs: int | None = None
    ) -> tuple[float, Tensor]:
        """The loss and its gradient with respect to the image.

        image: (1, 3, H, W), the content's size. tile: side of a tile's core in pixels; None is untiled, the
        reference. kept_graphs: how many tiles keep their graph from the first pass to the second
        instead of computing it again; None is what `affordable_graphs` says. Returns a float and a
        tensor like `image`.
        """
        loss, gradient = self.loss_tensor_and_gradient(image, tile, kept_graphs=kept_graphs)
        return float(loss), gradient

    def loss_tensor_and_gradient(
        self, image: Tensor, tile: int | None = None, *, kept_graphs: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """`loss_and_gradient` with the loss left on the device, so that nothing waits for it."""
        gradient = torch.empty_like(image)
        loss = image.new_zeros(())
        for band in self.bands(image, tile, kept_graphs=kept_graphs):
            gradient[:, :, band.rows] = band.gradient
            loss = loss + band.loss
        return loss, gradient

    def bands(
        self, image: Tensor, tile: int | None = None, *, kept_graphs: int | None = None
    ) -> Iterator[Band]:
        """The gradient from top to bottom, and the loss in shares, in the image's memory.

        When a band comes, no later one needs the rows of `image` that it covers: they may be changed.
        """
        if kept_graphs is None:
            kept_graphs = self.affordable_graphs(tile)
        found = self._bands(image, tile, kept_graphs)
        if image.device.type == self.features.device.type:
            return found
        return brought_back(found, image.device, self._beside)

    def _bands(self, image: Tensor, tile: int | None, kept_graphs: int) -> Iterator[Band]:
        """The same in the network's memory."""
        parts = tiles(self.height, self.width, tile, self.features.halo, self._inset)
        by_rows = {rows: list(group) for rows, group in itertools.groupby(parts, key=lambda part: part.rows)}
        nearby = Nearby(image, self.features.device, self._beside)
        kept, sums = self._gram_sums(nearby, by_rows, kept_graphs)
        loss, gram_gradients = self._regions.loss_and_gradients(sums)
        done, above = 0, None
        carried = nearby.rows(parts[0].rows).new_zeros(1, image.shape[1], 0, self.width)
        for (rows, group), following in _with_next(by_rows.items()):
            band = carried.new_zeros(1, image.shape[1], rows.stop - done, self.width)
            band[:, :, : carried.shape[2]] = carried
            for part in group:
                seen = kept.pop(part) if part in kept else self._look(nearby, part, there_and_back=True)
                tile_gradient, content = self._tile_gradient(seen, part, gram_gradients)
                del seen
                band[:, :, :, part.region[1]] += tile_gradient
                loss = loss + content
            pixels = nearby.rows(rows)
            if following is not None:
                nearby.expect(following[0])
                self._content_loss.expect(following[0])
            final = self.height if following is None else following[0].start
            ready, carried = band[:, :, : final - done], band[:, :, final - done :].clone()
            weight = self.settings.total_variation
            fresh = slice(done, final)
            if weight and fresh.start < fresh.stop:
                loss = loss + self._total_variation.add_rows(fresh, pixels, ready, weight, above)
                above = pixels[:, :, final - 1 - done : final - done].clone()
            yield Band(fresh, ready, loss)
            loss, done = torch.zeros_like(loss), final

    def affordable_graphs(self, tile: int | None, taken: float = 0.0) -> int:
        """Tiles whose graph may be kept from the first pass to the second: one that is computed again costs
        half as much once more. taken: bytes that others take of what there is for it."""
        if tile is None:
            return 1
        graph = (tile + 2 * self.features.halo) ** 2 * self.features.graph_bytes_per_pixel / 2
        budget = FREE_SHARE * free_memory(self.features.device)
        if self.features.device.type != "cuda":
            budget = min(KEPT_BYTES, budget)
        budget -= taken
        return max(0, int(budget / graph))

    def _gram_sums(
        self, nearby: Nearby, by_rows: Mapping[Span, Sequence[Tile]], kept_graphs: int
    ) -> tuple[dict[Tile, Pass], RegionMaps]:
        """Gram matrices summed over all tiles, and the graphs of the first, which need no second run."""
        sums: RegionMaps = {}
        kept: dict[Tile, Pass] = {}
        for (_, group), following in _with_next(by_rows.items()):
            for part in group:
                keep = len(kept) < kept_graphs
                seen = self._look(nearby, part, there_and_back=keep)
                with torch.no_grad():
                    self._add_grams(sums, seen.maps, part)
                if keep:
                    kept[part] = seen
            # After the last band the second pass begins with the first again.
            nearby.expect(next(iter(by_rows)) if following is None else following[0])
        return kept, sums

    def _add_grams(self, sums: RegionMaps, maps: Maps, part: Tile) -> None:
        for layer in self.features.style:
            core, weight = core_maps(maps, part, layer, self._weights)
            for region, counted in self._regions.within(part, layer, weight):
                found, key = gram_sum(core, counted), (region, layer)
                sums[key] = sums[key] + found if key in sums else found

    def _tile_gradient(self, seen: Pass, part: Tile, gram_gradients: RegionMaps) -> tuple[Tensor, Tensor]:
        """The gradient over a tile's region by what its core says, and the core's content loss."""
        with torch.no_grad():
            own: dict[str, Tensor | Mixing] = {
                layer: self._style_gradient(seen.maps, part, layer, gram_gradients)
                for layer in self.features.style
            }
            layer = self._content_layer
            content, own[layer] = self._content_loss.loss_and_gradient(seen.maps[layer], part)
        return seen.image_gradient(own), content

    def _style_gradient(
        self, maps: Maps, part: Tile, layer: str, gram_gradients: RegionMaps
    ) -> Tensor | Mixing:
        """dL/dF of a style layer, like its map: (dL/dG + dL/dG^T) F over the core, and 0 in the halo."""
        core, weight = core_maps(maps, part, layer, self._weights)
        places = part.core(STRIDES[layer], *maps[layer].shape[2:])
        if weight is None:
            return Mixing(gram_gradients[0, layer] + gram_gradients[0, layer].T, places)
        rows = vectors(core)
        found = rows.new_zeros(rows.shape, dtype=torch.promote_types(rows.dtype, torch.float32))
        for region, counted in self._regions.within(part, layer, weight):
            assert counted is not None, "positions that have a weight are counted"
            symmetric = (gram_gradients[region, layer] + gram_gradients[region, layer].T).to(found.dtype)
            chosen = rows[counted.positions].to(found.dtype)
            weighted = (chosen @ symmetric).mul_(counted.weights[:, None].to(found.dtype))
            # A cell at the border between regions counts for each of them.
            found.index_add_(0, counted.positions, weighted)
        gradient = found.view(1, *core.shape[2:], core.shape[1]).permute(0, 3, 1, 2)
        return over_whole_map(gradient.to(core.dtype), maps[layer], places)

    def _look(self, nearby: Nearby, part: Tile, *, there_and_back: bool) -> Pass:
        return look(self.features, nearby.region(part), there_and_back=there_and_back)


def _with_next(items: Iterable[Value]) -> Iterator[tuple[Value, Value | None]]:
    """Each with the one after it, None after the last."""
    every = list(items)
    return zip(every, [*every[1:], None], strict=True)
