"""Rows of a map on their way from top to bottom: those that are known, and gradients that are added up."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ...operators.channel_mixing import in_planes

Piece = tuple[int, Tensor]
"""A first row, and some rows of a map from it on, (1, C, h, W)."""


class Rows:
    """Rows of a map that are known and still wanted."""

    def __init__(self) -> None:
        self.stop = 0
        self._pieces: list[Piece] = []

    def append(self, piece: Tensor) -> None:
        """piece: (1, C, h, W), the next rows, which may be none."""
        if piece.shape[2]:
            self._pieces.append((self.stop, piece))
            self.stop += piece.shape[2]

    def pass_by(self, count: int) -> None:
        """So many rows are known, and are not kept."""
        self.stop += count

    def pieces(self, first: int, last: int) -> Iterator[Piece]:
        """Views of these rows, as they lie in memory."""
        return _within(self._pieces, first, last)

    def between(self, first: int, last: int) -> Tensor:
        """(1, C, last - first, W), at least one row: a view where one piece has them all."""
        found = [piece for _, piece in self.pieces(first, last)]
        return found[0] if len(found) == 1 else torch.cat(found, dim=2)

    def forget(self, before: int) -> None:
        """Let go of what lies above a row."""
        self._pieces = [(start, piece) for start, piece in self._pieces if start + piece.shape[2] > before]


class Sums:
    """Gradients of a map's rows, which are added up until they are taken."""

    def __init__(self) -> None:
        self.appended = 0
        """Rows that `append` has given."""
        self.stop = 0
        self._pieces: list[Piece] = []

    def add(self, first: int, gradient: Tensor) -> None:
        """gradient: (1, C, h, W) of the rows from `first` on; it may be changed from now on."""
        if first > self.stop:
            self._extend(first, gradient)
        last = first + gradient.shape[2]
        for start, piece in self.pieces(first, last):
            piece += gradient[:, :, start - first : start - first + piece.shape[2]]
        if last > self.stop:
            self._pieces.append((self.stop, gradient[:, :, self.stop - first :]))
            self.stop = last

    def append(self, gradient: Tensor) -> None:
        """Add to the rows after those that this was given before."""
        self.add(self.appended, gradient)
        self.appended += gradient.shape[2]

    def pieces(self, first: int, last: int) -> Iterator[Piece]:
        """Views of the sums of these rows, which may be changed."""
        return _within(self._pieces, first, last)

    def take(self, last: int, like: Tensor) -> Tensor:
        """The sums of all rows before `last` that were not taken yet; zeros like a map's where nothing was
        added."""
        if self.stop < last:
            self._extend(last, like)
        found = self.take_known(last)
        assert found is not None, "at least one row is asked for"
        return found

    def take_known(self, last: int) -> Tensor | None:
        """The same where all is known; None where no row is left."""
        found = []
        while self._pieces and self._pieces[0][0] < last:
            start, piece = self._pieces.pop(0)
            found.append(piece[:, :, : last - start])
            if start + piece.shape[2] > last:
                self._pieces.insert(0, (last, piece[:, :, last - start :]))
        if not found:
            return None
        return found[0] if len(found) == 1 else torch.cat(found, dim=2)

    def _extend(self, stop: int, like: Tensor) -> None:
        shape = *like.shape[:2], stop - self.stop, like.shape[3]
        layout = torch.contiguous_format if in_planes(like) else torch.channels_last
        zeros = torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=layout).zero_()
        self._pieces.append((self.stop, zeros))
        self.stop = stop


def _within(pieces: list[Piece], first: int, last: int) -> Iterator[Piece]:
    for start, piece in pieces:
        top, bottom = max(first, start), min(last, start + piece.shape[2])
        if top < bottom:
            yield top, piece[:, :, top - start : bottom - start]
