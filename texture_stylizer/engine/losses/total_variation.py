"""Total variation: the step from each texel to its neighbours, and its gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from ..operators.channel_mixing import in_planes
from ..tiles import Inset

_VALUES, _VALUES_ON_GPU = 2**19, 2**24
"""Values whose total variation is worked out at once, by rows: it takes a dozen copies of them. A GPU has a
dozen kernels to start each time."""


CHROMA_WEIGHT = 2.0
"""What a squared step in colour counts for, relative to one in brightness. No layer sees a texel's hue well:
at a quarter of this woodcuts and other grey styles came out with red and green speckle; lines are kept by
their brightness."""

EDGE = 0.03
"""A step in brightness from which on total variation grows with the step itself and no more with its square
(Charbonnier et al. 1994). Squares alone would soften lines long before they level a weave of small steps."""


class TotalVariation:
    """Mean step to the right and downward neighbour, and its gradient, some rows at a time: in brightness
    squared where it is small and less where it is an edge (EDGE), in colour squared and times CHROMA_WEIGHT.

    mask: (H, W) or None; steps between two texels that count for nothing are left out of the mean, and one
    that leaves the counted texels is a half, for it is seen again from where it leads to. inset: the border
    that does not count, where there is no mask.
    """

    def __init__(self, height: int, width: int, mask: Tensor | None = None, inset: Inset = (0, 0)) -> None:
        self._mask = None if mask is None else mask > 0
        self._size, self._inset = (height, width), inset
        if self._mask is not None:
            across, down = _halves(self._mask, 1), _halves(self._mask, 0)
            self._across, self._down = max(float(across.sum()), 1.0), max(float(down.sum()), 1.0)
        else:
            rows, columns = height - 2 * inset[0], width - 2 * inset[1]
            self._across = float(rows * (columns if inset[1] else columns - 1))
            self._down = float((rows if inset[0] else rows - 1) * columns)

    def _shares(self, rows: slice, axis: int, image: Tensor) -> Tensor | None:
        """What the steps along an axis between some rows' texels count for, (h - 1, W) or (h, W - 1), of the
        image's type; None for 1."""
        if self._mask is not None:
            return _halves(self._mask[rows].to(image.device), axis).to(image.dtype)
        if self._inset == (0, 0):
            return None
        inner = []
        for length, border, part in zip(self._size, self._inset, (rows, slice(None)), strict=True):
            places = torch.arange(length, device=image.device)[part]
            inner.append(((places >= border) & (places < length - border)).to(image.dtype))
        inner[axis] = _halves(inner[axis], 0)
        return inner[0][:, None] * inner[1]

    def add_rows(
        self, rows: slice, image: Tensor, gradient: Tensor, weight: float, above: Tensor | None
    ) -> Tensor:
        """Add the gradient of weight * loss for some rows of a picture.

        image: (1, 3, h, W), from the first of them on, with at least one below them if the picture has one.
        gradient: (1, 3, rows, W), changed in place. above: (1, 3, 1, W), the row before them; None if they
        are the first. Returns the loss of the steps to the right in these rows and downward from them.
        """
        loss = image.new_zeros(())
        fitting = _VALUES if image.device.type == "cpu" else _VALUES_ON_GPU
        count = max(1, fitting // (image.shape[1] * image.shape[3]))
        for first in range(rows.start, rows.stop, count):
            few = slice(first, min(first + count, rows.stop))
            top, bottom = few.start - rows.start, few.stop - rows.start
            part, seen = gradient[:, :, top:bottom], image[:, :, top : bottom + 1]
            loss = loss + self._add_few(few, seen, part, weight, above)
            above = image[:, :, bottom - 1 : bottom]
        return loss

    def _add_few(
        self, rows: slice, image: Tensor, gradient: Tensor, weight: float, above: Tensor | None
    ) -> Tensor:
        # One colour after the other, as the gradient: across two layouts it takes twice as long.
        image = image if in_planes(image) else image.contiguous()
        here = image[:, :, : gradient.shape[2]]
        channels = image.shape[1]
        across = here[:, :, :, 1:] - here[:, :, :, :-1]
        shares = self._shares(rows, 1, image)
        values, weighed = _charbonnier(across, shares)
        loss = values.sum() / self._across
        factor = 2.0 * weight / (self._across * channels)
        gradient[:, :, :, 1:].add_(weighed, alpha=factor)
        gradient[:, :, :, :-1].sub_(weighed, alpha=factor)

        down = image[:, :, 1:] - image[:, :, :-1]
        shares = self._shares(slice(rows.start, rows.start + image.shape[2]), 0, image)
        values, weighed = _charbonnier(down, shares)
        loss = loss + values.sum() / self._down
        factor = 2.0 * weight / (self._down * channels)
        gradient[:, :, : down.shape[2]].sub_(weighed, alpha=factor)
        gradient[:, :, 1:].add_(weighed[:, :, : gradient.shape[2] - 1], alpha=factor)
        if above is not None:
            step = here[:, :, :1] - above
            shares = self._shares(slice(rows.start - 1, rows.start + 1), 0, image)
            gradient[:, :, :1].add_(_charbonnier(step, shares)[1], alpha=factor)
        return weight * loss


def _charbonnier(step: Tensor, shares: Tensor | None) -> tuple[Tensor, Tensor]:
    """Steps (1, C, h, w) and what each counts for, (h, w) or None for 1: what they add to the mean,
    (1, 1, h, w), and half the gradient of that times C, (1, C, h, w)."""
    grey = step.mean(1, keepdim=True)
    color = step - grey
    root = (grey.square() + EDGE**2).sqrt_()
    values = CHROMA_WEIGHT * color.square().mean(1, keepdim=True) + 2.0 * EDGE * (root - EDGE)
    slope = color.mul_(CHROMA_WEIGHT).add_(grey.mul_(EDGE).div_(root))
    return (values, slope) if shares is None else (values * shares, slope.mul_(shares))


def _halves(counted: Tensor, axis: int) -> Tensor:
    """What the steps along an axis count for: 1 within the counted texels, a half on the way out."""
    length = counted.shape[axis] - 1
    return (counted.narrow(axis, 1, length).float() + counted.narrow(axis, 0, length).float()) / 2


def total_variation(image: Tensor, mask: Tensor | None = None) -> Tensor:
    """The same at once, and differentiable: the reference. image: (1, 3, H, W). Returns a scalar."""
    steps = (image.diff(dim=3), image.diff(dim=2))
    across, down = (
        2.0 * EDGE * ((step.mean(1)[0].square() + EDGE**2).sqrt() - EDGE)
        + CHROMA_WEIGHT * (step - step.mean(1, keepdim=True)).square().mean(1)[0]
        for step in steps
    )
    if mask is None:
        return across.mean() + down.mean()
    beside, below = (_halves(mask > 0, axis).to(image.dtype) for axis in (1, 0))
    return (across * beside).sum() / beside.sum().clamp_min(1.0) + (
        down * below
    ).sum() / below.sum().clamp_min(1.0)
