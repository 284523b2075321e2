"""What goes wrong in pictures that a network helped to draw, done on purpose to good ones.

A network that tells each picture from its distorted selves by the statistics that style is measured by will
not let an optimiser get away with these faults.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Distortion = Callable[[Tensor, np.random.Generator], Tensor]


def channels_apart(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Red, green and blue moved against each other by up to four pixels: coloured fringes."""
    moved = [
        torch.roll(image[:, channel : channel + 1], tuple(rng.integers(-4, 5, 2).tolist()), (2, 3))
        for channel in range(3)
    ]
    return torch.cat(moved, dim=1)


def phases_scrambled(image: Tensor, rng: np.random.Generator) -> Tensor:
    """The same spectrum and the same colours without a contour."""
    noise = torch.from_numpy(rng.random(image.shape[2:])).float()
    turn = torch.fft.rfft2(noise)
    share = float(rng.uniform(0.5, 1.0))
    phases = torch.polar(torch.ones_like(turn.real), share * turn.angle())
    phases[0, 0] = 1
    return torch.fft.irfft2(torch.fft.rfft2(image) * phases, s=image.shape[2:]).clamp(0, 1)


def patches_shuffled(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Squares of 8, 16 or 32 pixels in another order: contours end where they should go on."""
    side = int(rng.choice([8, 16, 32]))
    count = image.shape[3] // side
    patches = functional.unfold(image, side, stride=side)
    order = torch.from_numpy(rng.permutation(count * count))
    return functional.fold(patches[:, :, order], image.shape[2:], side, stride=side)


def noisy(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Fine noise or a checker pattern over it."""
    height, width = image.shape[2:]
    if rng.random() < 0.5:
        pattern = torch.from_numpy(rng.normal(0, 1, (1, 3, height, width))).float()
    else:
        period = int(rng.choice([1, 2, 4]))
        rows, columns = torch.arange(height) // period, torch.arange(width) // period
        checker = ((rows[:, None] + columns[None, :]) % 2 * 2 - 1).float()
        pattern = checker * torch.from_numpy(rng.normal(0, 1, (1, 3, 1, 1))).float()
    return (image + float(rng.uniform(0.04, 0.15)) * pattern).clamp(0, 1)


def smeared(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Its fine detail lost."""
    factor = float(rng.uniform(2.0, 5.0))
    size = [round(side / factor) for side in image.shape[2:]]
    small = functional.interpolate(image, size=size, mode="bilinear", antialias=True)
    return functional.interpolate(small, size=image.shape[2:], mode="bicubic").clamp(0, 1)


def wobbly(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Every contour bent to and fro."""
    height, width = image.shape[2:]
    period = int(rng.choice([6, 10, 16]))
    coarse = torch.from_numpy(rng.normal(0, 1, (1, 2, height // period + 2, width // period + 2))).float()
    shift = functional.interpolate(coarse, size=(height, width), mode="bicubic") * period / 3
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    places = torch.stack([columns + shift[0, 0], rows + shift[0, 1]], dim=-1)
    grid = 2 * places / torch.tensor([width - 1, height - 1]) - 1
    return functional.grid_sample(image, grid[None], padding_mode="reflection", align_corners=True)


DISTORTIONS: list[Distortion] = [
    channels_apart,
    phases_scrambled,
    patches_shuffled,
    noisy,
    smeared,
    wobbly,
]
