"""The strokes that a run has drawn, as a height: what is brighter than before lies higher."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..color import REC709_LUMINANCE, Array
from ..surface.continuation import Continuation
from ..surface.coverage import Surface, coverage
from .frame import Frame, frame_of, slopes
from .low_pass import blurred, enlarged, reduced, smaller_size

WIDTHS_PER_SCALE = 6.0
"""Width of a stroke in Taylor's microscales, the ratio of deviation and mean slope: of a wave it is 2 pi to
its length. What is broader than a stroke is shade and no relief."""

BROADEST = 0.25
"""Width of a stroke at most, of the picture's short side."""

_DEVIATIONS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the mean texel's. Islands differ in texel density, and a mean must have one width on the surface."""


@dataclass(frozen=True)
class Strokes:
    """A run's strokes on a surface.

    height: (1, 1, H, W), the change in brightness without what is broader than a stroke, 0 where there is
    nothing; width: of a stroke, in the frame's unit.
    """

    height: Tensor
    width: float
    frame: Frame

    def slopes(self, rows: slice) -> Tensor:
        """Slopes along T and B of some rows, (1, 2, h, W), of a relief in which full contrast is as high as a
        stroke is wide."""
        return slopes(self.height, self.frame, rows).mul_(self.width)


def strokes_of(
    original: Array,
    restyled: Array,
    *,
    surface: Surface | None = None,
    mask: Array | None = None,
    wrapped: tuple[bool, bool] = (False, False),
) -> Strokes:
    """The strokes by which `original` has become `restyled`, (H, W, 3), display-encoded [0, 1].

    surface: the mesh that the texture lies on; mask: (H, W), 0 where there is no texture; wrapped: whether
    rows, and columns, go on past the border.
    """
    height, width = original.shape[:2]
    frame = frame_of(height, width, surface, mask, wrapped)
    change = _change(original, restyled, frame)
    broad = _width(change, frame)
    coarse = _coarse_part(change, broad, frame)
    for rows in frame.bands():
        change[:, :, rows] -= enlarged(coarse, height, width, wrapped, rows)
    if frame.has is not None:
        change *= frame.has
    return Strokes(change, broad, frame)


def _change(original: Array, restyled: Array, frame: Frame) -> Tensor:
    """Change in brightness, (1, 1, H, W)."""
    found = torch.empty(1, 1, frame.height, frame.width)
    for rows in frame.bands():
        found[0, 0, rows] = torch.from_numpy((restyled[rows] - original[rows]) @ REC709_LUMINANCE)
    return found


def brightness(image: Array) -> Array:
    """Rec. 709 luma of display-encoded values, (H, W, 1): as bright as it looks."""
    return (image @ REC709_LUMINANCE)[..., None]


def _width(change: Tensor, frame: Frame) -> float:
    """Width of the strokes on the surface, at least two texels and at most a quarter of the picture."""
    total = torch.zeros(4, dtype=torch.float64)
    for rows in frame.bands():
        counts, values = frame.counts_of(rows), change[:, :, rows]
        steepness = slopes(change, frame, rows).square_().sum(dim=1, keepdim=True)
        parts = (counts, values * counts, values * values * counts, steepness * counts)
        total += torch.stack([part.sum() for part in parts])
    mean, square, steepness = (total[1:] / total[0].clamp_min(1e-12)).tolist()
    if steepness <= 1e-12:
        return 2.0 * frame.texel
    width = WIDTHS_PER_SCALE * (max(square - mean * mean, 0.0) / steepness) ** 0.5
    broadest = max(2.0, BROADEST * min(frame.height, frame.width))
    return min(max(2.0, width / frame.texel), broadest) * frame.texel


def _coarse_part(change: Tensor, width: float, frame: Frame) -> Tensor:
    """The mean of a change over a stroke's width around every texel, on a smaller picture, (1, 1, h, w)."""
    texels = width / frame.texel
    size = smaller_size(frame.height, frame.width, texels)
    deviation = texels * (size[0] * size[1] / (frame.height * frame.width)) ** 0.5
    small, counts = reduced(change, frame.has, *size)
    has = (counts > 0).to(change.dtype)
    if frame.surface is None:
        return blurred(small, has, deviation, frame.wrapped)
    small, has = _continued(small, has, frame.surface)
    scales, _ = reduced(frame.steps.scale, frame.has, *size)
    return _blurred_by_density(small, has, deviation, scales / frame.texel, frame.wrapped)


def _continued(small: Tensor, has: Tensor, surface: Surface) -> tuple[Tensor, Tensor]:
    """A smaller picture with what the surface has past the islands, and where there is something."""
    found = coverage(surface, *small.shape[2:])
    if not found.texels.any():
        return small, has
    continuation = Continuation(surface, found, small.device)
    has = torch.from_numpy(found.texels).to(small.dtype)[None, None].clone()
    has.view(-1)[continuation.targets] = 1.0
    return continuation.apply(small), has


def _blurred_by_density(
    small: Tensor, has: Tensor, deviation: float, scales: Tensor, wrapped: tuple[bool, bool]
) -> Tensor:
    """Means of one width on the surface: of a few widths in texels, the two nearest to each texel's own.

    scales: (1, 1, h, w), side of a texel on the surface, of a mean of 1; 0 where there is none.
    """
    known = torch.where(scales > 0, scales, 1.0)
    place = torch.log2(1.0 / known / _DEVIATIONS[0]).clamp(0, len(_DEVIATIONS) - 1)
    result = torch.zeros_like(small)
    for number, share in enumerate(_DEVIATIONS):
        nearness = (1.0 - (place - number).abs()).clamp_min(0.0)
        if float(nearness.max()) > 0:
            result += nearness * blurred(small, has, max(0.5, deviation * share), wrapped)
    return result
