"""Where a large picture is kept while it is worked on: in the network's memory, or in the computer's.

From the computer's memory the network gets a band of it at a time, as high as its tiles. The next band comes
while the network is busy with this one, and what is found goes back while it is busy with the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from ..features.vgg import HALO, Features
from ..tiles import Span, Tile
from .memory import where_fits

FLAT_BYTES, BORDERED_BYTES = 64, 128
"""Memory that a picture, its content and the optimiser take per pixel where it is flat, and where its border
is made at every step. At 6144 x 6144 px 45 and 115 were measured, on a mesh 163 with the CPU's."""

BAND_BYTES = 64
"""The same of a band in the network's memory: two of the picture, of its content and of the gradient."""

SMALLEST_TILE_BESIDE = 512
"""Side of a tile for which there must be room beside the picture; on a GPU it was not measured which pays."""


def storage_device(height: int, width: int, features: Features, *, flat: bool) -> torch.device:
    """The network's device if all of a picture fits there beside a tile, else the CPU: the network then has a
    band of it at a time.

    flat: whether its border belongs to the unknowns, as `ImageWithPadding`'s.
    """
    tile = features.graph_bytes_per_pixel * (SMALLEST_TILE_BESIDE + 2 * HALO) ** 2
    picture = (FLAT_BYTES if flat else BORDERED_BYTES) * height * width
    return where_fits(picture + tile, features.device)


SideStream = torch.cuda.Stream | None
"""A GPU's second line of work, for what comes and goes; None for other devices."""


def side_stream(device: torch.device) -> SideStream:
    """One for a device. Memory that came by one line can be used again by that one only: make few."""
    return torch.cuda.Stream(device) if device.type == "cuda" else None


class Band(NamedTuple):
    """Some rows of a picture's gradient, (1, 3, h, W), and the share of the loss that was added up with them,
    a scalar."""

    rows: slice
    gradient: Tensor
    loss: Tensor


class Offloaded:
    """A picture, or a map of one, as a device sees it: whole where it lies there, else a band at a time."""

    def __init__(
        self, picture: Tensor, device: torch.device, side_stream: SideStream, stride: int = 1
    ) -> None:
        """picture: (1, C, h, w), in use as long as this is. stride: pixels for a position."""
        self._picture, self._device, self._side_stream, self._stride = picture, device, side_stream, stride
        self._is_there = picture.device.type == device.type
        self._held: dict[tuple[int, int], _Transfer] = {}

    def region(self, part: Tile) -> Tensor:
        """What the network sees for a tile, (1, C, h', w'), on the device; a view where it lies there."""
        return self.rows(part.rows)[:, :, :, self._positions(part.columns)]

    def rows(self, span: Span) -> Tensor:
        """All columns of a row of tiles' region."""
        rows = self._positions(span)
        if self._is_there:
            return self._picture[:, :, rows]
        self.expect(span)
        key = rows.start, rows.stop
        self._held = {key: self._held[key]}
        return self._held[key].arrived()

    def expect(self, span: Span) -> None:
        """Let rows that are soon asked for come, whatever the device is busy with."""
        rows = self._positions(span)
        if not self._is_there and (rows.start, rows.stop) not in self._held:
            self._held[rows.start, rows.stop] = _Transfer(
                self._picture[:, :, rows], self._device, self._side_stream
            )

    def _positions(self, span: Span) -> slice:
        return slice(span.start // self._stride, span.stop // self._stride)


def brought_back(bands: Iterator[Band], storage: torch.device, side_stream: SideStream) -> Iterator[Band]:
    """Bands in the picture's own memory, each when the next has been begun."""
    before = None
    for rows, gradient, loss in bands:
        coming = rows, _Transfer(gradient, storage, side_stream), loss
        if before is not None:
            yield _arrived(*before)
        before = coming
    if before is not None:
        yield _arrived(*before)


def _arrived(rows: slice, gradient: _Transfer, loss: Tensor) -> Band:
    found = gradient.arrived()
    return Band(rows, found, loss.to(found.device))


class _Transfer:
    """A copy on its way from one memory to another: by a GPU beside its other work, where the computer's side
    of it is in pages that stay where they are."""

    def __init__(self, source: Tensor, target: torch.device, side_stream: SideStream) -> None:
        self._done: torch.cuda.Event | None = None
        if side_stream is None:
            self._copy = source.to(target)
            return
        if source.is_cuda:
            side_stream.wait_stream(torch.cuda.current_stream(source.device))
            self._copy = torch.empty_like(source, device=target, pin_memory=True)
            with torch.cuda.stream(side_stream):
                self._copy.copy_(source, non_blocking=True)
            source.record_stream(side_stream)
        else:
            pinned = torch.empty_like(source, pin_memory=True).copy_(source)
            with torch.cuda.stream(side_stream):
                self._copy = pinned.to(target, non_blocking=True)
        self._done = torch.cuda.Event()
        self._done.record(side_stream)

    def arrived(self) -> Tensor:
        """The copy: waited for by the computer, or by all that the GPU is asked for from now on."""
        if self._done is not None and self._copy.is_cuda:
            stream = torch.cuda.current_stream(self._copy.device)
            stream.wait_event(self._done)
            self._copy.record_stream(stream)
        elif self._done is not None:
            self._done.synchronize()
        return self._copy
