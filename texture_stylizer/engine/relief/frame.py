"""How far a step of one texel goes on the surface, and slopes of a height on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from ..color import Array
from ..surface.coverage import Coverage, Surface, coverage

_ROWS = 64
"""Rows of a picture that are worked on at once: what is made of them on the way stays in the processor."""


@dataclass(frozen=True)
class Steps:
    """How far a texel's step goes on the surface, (1, 1, H, W) or single numbers: along U, in the direction
    T; and upward along V, in the direction of T and across it, in the direction B."""

    along: Tensor
    lean: Tensor
    upright: Tensor

    def of_rows(self, rows: slice) -> Steps:
        """Those of some rows."""
        parts = (self.along, self.lean, self.upright)
        return Steps(*(part[:, :, rows] if part.numel() > 1 else part for part in parts))

    @property
    def scale(self) -> Tensor:
        """Side of a texel on the surface."""
        return (self.along * self.upright).sqrt()


@dataclass(frozen=True)
class Frame:
    """The tangent frame of a picture's texels.

    counts: (1, 1, H, W), the area of each on the surface, of a mean of 1, and 0 where there is nothing; None
    where all count the same. texel: side of the mean one on the surface. wrapped: whether rows, and columns,
    go on past the border. surface: the mesh, if there is one.
    """

    height: int
    width: int
    counts: Tensor | None
    steps: Steps
    texel: float
    wrapped: tuple[bool, bool]
    surface: Surface | None = None

    @cached_property
    def has(self) -> Tensor | None:
        """(1, 1, H, W), 1 where there is something and else 0; None for everywhere."""
        return None if self.counts is None else (self.counts > 0).float()

    def bands(self) -> Iterator[slice]:
        """The picture's rows, some at a time."""
        return bands(self.height)

    def counts_of(self, rows: slice) -> Tensor:
        """What the texels of some rows count, (1, 1, h, W)."""
        if self.counts is None:
            return torch.ones(1, 1, rows.stop - rows.start, self.width)
        return self.counts[:, :, rows]


def bands(height: int) -> Iterator[slice]:
    """The rows of a picture, some at a time."""
    for top in range(0, height, _ROWS):
        yield slice(top, min(top + _ROWS, height))


def frame_of(
    height: int, width: int, surface: Surface | None, mask: Array | None, wrapped: tuple[bool, bool]
) -> Frame:
    """The frame of a picture on a mesh's surface, or by itself, where a step is 1."""
    if surface is None or surface.steps is None:
        one = torch.ones(1, 1, 1, 1)
        counts = None
        if mask is not None:
            counts = torch.from_numpy((mask > 0).astype(np.float32))[None, None]
        return Frame(height, width, counts, Steps(one, 0 * one, one), 1.0, wrapped)
    found = coverage(surface, height, width)
    counts = torch.from_numpy(found.weights)[None, None]
    steps = _steps_of_texels(surface, found)
    texel = float((steps.scale * counts).sum() / counts.sum().clamp_min(1e-12))
    return Frame(height, width, counts, steps, texel, wrapped, surface)


def _steps_of_texels(surface: Surface, found: Coverage) -> Steps:
    assert surface.steps is not None
    height, width = found.texels.shape
    steps = surface.steps / np.array([width, height, height])
    # Of a face that is a point or a line in the map nothing can be said: it counts as the others do.
    usable = (steps[:, 0] > 1e-9) & (steps[:, 2] > 1e-9) & ~surface.below_a_texel(height, width)
    mean = np.exp(np.log(steps[usable][:, [0, 2]]).mean()) if usable.any() else 1.0
    steps[~usable] = [mean, 0.0, mean]
    owners = np.maximum(found.owners, 0)
    return Steps(*(torch.from_numpy(steps[:, n].astype(np.float32)[owners])[None, None] for n in range(3)))


def slopes(height: Tensor, frame: Frame, rows: slice) -> Tensor:
    """The slopes along T and B of some rows of a height (1, 1, H, W) on the surface, (1, 2, h, W), both with
    one unit of length.

    A slope is that between the texels on either side, or to one of them at an island's border: samples of the
    other side, which lie between its texels, were five times further off. 0 where there is nothing.
    """
    has = frame.has
    steps = frame.steps.of_rows(rows)
    rise_u = _rise(height[:, :, rows], None if has is None else has[:, :, rows], 3, frame.wrapped[1])
    tall = _with_neighbours(height, rows, frame.wrapped[0])
    tall_has = None if has is None else _with_neighbours(has, rows, frame.wrapped[0])
    rise_v = -_inner_rise(tall, tall_has, 2)
    along_t = rise_u / steps.along
    along_b = (rise_v - steps.lean * along_t) / steps.upright
    found = torch.cat([along_t, along_b], dim=1)
    return found if has is None else found * has[:, :, rows]


def _with_neighbours(image: Tensor, rows: slice, is_wrapped: bool) -> Tensor:
    """Some rows with the one above and the one below; past the border goes on what is there, or in a line."""
    height = image.shape[2]
    if rows.start > 0 and rows.stop < height:
        return image[:, :, rows.start - 1 : rows.stop + 1]
    if is_wrapped:
        return image[:, :, torch.arange(rows.start - 1, rows.stop + 1) % height]
    inner = image[:, :, max(0, rows.start - 1) : rows.stop + 1]
    return _prolonged(inner, 2, rows.start == 0, rows.stop == height)


def _rise(height: Tensor, has: Tensor | None, dim: int, is_wrapped: bool) -> Tensor:
    """By how much a height rises per texel along a dimension."""
    padded = [_with_ends(found, dim, is_wrapped) if found is not None else None for found in (height, has)]
    return _inner_rise(padded[0], padded[1], dim)  # type: ignore[arg-type]


def _with_ends(image: Tensor, dim: int, is_wrapped: bool) -> Tensor:
    if is_wrapped:
        side = image.shape[dim]
        return torch.cat([image.narrow(dim, side - 1, 1), image, image.narrow(dim, 0, 1)], dim=dim)
    return _prolonged(image, dim, True, True)


def _prolonged(image: Tensor, dim: int, before: bool, after: bool) -> Tensor:
    """`image` with one more texel at an end, in a line with its last two."""
    side = image.shape[dim]
    next_one, last_but_one = min(1, side - 1), max(0, side - 2)
    parts = [image]
    if before:
        parts.insert(0, 2 * image.narrow(dim, 0, 1) - image.narrow(dim, next_one, 1))
    if after:
        parts.append(2 * image.narrow(dim, side - 1, 1) - image.narrow(dim, last_but_one, 1))
    return torch.cat(parts, dim=dim)


def _inner_rise(padded: Tensor, has: Tensor | None, dim: int) -> Tensor:
    side = padded.shape[dim] - 2
    before, here, after = (padded.narrow(dim, start, side) for start in range(3))
    if has is None:
        return (after - before) * 0.5
    has_before, has_after = has.narrow(dim, 0, side), has.narrow(dim, 2, side)
    rise = (after - here) * has_after + (here - before) * has_before
    return rise / (has_before + has_after).clamp_min(1.0)
