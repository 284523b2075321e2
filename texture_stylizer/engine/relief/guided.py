"""The guided filter (He, Sun & Tang 2010) of a smaller picture (He & Sun, "Fast Guided Filter", 2015)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..color import Array
from .frame import bands
from .low_pass import blurred, enlarged, reduced, smaller_size
from .normal_maps import decoded, encoded, unit
from .strokes import Strokes, brightness

EDGE = 0.02
"""Difference in the guide, of a range of 1, from which on an edge in it stays one in the picture."""


def even_within_strokes(
    base: Array, strokes: Strokes, restyled: Array, soften: float, green_down: bool
) -> Array:
    """A normal map, (H, W, 3), whose normals tend to one within each stroke, by `soften` from 0 to 1."""
    from .maps import at_size

    frame = strokes.frame
    height, width = base.shape[:2]
    guide = at_size(torch.from_numpy(brightness(restyled)).permute(2, 0, 1)[None], height, width)
    has = None if frame.counts is None else (at_size(frame.counts, height, width) > 0).float()
    normals = decoded(torch.from_numpy(base).permute(2, 0, 1)[None].contiguous(), green_down)
    texels = strokes.width / frame.texel * width / frame.width
    slope, shift = lines(normals, guide, has, texels / 2, frame.wrapped)
    made = np.empty_like(base)
    for rows in bands(height):
        by = [enlarged(part, height, width, frame.wrapped, rows) for part in (slope, shift)]
        softer = unit(torch.lerp(normals[:, :, rows], by[0] * guide[:, :, rows] + by[1], soften))
        if has is not None:
            softer = torch.where(has[:, :, rows] > 0, softer, normals[:, :, rows])
        made[rows] = encoded(softer, green_down)[0].permute(1, 2, 0).numpy()
    return made


def lines(
    image: Tensor, guide: Tensor, has: Tensor | None, radius: float, wrapped: tuple[bool, bool]
) -> tuple[Tensor, Tensor]:
    """The guided filter's a and b, by which `image` is a * guide + b around each place, on a smaller picture.

    image: (1, C, H, W); guide: (1, 1, H, W); has: (1, 1, H, W), 1 where there is something, None for all;
    radius: in texels, of the Gaussian that stands for the box.
    """
    height, width = image.shape[2:]
    size = smaller_size(height, width, radius)
    deviation = radius * (size[0] * size[1] / (height * width)) ** 0.5
    channels = image.shape[1]
    values, counts = reduced(image, has, *size)
    by, _ = reduced(guide, has, *size)
    there = (counts > 0).to(image.dtype)
    means = blurred(torch.cat([values, by, values * by, by * by], dim=1), there, deviation, wrapped)
    mean, mean_by = means[:, :channels], means[:, channels : channels + 1]
    together, squared = means[:, channels + 1 : -1], means[:, -1:]
    slope = (together - mean * mean_by) / (squared - mean_by * mean_by + EDGE**2)
    found = blurred(torch.cat([slope, mean - slope * mean_by], dim=1), there, deviation, wrapped)
    return found[:, :channels], found[:, channels:]
