"""The way back by strips: it follows the way there from top to bottom, as many rows behind as what is found
reaches up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...features.recipe import CONTENT_LAYER, STYLE_LAYERS
from ...features.vgg import HALO, STRIDES
from ...hardware.malloc import give_back_holes
from ...hardware.offload import Band
from ...losses.total import RegionMaps, Terms
from ...operators.channel_mixing import Mixing
from ...operators.convolution import BorderedConvolution
from ..network_pass import gradient_of_result
from .forward import MadeAgain
from .gram_pass import Plan, way_there
from .row_buffers import Rows

_MANY_PIXELS = 2**25
"""From which on the holes that strips left in the heap are given back: with VGG19's widths half a gigabyte of
8192 x 8192 px was holes."""

_STRIPS_OF_HOLES = 32
"""Strips after which that is done. What is given back is mapped and cleared again."""

_LARGEST_WAITING = 100e6
"""Bytes of the first layer's maps that wait for the way back. It is made of three colours: where these are
more, it is made again."""


def bands_by_strips(terms: Terms, image: Tensor, height: int, kept: int) -> Iterator[Band]:
    """As `Objective.bands`. image: (1, 3, H, W), on a processor as the network is, which averages its maps
    and is not trained. height: pixels of a strip. kept: strips whose maps are kept from the Gram matrices to
    the way back."""
    plan = Plan(terms, image, height)
    there = way_there(plan, kept)
    loss, gram_gradients = terms.regions.loss_and_gradients(there.sums)
    back = _WayBack(plan, gram_gradients, loss)
    maps_kept, forward = there.kept, there.below
    del there
    has_many = terms.height * terms.width >= _MANY_PIXELS
    for number, strip in enumerate(plan.strips):
        if has_many and number % _STRIPS_OF_HOLES == 0:
            give_back_holes()
        maps = maps_kept.pop(0) if maps_kept else dict(forward.rows(image[:, :, strip]))
        back.add(maps)
        del maps
        while back.goes_further():
            band = back.next_band()
            if band is not None:
                yield band


@dataclass
class _Layer:
    """A convolution's result on the way back.

    halved: whether the next layer is given its means. at_once: rows that go back together. results: its rows
    that are still wanted; again: what makes these again instead. through_next: the gradient of what the next
    layer is given. back: rows whose gradient went further; above: of these, what the convolution is given
    again.
    """

    name: str
    convolution: BorderedConvolution
    rows: int
    halved: bool
    at_once: int
    again: MadeAgain | None
    through_next: Rows | None
    results: Rows = field(default_factory=Rows)
    back: int = 0
    above: Tensor | None = None

    def through(self) -> int:
        """Rows whose gradient through the next layer is known."""
        if self.through_next is None:
            return self.rows
        known = self.through_next.stop
        if not self.halved:
            return known
        return self.rows if known == self.rows // 2 else 2 * known


class _WayBack:
    """The gradient of a picture as far as it is known, and each layer's on the way there."""

    def __init__(self, plan: Plan, gram_gradients: RegionMaps, loss: Tensor) -> None:
        """loss: what is to be given with the first band."""
        self._plan, self._terms, self._features = plan, plan.terms, plan.features
        self._gram_gradients, self._loss = gram_gradients, loss
        self._layers = self._all_layers()
        self._done = 0
        self._of_image = Rows()
        self._row_above: Tensor | None = None

    def _all_layers(self) -> list[_Layer]:
        used = self._features.named_convolutions()
        layers = []
        for index, (row, convolution) in enumerate(used):
            last = index == len(used) - 1
            halved = not last and used[index + 1][0].block != row.block
            rows = self._terms.height // STRIDES[row.layer]
            # At the top none goes back without the one below.
            at_once = max(2, self._plan.height // STRIDES[row.layer])
            through_next = None if last else Rows()
            again = None if index else self._made_again(row.layer)
            layers.append(_Layer(row.layer, convolution, rows, halved, at_once, again, through_next))
        return layers

    def _made_again(self, layer: str) -> MadeAgain | None:
        features = self._features
        rows = self._plan.height + HALO
        waiting = features.channels(layer) * rows * self._terms.width * features.dtype.itemsize
        return MadeAgain(features, layer, self._plan.image) if waiting > _LARGEST_WAITING else None

    def add(self, maps: dict[str, Tensor]) -> None:
        """Take the next rows of each map."""
        for layer in self._layers:
            rows = maps[layer.name]
            if layer.again is None:
                layer.results.append(rows)
            else:
                layer.results.pass_by(rows.shape[2])

    def goes_further(self) -> bool:
        """Go back over each convolution by up to a strip, and say whether that was possible for any."""
        further = False
        for index in reversed(range(len(self._layers))):
            found = self._back_over(self._layers[index])
            if found is None:
                continue
            further = True
            if index:
                through_next = self._layers[index - 1].through_next
                assert through_next is not None, "all but the last have one"
                through_next.append(found)
            else:
                found = found.to(self._plan.image.dtype, memory_format=torch.contiguous_format)
                self._of_image.append(found.div_(self._features.std))
        return further

    def next_band(self) -> Band | None:
        """The rows of the picture whose gradient has become complete; None for none of them."""
        terms, first, last = self._terms, self._done, self._of_image.stop
        gradient = self._of_image.take(last)
        if gradient is None:
            return None
        self._done, rows = last, slice(first, last)
        if terms.variation_weight:
            pixels = self._plan.image[:, :, first : last + 1]
            self._loss = self._loss + terms.total_variation.add_rows(
                rows, pixels, gradient, terms.variation_weight, self._row_above
            )
            self._row_above = pixels[:, :, last - first - 1 : last - first].clone()
        loss, self._loss = self._loss, torch.zeros_like(self._loss)
        return Band(rows, gradient, loss)

    def _back_over(self, layer: _Layer) -> Tensor | None:
        """The gradient of the next rows of what a convolution is given, as far as it can be known."""
        # At the end all that waits could go at once, and would take memory for it.
        last = min(layer.results.stop, layer.through(), layer.back + layer.at_once)
        ends = last == layer.rows
        if layer.halved and not ends:
            last -= last % 2
        if last <= layer.back or (last < 2 and not ends):
            return None
        known = layer.again or layer.results
        result = known.between(layer.back, last)
        gradient = self._gradient(layer, result, last)
        found, layer.above = layer.convolution.gradient_rows(gradient, result, layer.above, ends=ends)
        layer.back = last
        layer.results.forget(last)
        return found

    def _gradient(self, layer: _Layer, result: Tensor, last: int) -> Tensor:
        """That of a layer's next rows, up to `last`."""
        rows = slice(layer.back, last)
        part = self._plan.tile(layer.name, rows)
        of_content = None
        if layer.name == CONTENT_LAYER:
            of_content = result - self._terms.content.target_rows(rows.start, rows.stop)
            if part is None:
                of_content.zero_()
            else:
                self._loss = self._loss + self._terms.content.weigh(of_content, part)
        through_next = None
        if layer.through_next is not None:
            through_next = layer.through_next.take(last // 2 if layer.halved else last)
        gradient = gradient_of_result(result, of_content, through_next, halved=layer.halved)
        if layer.name in STYLE_LAYERS and part is not None:
            given = self._terms.style_gradient(result, part, layer.name, self._gram_gradients)
            if isinstance(given, Mixing):
                given.add_to(gradient, result)
            else:
                gradient.add_(given)
        return gradient
