"""Rows of a map, or of its gradient, on their way from top to bottom."""

from __future__ import annotations

import torch
from torch import Tensor


class Rows:
    """Rows that are known and still wanted."""

    def __init__(self) -> None:
        self.stop = 0
        self._pieces: list[tuple[int, Tensor]] = []
        """A first row, and some rows from it on, (1, C, h, W)."""

    def append(self, piece: Tensor) -> None:
        """piece: (1, C, h, W), the next rows, which may be none."""
        if piece.shape[2]:
            self._pieces.append((self.stop, piece))
            self.stop += piece.shape[2]

    def pass_by(self, count: int) -> None:
        """So many rows are known, and are not kept."""
        self.stop += count

    def between(self, first: int, last: int) -> Tensor:
        """(1, C, last - first, W), at least one row: a view where one piece has them all."""
        found = []
        for start, piece in self._pieces:
            top, bottom = max(first, start), min(last, start + piece.shape[2])
            if top < bottom:
                found.append(piece[:, :, top - start : bottom - start])
        return _joined(found)

    def forget(self, before: int) -> None:
        """Let go of what lies above a row."""
        self._pieces = [(start, piece) for start, piece in self._pieces if start + piece.shape[2] > before]

    def take(self, last: int) -> Tensor | None:
        """All rows before `last` that were not taken yet, which may be changed; None where there is none."""
        found = []
        while self._pieces and self._pieces[0][0] < last:
            start, piece = self._pieces.pop(0)
            found.append(piece[:, :, : last - start])
            if start + piece.shape[2] > last:
                self._pieces.insert(0, (last, piece[:, :, last - start :]))
        return _joined(found) if found else None


def _joined(pieces: list[Tensor]) -> Tensor:
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=2)
