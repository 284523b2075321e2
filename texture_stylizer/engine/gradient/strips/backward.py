"""The way back by strips: it follows the way there from top to bottom, as many rows behind as what is
compared reaches down and what is found reaches up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ...features.recipe import APART
from ...features.vgg import STRIDES
from ...hardware.malloc import give_back_holes
from ...hardware.offload import Band
from ...losses.total import RegionMaps, Terms
from ...operators.channel_mixing import Mixing
from ...operators.convolution import BorderedConvolution
from ...operators.shift_difference import add_gradient
from ..network_pass import gradient_of_result
from .content import ContentRows, LessSurroundingsRows
from .forward import MadeAgain
from .gram_pass import Plan, way_there
from .row_buffers import Rows, Sums

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
    back = _WayBack(plan, gram_gradients)
    maps_kept, forward = there.kept, there.below
    del there
    has_many = terms.height * terms.width >= _MANY_PIXELS
    for number, strip in enumerate(plan.strips):
        if has_many and number % _STRIPS_OF_HOLES == 0:
            give_back_holes()
        maps = maps_kept.pop(0) if maps_kept else dict(forward.rows(image[:, :, strip]))
        loss = loss + back.add(maps, strip.stop)
        del maps
        while back.goes_further():
            band = back.next_band(loss)
            if band is not None:
                yield band
                loss = torch.zeros_like(loss)


@dataclass
class _Layer:
    """A convolution's result on the way back.

    halved: whether the next layer is given its means. at_once: rows that go back together. results: its rows
    that are still wanted; again: what makes these again instead. own: sums of the gradients of what is made
    of more than a position of it. through_next: the gradient of what the next layer is given. back: rows
    whose gradient went further; above: of these, what the convolution is given again.
    """

    name: str
    convolution: BorderedConvolution
    rows: int
    halved: bool
    at_once: int
    again: MadeAgain | None
    through_next: Sums | None
    own: Sums | None
    results: Rows = field(default_factory=Rows)
    back: int = 0
    above: Tensor | None = None

    def through(self) -> int:
        """Rows whose gradient through the next layer is known."""
        if self.through_next is None:
            return self.rows
        if not self.halved:
            return self.through_next.appended
        means = self.through_next.appended
        return self.rows if means == self.rows // 2 else 2 * means


class _WayBack:
    """The gradient of a picture as far as it is known, and each layer's on the way there."""

    def __init__(self, plan: Plan, gram_gradients: RegionMaps) -> None:
        self._plan, self._terms, self._features = plan, plan.terms, plan.features
        self._gram_gradients = gram_gradients
        self._layers = self._all_layers()
        self._named = {layer.name: layer for layer in self._layers}
        self._compared = {name: plan.compared(name) for name in self._features.differences}
        self._content = self._content_rows()
        self._colors, self._done = plan.compared_colors(), 0
        self._of_image = Sums()
        self._row_above: Tensor | None = None

    def _all_layers(self) -> list[_Layer]:
        used = self._features.used_convolutions()
        made_of = {layer for layer, _ in self._features.differences.values()}
        layers = []
        for index, (row, convolution) in enumerate(used):
            last = index == len(used) - 1
            halved = not last and used[index + 1][0].block != row.block
            rows = self._terms.height // STRIDES[row.layer]
            own = Sums() if row.layer in made_of else None
            # At the top none goes back without the one below.
            at_once = max(2, self._plan.height // STRIDES[row.layer])
            through_next = None if last else Sums()
            again = self._made_again(row.layer) if not index and own is None else None
            layers.append(_Layer(row.layer, convolution, rows, halved, at_once, again, through_next, own))
        return layers

    def _made_again(self, layer: str) -> MadeAgain | None:
        features, terms = self._features, self._terms
        rows = self._plan.height + features.halo
        waiting = features.channels(layer) * rows * terms.width * features.dtype.itemsize
        if layer == features.content.layer or waiting <= _LARGEST_WAITING:
            return None
        return MadeAgain(self._features, layer, self._plan.image)

    def _content_rows(self) -> ContentRows:
        plan = self._plan
        compared = plan.compared(self._features.content.layer)
        kind = LessSurroundingsRows if self._features.content.less_surroundings else ContentRows
        # With `self` in it this would be freed, and all maps, only when Python looks for circles.
        return kind(self._terms.content, lambda rows: plan.tile(compared, rows, rows), compared.rows)

    def add(self, maps: dict[str, Tensor], stop: int) -> Tensor:
        """Take the next rows of each map; the picture's are known up to `stop`. Returns the loss of the
        content's rows that are done with."""
        for name, rows in maps.items():
            layer = self._named[name]
            if layer.again is None:
                layer.results.append(rows)
            else:
                layer.results.pass_by(rows.shape[2])
        loss = self._content.add(self._named[self._features.content.layer].results)
        for name, (of, axis) in self._features.differences.items():
            self._add_differences(name, self._named[of], axis)
        self._add_colors(stop)
        return loss

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

    def next_band(self, loss: Tensor) -> Band | None:
        """The rows of the picture whose gradient has become complete; None for none of them."""
        terms, first = self._terms, self._done
        last = self._of_image.appended
        if self._plan.colors:
            last = min(last, self._colors.needed)
        if first == last:
            return None
        self._done, gradient = last, self._of_image.take(last, self._plan.image)
        rows = slice(first, last)
        if terms.variation_weight:
            pixels = self._plan.image[:, :, first : last + 1]
            variation = terms.total_variation.add_rows(
                rows, pixels, gradient, terms.variation_weight, self._row_above
            )
            loss = loss + variation
            self._row_above = pixels[:, :, last - first - 1 : last - first].clone()
        return Band(rows, gradient, loss)

    def _add_differences(self, name: str, layer: _Layer, axis: int) -> None:
        """Add what follows from the differences of a layer's rows that can be compared next."""
        core, region = self._compared[name].next(layer.results.stop)
        part = self._plan.tile(self._compared[name], core, region)
        if part is None:
            return
        maps = layer.results.between(region.start, region.stop)
        differences = self._plan.style_map(name, maps)
        given = self._terms.style_gradient(differences, part, name, self._gram_gradients)
        gradient = torch.zeros_like(maps)
        add_gradient(gradient, given.of(differences) if isinstance(given, Mixing) else given, axis, APART)
        assert layer.own is not None, "given to all that differences are made of"
        layer.own.add(region.start, gradient)

    def _add_colors(self, stop: int) -> None:
        """Add what follows from the colours, until it is known of all rows above `stop`."""
        for core, region in self._plan.color_rows(self._colors, stop):
            gradient = self._plan.image.new_zeros(1, 3, region.stop - region.start, self._terms.width)
            for part, maps in self._plan.color_tiles(self._colors, core, region):
                own = {
                    layer: self._terms.style_gradient(maps[layer], part, layer, self._gram_gradients)
                    for layer in self._plan.colors
                }
                self._features.color_maps.add_image_gradient(gradient[:, :, :, part.region[1]], maps, own)
            self._of_image.add(region.start, gradient)

    def _back_over(self, layer: _Layer) -> Tensor | None:
        """The gradient of the next rows of what a convolution is given, as far as it can be known."""
        last = min(layer.results.stop, layer.through())
        wanted = layer.rows
        for name in self._plan.style_layers_of(layer.name):
            if name in self._compared:
                last = min(last, self._compared[name].needed)
                wanted = min(wanted, self._compared[name].needed)
        if layer.name == self._features.content.layer:
            last, wanted = min(last, self._content.known), min(wanted, self._content.compared)
        # At the end all that waits could go at once, and would take memory for it.
        last = min(last, layer.back + layer.at_once)
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
        layer.results.forget(min(last, wanted))
        return found

    def _gradient(self, layer: _Layer, result: Tensor, last: int) -> Tensor:
        """That of a layer's next rows, up to `last`."""
        dense = None if layer.own is None else layer.own.take(last, result)
        if layer.name == self._features.content.layer:
            of_content = self._content.gradient.take(last, result)
            dense = of_content if dense is None else dense.add_(of_content)
        through_next = None
        if layer.through_next is not None:
            through_next = layer.through_next.take_known(last // 2 if layer.halved else last)
        gradient = gradient_of_result(result, dense, through_next, halved=layer.halved)
        if layer.name in self._features.style:
            rows = slice(layer.back, last)
            part = self._plan.tile(self._plan.compared(layer.name), rows, rows)
            if part is not None:
                given = self._terms.style_gradient(result, part, layer.name, self._gram_gradients)
                if isinstance(given, Mixing):
                    given.add_to(gradient, result)
                else:
                    gradient.add_(given)
        return gradient
