"""What keeps lines of the original: the Laplacian of its blurred luminance, where that has contrast.

After Lapstyle (Li et al. 2017), whose cells are averaged over all places that they could have: cells in fixed
places leave a weave of their size. All of it is linear and local, with one channel: so the whole picture's is
made at once before a step, whatever the tiles, and its gradient is added to the rows as these come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ..color import REC709_LUMINANCE
from ..hardware.offload import Band

STEPS = (2, 4)
"""Pixels from a place to those that it is compared with, which are blurred over as many. A letter's strokes
are a few pixels wide at 256 to 512 px; Lapstyle's 4 and 16 px are for the outlines of faces."""

CONTRAST = 0.25
"""Laplacian, in display-encoded units, at which a place counts half: a line is what stands out by more, and
grain by less."""

SHARE = 0.2
"""What the relative error of lines counts for at --protect-detail 1; below, it goes by the square. At a
quarter of this letters stand out, and strokes still run through them."""


class _Scale(NamedTuple):
    """target: the lines of the original, counted: what each counts for, (1, 1, H, W) both; scale: what the
    sum of their squared errors is multiplied by."""

    step: int
    target: Tensor
    counted: Tensor
    scale: float


class DetailLoss:
    """The squared error of the lines, relative to the original's own squares, weighted by their contrast."""

    def __init__(self, content: Tensor, mask: Tensor | None, weight: float) -> None:
        """content: (1, 3, H, W), display-encoded [0, 1]. mask: (H, W), what each pixel counts for, 0 within
        the border that does not; None for 1. weight: from 0 to 1, what the loss counts for."""
        grey = _grey(content)
        self._scales = []
        for step in STEPS:
            target = _lines(grey, step)
            counted = _counted(target, mask, step)
            squares = max(float((counted * target.square()).sum()), _least(counted))
            self._scales.append(_Scale(step, target, counted, weight**2 * SHARE / len(STEPS) / squares))

    def loss_and_gradient(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of a picture like the content, and its gradient with respect to the luminance,
        (1, 1, H, W)."""
        grey, loss = _grey(image), image.new_zeros(())
        gradient = torch.zeros_like(grey)
        for step, target, counted, scale in self._scales:
            error = _lines(grey, step).sub_(target)
            weighed = error * counted
            loss = loss + scale * (weighed * error).sum()
            # What makes the lines is its own transpose.
            gradient.add_(_lines(weighed, step), alpha=2.0 * scale)
        return loss, gradient

    def added(self, bands: Iterator[Band], image: Tensor) -> Iterator[Band]:
        """Bands of a gradient with this loss's own, and their shares in the loss with it in the first's. The
        image may be changed by whoever takes a band: it is looked at before the first."""
        loss, gradient = self.loss_and_gradient(image)
        for band in bands:
            rows = gradient[:, 0, band.rows].to(band.gradient)
            for channel, share in enumerate(REC709_LUMINANCE.tolist()):
                band.gradient[:, channel].add_(rows, alpha=share)
            yield Band(band.rows, band.gradient, band.loss + loss.to(band.loss))
            loss = torch.zeros_like(loss)


def _grey(image: Tensor) -> Tensor:
    """The luminance of (1, 3, H, W), (1, 1, H, W)."""
    red, green, blue = REC709_LUMINANCE.tolist()
    return (image[:, :1] * red).add_(image[:, 1:2], alpha=green).add_(image[:, 2:], alpha=blue)


def _lines(grey: Tensor, step: int) -> Tensor:
    """The Laplacian over `step` pixels of (1, 1, H, W), blurred over as many; 0 beyond the border."""
    blurred = functional.avg_pool2d(grey, step + 1, stride=1, padding=step // 2)
    found = -4.0 * blurred
    for axis in (2, 3):
        length = found.shape[axis] - step
        found.narrow(axis, step, length).add_(blurred.narrow(axis, 0, length))
        found.narrow(axis, 0, length).add_(blurred.narrow(axis, step, length))
    return found


def _counted(lines: Tensor, mask: Tensor | None, step: int) -> Tensor:
    """What each place counts for, like the lines: little where the original has little contrast. What lies
    beside a line counts with it: what appears there would blur it. Places that see beyond the border do not
    count."""
    power = functional.max_pool2d(lines.square(), 2 * step + 1, stride=1, padding=step).square_()
    counted = power.div_(power + CONTRAST**4)
    reach = step + step // 2
    inner = torch.zeros_like(counted)
    inside = slice(None), slice(None), slice(reach, -reach), slice(reach, -reach)
    inner[inside] = counted[inside]
    return inner if mask is None else inner.mul_(mask.to(inner))


def _least(counted: Tensor) -> float:
    """What the original's lines are taken to be at least: in a flat picture nothing is to be kept."""
    return max(1e-12, 1e-3 * CONTRAST**2 * counted.numel())
