"""A convolution that repeats its input's border, and remembers nothing of its input where it need not."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from . import winograd
from .channel_mixing import in_planes


class BorderedConvolution(nn.Conv2d):
    """A 3 x 3 convolution, with zeros about its input or, by `rectified`, with its border repeated."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """weight: (D, C, 3, 3); bias: (D,)."""
        super().__init__(weight.shape[1], weight.shape[0], 3, padding=1)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(bias)
        self._prepared: tuple[Tensor, Tensor] | None = None
        self._prepared_version = -1

    def rectified(self, maps: Tensor) -> Tensor:
        """maps: (1, C, H, W), of the weight's type or wider. Returns (1, D, H, W) of the weight's type, 0 or
        more, not to be changed."""
        assert self.bias is not None, "given at the start"
        if self.weight.requires_grad:
            bordered = functional.pad(maps, (1, 1, 1, 1), mode="replicate")
            return _direct(bordered, self.weight, self.bias)
        weight, turned = self._prepare()
        if not torch.is_grad_enabled():
            return _rectified(maps, weight, self.bias)
        return cast(Tensor, _Rectified.apply(maps, weight, turned, self.bias))

    def gradient(self, gradient: Tensor, result: Tensor) -> Tensor:
        """The gradient of the maps, (1, C, H, W) of the weight's type, given that of the `result` of
        `rectified`, (1, D, H, W) like it; without a graph."""
        return _gradient(gradient, result, self._prepare()[1])[0]

    def rectified_rows(
        self, maps: Tensor, above: Tensor | None, *, ends: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Rows of `rectified`, of maps that come from top to bottom; without a graph.

        maps: (1, C, h, W), the next rows. above: what this returned for the rows before them, None if they
        are the first. ends: whether they are the last. Returns (1, D, h', W), all but one row of what is
        known or, at the end, the rest, and what the next rows are to be given, None at the end.
        """
        assert self.bias is not None, "given at the start"
        weight = self._prepare()[0]
        top = 1 if above is None else 2
        known = top + maps.shape[2] + ends
        height, width = max(0, known - 2), maps.shape[3]
        seen = _with_rows_above(maps, above, ends=ends, more=_missing(weight, height, width))
        kept = None if ends else seen[:, :, known - 2 : known].clone()
        if not height:
            return maps.new_empty(1, self.out_channels, 0, width, dtype=weight.dtype), kept
        if _is_transformed(weight):
            return winograd.convolve(seen, weight, self.bias)[:, :, :height, :width], kept
        return _direct(seen, weight, self.bias), kept

    def gradient_rows(
        self, gradient: Tensor, result: Tensor, above: Tensor | None, *, ends: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Rows of `gradient`, given those of the results from top to bottom.

        gradient, result: (1, D, h, W), the next rows, at least two at the top. above, ends: as of
        `rectified_rows`. Returns (1, C, h', W), all but one row of what is known or, at the end, the rest,
        and what the next rows are to be given, None at the end.
        """
        return _gradient(gradient, result, self._prepare()[1], above=above, ends=ends)

    def _prepare(self) -> tuple[Tensor, Tensor]:
        """The weights for maps and for their gradient, each as `_as_taken` returns it."""
        if self._prepared is None or self._prepared_version != self.weight._version:
            with torch.no_grad():
                turned = self.weight.transpose(0, 1).flip(2, 3)
                self._prepared = _as_taken(self.weight, for_maps=True), _as_taken(turned, for_maps=False)
            self._prepared_version = self.weight._version
        return self._prepared

    def _apply(self, *arguments: Any, **options: Any) -> BorderedConvolution:
        """Torch's own, by which a module changes its device or precision."""
        self._prepared = None
        return super()._apply(*arguments, **options)


class _Rectified(torch.autograd.Function):
    """What is positive of the convolution with a repeated border, for weights that are not trained.

    Torch would keep the bordered copy of its input for their gradient, which nobody asks for: a fifth of a
    step's memory with VGG19's widths at 512 px.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, turned: Tensor, bias: Tensor) -> Tensor:
        """weight, turned: for maps and for their gradient, as `_as_taken` returns them."""
        result = _rectified(maps, weight, bias)
        ctx.dtype = maps.dtype
        ctx.save_for_backward(turned, result)
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        """The gradient of the maps, (1, C, H, W), given that of the result."""
        turned, result = ctx.saved_tensors
        found, _ = _gradient(gradients[0], result, turned)
        if ctx.dtype != found.dtype:
            # Of an image, which comes one colour after the other.
            found = found.contiguous().to(ctx.dtype)
        return found, None, None, None


def _rectified(maps: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """What is positive of the convolution with a repeated border. weight: as `_as_taken` returns it."""
    if not _is_transformed(weight):
        return _direct(_bordered(maps), weight, bias)
    height, width = maps.shape[2:]
    seen = _bordered(maps, _missing(weight, height, width))
    return winograd.convolve(seen, weight, bias)[:, :, :height, :width]


def _gradient(
    gradient: Tensor, result: Tensor, turned: Tensor, *, above: Tensor | None = None, ends: bool = True
) -> tuple[Tensor, Tensor | None]:
    """The gradient of the result and the result, both (1, D, H, W) -> that of the maps, (1, C, H, W), and
    what the next rows are to be given; of some rows as in `BorderedConvolution.gradient_rows`."""
    height, width = result.shape[2] + 2 * ends, result.shape[3] + 2
    seen = _of_positive(gradient, result, _missing(turned, height, width), above=above, ends=ends)
    of_bordered = _convolved(seen, turned)[:, :, :height, :width]
    kept = None if ends else seen[:, :, height : height + 2].clone()
    return _without_border(of_bordered, begins=above is None, ends=ends), kept


def _without_border(of_bordered: Tensor, *, begins: bool, ends: bool) -> Tensor:
    """The gradient of maps given that of theirs with the border, whose share belongs to the positions that it
    repeats, in place. begins, ends: whether the first and the last row are border."""
    of_bordered[:, :, :, 1] += of_bordered[:, :, :, 0]
    of_bordered[:, :, :, -2] += of_bordered[:, :, :, -1]
    if begins:
        of_bordered[:, :, 1] += of_bordered[:, :, 0]
    if ends:
        of_bordered[:, :, -2] += of_bordered[:, :, -1]
    rows = slice(int(begins), of_bordered.shape[2] - ends)
    return of_bordered[:, :, rows, 1:-1]


def _as_taken(weight: Tensor, *, for_maps: bool) -> Tensor:
    """(D, C, 3, 3) -> (36, C, D) where `winograd` is to make the convolution, else (D, C, 3, 3)."""
    if winograd.is_worthwhile(weight, for_maps=for_maps):
        return winograd.transform(weight)
    return weight.contiguous(memory_format=torch.channels_last)


def _is_transformed(weight: Tensor) -> bool:
    return weight.ndim == 3


def _missing(weight: Tensor, height: int, width: int) -> tuple[int, int]:
    """Rows and columns that results of that size lack for how a weight, as `_as_taken` returns it, is
    taken."""
    return winograd.missing(height, width) if _is_transformed(weight) else (0, 0)


def _convolved(maps: Tensor, weight: Tensor) -> Tensor:
    """(1, D, H, W), none of it `_missing`, and a weight for gradients -> (1, C, H - 2, W - 2)."""
    if _is_transformed(weight):
        return winograd.convolve(maps, weight)
    # `conv_transpose2d` takes a seventh longer.
    return functional.conv2d(maps, weight)


def _direct(bordered: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """bordered: (1, C, H + 2, W + 2), of the weight's type or wider. Returns (1, D, H, W), 0 or more."""
    if bordered.dtype != weight.dtype:
        # In bfloat16 alone an image would lose what is fine in it; six channels cost no more than three.
        high = bordered.to(weight.dtype)
        bordered = torch.cat([high, (bordered - high).to(weight.dtype)], dim=1)
        weight = torch.cat([weight, weight], dim=1)
    return functional.conv2d(bordered, weight, bias).relu_()


def _bordered(maps: Tensor, more: tuple[int, int] = (0, 0)) -> Tensor:
    """Maps with one more position on each side, and `more` below and to the right, of the nearest's values:
    (1, C, H, W) -> (1, C, H + 2 + more[0], W + 2 + more[1]); without a graph."""
    if maps.device.type == "cpu":
        # Of few channels torch's own takes four times as long.
        return _with_rows_above(maps, None, ends=True, more=more)
    return functional.pad(maps, (1, 1 + more[1], 1, 1 + more[0]), mode="replicate")


def _with_rows_above(maps: Tensor, above: Tensor | None, *, ends: bool, more: tuple[int, int]) -> Tensor:
    """Rows of maps, (1, C, h, W), with the two bordered ones `above` them, or with their border where they
    begin or end; with one more position on either side, and `more` below and to the right, of the nearest's
    values."""
    height, width = maps.shape[2:]
    top = 1 if above is None else 2
    shape = 1, maps.shape[1], top + height + ends + more[0], width + 2 + more[1]
    layout = torch.contiguous_format if in_planes(maps) else torch.channels_last
    framed = torch.empty(shape, dtype=maps.dtype, device=maps.device, memory_format=layout)
    rows = slice(top, top + height)
    framed[:, :, rows, 1 : 1 + width] = maps
    framed[:, :, rows, :1] = maps[:, :, :, :1]
    framed[:, :, rows, 1 + width :] = maps[:, :, :, -1:]
    framed[:, :, :top] = framed[:, :, 1:2] if above is None else above
    framed[:, :, rows.stop :] = framed[:, :, rows.stop - 1 : rows.stop]
    return framed


def _of_positive(
    gradient: Tensor,
    result: Tensor,
    more: tuple[int, int],
    *,
    above: Tensor | None,
    ends: bool,
) -> Tensor:
    """A gradient where the result is positive, 0 elsewhere and in two more positions on each side, and `more`
    below and to the right: (1, D, H, W), likewise -> (1, D, H + 4 + more[0], W + 4 + more[1]). above: the two
    rows before these, so framed; ends: whether zeros follow below."""
    height, width = result.shape[2:]
    shape = 1, result.shape[1], 2 + height + 2 * ends + more[0], width + 4 + more[1]
    framed = torch.empty(shape, dtype=result.dtype, device=result.device, memory_format=torch.channels_last)
    rows, columns = slice(2, 2 + height), slice(2, 2 + width)
    if above is None:
        framed[:, :, :2].zero_()
    else:
        framed[:, :, :2] = above
    framed[:, :, rows.stop :].zero_()
    for side in (framed[:, :, rows, :2], framed[:, :, rows, columns.stop :]):
        side.zero_()
    inner = framed[:, :, rows, columns]
    # Whether other devices write into a part of a tensor was not tried.
    if inner.device.type == "cpu":
        torch.ops.aten.threshold_backward.grad_input(gradient, result, 0, grad_input=inner)
    else:
        inner.copy_(torch.ops.aten.threshold_backward(gradient, result, 0))
    return framed
