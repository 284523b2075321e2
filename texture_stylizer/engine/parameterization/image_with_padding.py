"""A picture so large that its gradient is never there as a whole, nor a second one beside its unknowns."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ..hardware.offload import Band
from .image import ImageParameterization
from .padding import fold_wrapped, within, wrap_ends


class ImageWithPadding(ImageParameterization):
    """The unknowns have the border that is seen: what is optimised is seen as it lies in memory.

    Where the picture is tiled, at least two halos long, its border is written anew before each step, and its
    gradient goes to what it repeats. Elsewhere it is mirrored once, and belongs to the unknowns.
    """

    @staticmethod
    def is_possible(wrapped: tuple[bool, bool], height: int, width: int, halo: int) -> bool:
        """Whether a picture of that size is long enough where it is tiled."""
        return all(
            not tiled or length >= 2 * halo for tiled, length in zip(wrapped, (height, width), strict=True)
        )

    def unknowns(self, image: Tensor) -> Tensor:
        return self.padded(image)

    def picture(self, unknowns: Tensor) -> Tensor:
        return within(unknowns, self.inset)

    def seen(self, unknowns: Tensor) -> Tensor:
        for axis in (3, 2):
            if self.wrapped[axis - 2]:
                wrap_ends(unknowns, axis, self.inset[axis - 2])
        return unknowns

    def gradient(self, gradient: Tensor) -> Tensor:
        for axis in (2, 3):
            self._fold(gradient, axis)
        return gradient

    def bands(self, bands: Iterator[Band], height: int) -> Iterator[Band]:
        """`gradient` for bands of what is seen, `height` rows. Where the picture is tiled downward, its
        first rows come last, since what repeats them does, and its border does not come at all."""
        for band in self._wrapped_downward(bands, height) if self.wrapped[0] else bands:
            self._fold(band.gradient, 3)
            yield band

    def _fold(self, gradient: Tensor, axis: int) -> None:
        """Give what is repeated what its repetitions have, which then have nothing."""
        border = self.inset[axis - 2]
        if self.wrapped[axis - 2]:
            length = gradient.shape[axis] - 2 * border
            fold_wrapped(gradient, axis, border)
            for start in (0, border + length):
                gradient.narrow(axis, start, border).zero_()

    def _wrapped_downward(self, bands: Iterator[Band], height: int) -> Iterator[Band]:
        border = self.inset[0]
        length = height - 2 * border
        above: Tensor | None = None
        first: Tensor | None = None
        loss = torch.zeros(())
        for band in bands:
            loss = band.loss + loss.to(band.loss)
            if above is None or first is None:
                shape = 1, band.gradient.shape[1], border, band.gradient.shape[3]
                above, first = (band.gradient.new_zeros(shape) for _ in range(2))
            rows, gradient = _among(band, 0, border)
            above[:, :, rows] = gradient
            for start in (border, border + length):
                rows, gradient = _among(band, start, border)
                first[:, :, rows] += gradient
            rows, gradient = _among(band, length, border)
            gradient += above[:, :, rows]
            rows, gradient = _among(band, 2 * border, length - border)
            if gradient.shape[2]:
                yield Band(slice(2 * border + rows.start, 2 * border + rows.stop), gradient, loss)
                loss = torch.zeros_like(loss)
        assert first is not None, "there is a band"
        yield Band(slice(border, 2 * border), first, loss)


def _among(band: Band, first: int, count: int) -> tuple[slice, Tensor]:
    """Those of a band's rows that are among `count` from `first` on: which of these, and their gradient."""
    start = max(band.rows.start, first)
    stop = max(start, min(band.rows.stop, first + count))
    of_band = slice(start - band.rows.start, stop - band.rows.start)
    return slice(start - first, stop - first), band.gradient[:, :, of_band]
