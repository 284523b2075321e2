"""The maps beside a colour, changed as its strokes want: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..color import Array
from .frame import Frame, bands
from .guided import even_within_strokes
from .normal_maps import decoded, encoded, flat, laid_onto, of_slopes
from .strokes import Strokes

STEEPNESS = 0.4
"""Height of full contrast in widths of a stroke, at a relief of 1."""

ROUGHENING = 0.3
"""Change of roughness by full contrast, at a following of 1: strokes differ by a few percent."""

_SAMPLE = 8
"""Bands of rows from which the mean normal is told at first."""

_UPRIGHT = 2e-4
_CORRECTIONS = 4

OfRows = Callable[[slice], Tensor]
LaidOnto = Callable[[slice, Tensor], tuple[Tensor, Tensor]]


def following_normals(
    base: Array | None,
    strokes: Strokes,
    restyled: Array,
    *,
    relief: float,
    soften: float = 0.0,
    green_down: bool = False,
) -> Array:
    """A normal map, (H, W, 3) in [0, 1], with the strokes' relief on it, its mean direction as it was.

    base: the material's own map, of any size; None for a flat one of the strokes' size. restyled: what the
    strokes are of, (h, w, 3). relief, soften: 0 to 1. green_down: DirectX' convention, in and out. Where no
    face uses a texel the map stays as it is.
    """
    if base is not None and soften > 0:
        base = even_within_strokes(base, strokes, restyled, soften, green_down)
    if base is not None and relief == 0:
        return base
    frame = strokes.frame
    size = (frame.height, frame.width) if base is None else base.shape[:2]
    slopes, counts = _slopes_at(strokes, *size), _counts_at(frame, *size)

    def laid(rows: slice, shift: Tensor) -> tuple[Tensor, Tensor]:
        """Some rows with their relief, and the sums of their normals (2, 3) without and with it."""
        normals = flat(rows.stop - rows.start, size[1])
        if base is not None:
            normals = decoded(_tensor(base[rows]), green_down)
        found = laid_onto(normals, of_slopes(slopes(rows) * (relief * STEEPNESS) + shift))
        return _where_something_is(normals, found, counts(rows))

    return _leaning_as_before(laid, size, green_down)


def _where_something_is(normals: Tensor, found: Tensor, counts: Tensor | None) -> tuple[Tensor, Tensor]:
    if counts is not None:
        found = torch.where(counts > 0, found, normals)
    weighted = [each if counts is None else each * counts for each in (normals, found)]
    return found, torch.stack([each.sum(dim=(0, 2, 3), dtype=torch.float64) for each in weighted])


def _leaning_as_before(laid: LaidOnto, size: tuple[int, int], green_down: bool) -> Array:
    """A whole map, (H, W, 3), whose slopes are shifted until its mean normal points where it did."""
    every_row = list(bands(size[0]))
    shift = torch.zeros(1, 2, 1, 1)
    for _ in range(2):
        some = every_row[:: max(1, len(every_row) // _SAMPLE)]
        shift += _tilt(sum(laid(rows, shift)[1] for rows in some))
    made = np.empty((*size, 3), dtype=np.float32)
    for _ in range(_CORRECTIONS):
        total = torch.zeros(2, 3, dtype=torch.float64)
        for rows in every_row:
            found, sums = laid(rows, shift)
            total += sums
            made[rows] = encoded(found, green_down)[0].permute(1, 2, 0).numpy()
        tilt = _tilt(total)
        if float(tilt.abs().max()) < _UPRIGHT:
            break
        shift += tilt
    return made


def following_roughness(base: Array, strokes: Strokes, *, follow: float) -> Array:
    """Roughness, (H, W, C) in [0, 1], raised where the strokes lie high and lowered where they lie low."""
    size = base.shape[:2]
    height = at_size(strokes.height, *size)
    return np.clip(base + follow * ROUGHENING * height[0, 0].numpy()[..., None], 0.0, 1.0).astype(np.float32)


def _tilt(sums: Any) -> Tensor:
    """By how much the mean normal leans, (1, 2, 1, 1): from the sums (2, 3) before and after."""
    before, after = (total / total.norm().clamp_min(1e-12) for total in sums)
    return (after - before)[:2].float().reshape(1, 2, 1, 1)


def _slopes_at(strokes: Strokes, height: int, width: int) -> OfRows:
    """The strokes' slopes, some rows at a time, for a map of any size."""
    frame = strokes.frame
    if (height, width) == (frame.height, frame.width):
        return strokes.slopes
    whole = torch.cat([strokes.slopes(rows) for rows in frame.bands()], dim=2)
    resized = at_size(whole, height, width)
    return lambda rows: resized[:, :, rows]


def _counts_at(frame: Frame, height: int, width: int) -> Callable[[slice], Tensor | None]:
    """What each texel of a map counts, some rows at a time; None where all count the same."""
    if frame.counts is None:
        return lambda _: None
    resized = at_size(frame.counts, height, width)
    return lambda rows: resized[:, :, rows]


def at_size(found: Tensor, height: int, width: int) -> Tensor:
    """(1, C, h, w) at a map's size."""
    if found.shape[2:] == (height, width):
        return found
    if height <= found.shape[2] and width <= found.shape[3]:
        return functional.adaptive_avg_pool2d(found, (height, width))
    return functional.interpolate(found, size=(height, width), mode="bilinear", align_corners=False)


def _tensor(image: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)[None].contiguous()
