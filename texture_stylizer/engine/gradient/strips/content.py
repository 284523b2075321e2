"""The content's loss and gradient of maps that come from top to bottom, each row compared once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ...losses.content import ContentLoss
from ...operators.local_mean import (
    CELL,
    CELLS_ABOUT,
    add_of_cells,
    cell_means,
    subtract_means,
    subtract_of_cells,
)
from ...tiles import Tile
from .row_buffers import Rows, Sums

TileOf = Callable[[slice], Tile | None]
"""Rows of the content layer's map as a tile of the picture; None where none of them counts."""


class ContentRows:
    """Where maps are compared as they are."""

    def __init__(self, content: ContentLoss, tile_of: TileOf, rows: int) -> None:
        """rows: of the whole map."""
        self._content, self._tile_of, self._rows = content, tile_of, rows
        self._target = content.target_rows()
        self.compared = 0
        """Rows of the map that are no longer wanted."""
        self.known = 0
        """Rows whose gradient is complete."""
        self.gradient = Sums()

    def add(self, maps: Rows) -> Tensor:
        """Compare what has become known of the map. Returns the loss of the rows that are done with, a
        scalar."""
        error = self._next_error(maps, maps.stop)
        loss = torch.zeros(())
        if error is not None:
            loss = self._weigh(error, self.known)
            self.gradient.add(self.known, error)
            self.known = self.compared
        return loss

    def _next_error(self, maps: Rows, stop: int) -> Tensor | None:
        """The map less the content's, of the rows after those that are compared, up to `stop`."""
        first, self.compared = self.compared, stop
        if first == stop:
            return None
        target = self._target.between(first, stop)
        error = torch.empty_like(target, memory_format=torch.channels_last)
        for start, piece in maps.pieces(first, stop):
            rows = slice(start - first, start - first + piece.shape[2])
            torch.sub(piece, target[:, :, rows], out=error[:, :, rows])
        return error

    def _weigh(self, error: Tensor, first: int) -> Tensor:
        """Make the gradient of some rows of what is compared of their error, in place. Returns their loss."""
        part = self._tile_of(slice(first, first + error.shape[2]))
        if part is None:
            error.zero_()
            return torch.zeros(())
        return self._content.weigh(error, part)


class LessSurroundingsRows(ContentRows):
    """Where maps are compared less what lies about. The means of cells are as coarse as to be kept for the
    whole map: what is compared of a row is known three cells below it, and its gradient another three below
    that."""

    def __init__(self, content: ContentLoss, tile_of: TileOf, rows: int) -> None:
        super().__init__(content, tile_of, rows)
        self._errors = Rows()
        self._cells: Tensor | None = None
        self._of_cells: Tensor | None = None
        self._weighed = 0

    def add(self, maps: Rows) -> Tensor:
        ends = maps.stop == self._rows
        first = self.compared
        error = self._next_error(maps, self._rows if ends else maps.stop // CELL * CELL)
        if error is not None:
            self._errors.append(error)
            self._add_cells(error, first // CELL)
        if self._cells is None or self._of_cells is None:
            return torch.zeros(())
        loss = self._weigh_known(self._cells, self._of_cells, ends=ends)
        self._complete_known(self._of_cells, ends=ends)
        return loss

    def _add_cells(self, error: Tensor, first: int) -> None:
        if self._cells is None:
            channels, width = error.shape[1], error.shape[3]
            shape = 1, channels, self._rows // CELL, width // CELL
            self._cells = torch.empty(shape, dtype=error.dtype, memory_format=torch.channels_last)
            self._of_cells = torch.zeros_like(self._cells)
        if error.shape[2] >= CELL:
            means = cell_means(error)
            self._cells[:, :, first : first + means.shape[2]] = means

    def _weigh_known(self, cells: Tensor, of_cells: Tensor, *, ends: bool) -> Tensor:
        """What is compared of the rows whose surroundings are known."""
        stop = self._rows if ends else max(0, self.compared - (CELLS_ABOUT + 1) * CELL)
        loss = torch.zeros(())
        for start, piece in self._errors.pieces(self._weighed, stop):
            subtract_means(piece, cells, start // CELL)
            loss = loss + self._weigh(piece, start)
            add_of_cells(of_cells, piece, start // CELL)
            self.gradient.add(start, piece)
        self._errors.forget(stop)
        self._weighed = max(self._weighed, stop)
        return loss

    def _complete_known(self, of_cells: Tensor, *, ends: bool) -> None:
        """Take from the gradient what follows from the means that a row is part of, where all of it is
        known."""
        stop = self._rows if ends else max(0, self._weighed - (CELLS_ABOUT + 1) * CELL)
        for start, piece in self.gradient.pieces(self.known, stop):
            subtract_of_cells(piece, of_cells, start // CELL)
        self.known = max(self.known, stop)
