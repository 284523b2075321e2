"""What keeps lines of the original: its Laplacian of pooled luminance, where that has contrast.

After Lapstyle (Li et al. 2017).

Both the pooling and the Laplacian are linear and local, and the whole picture's is small: so it is made at
once before a step, whatever the tiles, and its gradient is spread over the rows as these come.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from ..color import REC709_LUMINANCE
from ..hardware.offload import Band

POOLS = (2, 4)
"""Pixels of a cell's side. A letter's strokes are a few pixels wide at 256 to 512 px; Lapstyle's own cells of
4 and 16 px are for the outlines of faces."""

CONTRAST = 0.06
"""Laplacian, in display-encoded units, at which a place counts half: the line is what stands out by more, and
grain by less."""

SHARE = 3.0
"""What the relative error of lines counts for at --protect-detail 1."""

_KERNEL = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))


class DetailLoss:
    """The squared error of the lines, relative to the original's own squares, weighted by their contrast."""

    def __init__(self, content: Tensor, mask: Tensor | None, weight: float) -> None:
        """content: (1, 3, H, W), display-encoded [0, 1]. mask: (H, W), what each pixel counts for, 0 within
        the border that does not; None for 1. weight: from 0 to 1, what the loss counts for."""
        self._size = content.shape[2:]
        self._targets = [_lines(content, pool) for pool in POOLS]
        self._weights = [
            _counted(lines, mask, pool) for lines, pool in zip(self._targets, POOLS, strict=True)
        ]
        self._scales = [
            weight * SHARE / len(POOLS) / max(float((counted * lines.square()).sum()), _least(counted))
            for lines, counted in zip(self._targets, self._weights, strict=True)
        ]

    def loss_and_gradient(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The loss of a picture like the content, and its gradient with respect to the pooled luminance, for
        each of POOLS, (1, 1, H // pool, W // pool)."""
        loss, gradients = image.new_zeros(()), []
        for pool, target, counted, scale in zip(
            POOLS, self._targets, self._weights, self._scales, strict=True
        ):
            error = _lines(image, pool) - target
            weighed = error * counted
            loss = loss + scale * (weighed * error).sum()
            gradients.append(_laplacian_adjoint(weighed).mul_(2.0 * scale))
        return loss, gradients

    def added(self, bands: Iterator[Band], image: Tensor) -> Iterator[Band]:
        """Bands of a gradient with this loss's own, and their shares in the loss with it in the first's. The
        image may be changed by whoever takes a band: it is looked at before the first."""
        loss, gradients = self.loss_and_gradient(image)
        for band in bands:
            for pool, gradient in zip(POOLS, gradients, strict=True):
                self._spread(gradient, pool, band)
            yield Band(band.rows, band.gradient, band.loss + loss.to(band.loss))
            loss = torch.zeros_like(loss)

    def _spread(self, gradient: Tensor, pool: int, band: Band) -> None:
        """Add to a band what the pooled luminance's gradient means for its pixels."""
        first, last = band.rows.start // pool, -(-band.rows.stop // pool)
        rows = gradient[:, :, first:last].repeat_interleave(pool, 2).repeat_interleave(pool, 3)
        top = band.rows.start - first * pool
        rows = rows[:, :, top : top + band.rows.stop - band.rows.start]
        found = band.gradient[:, :, : rows.shape[2], : rows.shape[3]]
        for channel, share in enumerate(REC709_LUMINANCE.tolist()):
            found[:, channel].add_(rows[:, 0].to(found), alpha=share / pool**2)


def _lines(image: Tensor, pool: int) -> Tensor:
    """The Laplacian of the pooled luminance of (1, 3, H, W), (1, 1, H // pool, W // pool); borders repeat."""
    shares = torch.tensor(REC709_LUMINANCE.tolist(), dtype=image.dtype, device=image.device)
    # Pooled first: that is the smaller copy.
    pooled = (functional.avg_pool2d(image, pool) * shares.view(1, 3, 1, 1)).sum(1, keepdim=True)
    return functional.conv2d(functional.pad(pooled, (1, 1, 1, 1), mode="replicate"), _kernel(image))


def _laplacian_adjoint(lines: Tensor) -> Tensor:
    """The adjoint of the Laplacian, whose repeated borders give what they have to what they repeat."""
    found = functional.conv_transpose2d(lines, _kernel(lines))
    for axis in (2, 3):
        length = found.shape[axis] - 2
        found.narrow(axis, 1, 1).add_(found.narrow(axis, 0, 1))
        found.narrow(axis, length, 1).add_(found.narrow(axis, length + 1, 1))
        found = found.narrow(axis, 1, length)
    return found


def _kernel(like: Tensor) -> Tensor:
    return torch.tensor(_KERNEL, dtype=like.dtype, device=like.device).view(1, 1, 3, 3)


def _counted(lines: Tensor, mask: Tensor | None, pool: int) -> Tensor:
    """What each cell counts for, like the lines: little where the original has little contrast. A line's
    cells are those beside it, too: what appears there would blur it."""
    power = functional.max_pool2d(lines.square(), 3, stride=1, padding=1)
    counted = power / (power + CONTRAST**2)
    if mask is None:
        return counted
    return counted * functional.avg_pool2d(mask[None, None].to(counted), pool)


def _least(counted: Tensor) -> float:
    """What the original's lines are taken to be at least: in a flat picture nothing is to be kept."""
    return max(1e-12, CONTRAST**2 * 1e-2 * counted.numel())
