"""Tangent-space normal maps: decoded, combined, and kept upright on the whole."""

from __future__ import annotations

import torch
from torch import Tensor

STEEPEST = 2.0
"""Slope that the relief tends to where it would be steeper: 63 degrees."""


def decoded(stored: Tensor, green_down: bool) -> Tensor:
    """Unit normals, (1, 3, H, W), of a map's values in [0, 1]; Y up whatever the map's convention.

    green_down: whether green counts downward, as DirectX has it; Blender and OpenGL have it upward.
    """
    normals = stored * 2.0 - 1.0
    if green_down:
        normals = normals * normals.new_tensor([1.0, -1.0, 1.0]).reshape(1, 3, 1, 1)
    return unit(normals)


def encoded(normals: Tensor, green_down: bool) -> Tensor:
    """The values in [0, 1] that a map stores of unit normals; the inverse of `decoded`."""
    if green_down:
        normals = normals * normals.new_tensor([1.0, -1.0, 1.0]).reshape(1, 3, 1, 1)
    return normals * 0.5 + 0.5


def flat(height: int, width: int) -> Tensor:
    """Normals that all point outward, (1, 3, H, W)."""
    return torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1).expand(1, 3, height, width)


def unit(normals: Tensor) -> Tensor:
    """`normals` (1, 3, H, W) at a length of 1; outward where they have none."""
    length = normals.square().sum(dim=1, keepdim=True).sqrt_()
    outward = normals.new_tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1)
    return torch.where(length > 1e-6, normals / length.clamp_min(1e-6), outward)


def of_slopes(slopes: Tensor) -> Tensor:
    """Unit normals, (1, 3, H, W), of a height's slopes along T and B, (1, 2, H, W)."""
    across, up = slopes[:, :1], slopes[:, 1:]
    squared = across * across + up * up
    # Steep slopes tend to the steepest; small ones stay as they are.
    gentle = torch.rsqrt(1.0 + squared / STEEPEST**2)
    across, up = across * gentle, up * gentle
    outward = torch.rsqrt(1.0 + across * across + up * up)
    return torch.cat([-across * outward, -up * outward, outward], dim=1)


def laid_onto(base: Tensor, detail: Tensor) -> Tensor:
    """Detail normals turned by the base's, both unit, (1, 3, H, W): reoriented normal mapping
    (Barre-Brisebois & Hill, "Blending in Detail", 2012)."""
    x, y, z = base[:, :1], base[:, 1:2], base[:, 2:] + 1.0
    product = x * -detail[:, :1] + y * -detail[:, 1:2] + z * detail[:, 2:]
    product = product / z.clamp_min(1e-4)
    turned = [x * product + detail[:, :1], y * product + detail[:, 1:2], z * product - detail[:, 2:]]
    return torch.cat(turned, dim=1)
