"""What the small network starts from: the teacher's own channels, those that say most about all of them.

Layer after layer: the channels are chosen by Cholesky with pivoting of the second moments of the teacher's
map, and the small network's kernels are the least squares that give them from its own map below (as He et
al. 2017, "Channel pruning for accelerating very deep neural networks").
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from .trunk import Convolution, convolved, normalised, rectified_maps, starts_block

POSITIONS = 24_000
"""Of the maps, at which the least squares are solved."""

RIDGE = 1e-4
"""Of the mean of the squares on the diagonal, added to it: channels hardly differ in deep layers."""

WIDEST = 4.0
"""Up to which what is found is scaled to the deviation that it should have."""


def first_weights(teacher: Sequence[Convolution], widths: Sequence[int], images: Tensor) -> list[Convolution]:
    """widths: channels of each convolution. images: (n, 3, H, W) in [0, 1], a few dozen."""
    generator = torch.Generator().manual_seed(0)
    of_teacher = [normalised(images), *rectified_maps(teacher, images)]
    seen, found = of_teacher[0], []
    for number, width in enumerate(widths):
        chosen = telling_channels(_vectors(of_teacher[number + 1]), width)
        own = Convolution(*(part[chosen] for part in teacher[number]))
        wanted = convolved(of_teacher[number], own, first_of_block=starts_block(number))
        if starts_block(number):
            seen = functional.avg_pool2d(seen, 2)
        fitted = _least_squares(seen, wanted, generator)
        found.append(fitted)
        seen = functional.relu(convolved(seen, fitted, first_of_block=False))
    return found


def telling_channels(vectors: Tensor, count: int) -> Tensor:
    """The channels from whose values all follow best, greedily. vectors: (n, C). Returns (count,)."""
    moments = (vectors.double().T @ vectors.double()) / len(vectors)
    chosen: list[int] = []
    # Of what hardly varies beside the chosen ones only rounding is left.
    least = 1e-9 * moments.diag()
    for _ in range(count):
        left = moments.diag()
        gains = torch.where(left > least, moments.square().sum(1) / left, -left.abs())
        gains[chosen] = -torch.inf
        best = int(gains.argmax())
        chosen.append(best)
        if left[best] > least[best]:
            column = moments[:, best] / left[best].sqrt()
            moments = moments - column[:, None] * column[None]
    return torch.tensor(chosen)


def _least_squares(seen: Tensor, wanted: Tensor, generator: torch.Generator) -> Convolution:
    """Kernels and biases that make `wanted`, (n, out, h, w), of `seen`, (n, in, h, w)."""
    windows = functional.unfold(functional.pad(seen, (1, 1, 1, 1), mode="replicate"), 3)
    places = torch.randperm(windows.shape[0] * windows.shape[2], generator=generator)[:POSITIONS]
    rows = windows.transpose(1, 2).reshape(-1, windows.shape[1])[places].double()
    rows = torch.cat([rows, torch.ones(len(rows), 1, dtype=torch.float64)], dim=1)
    values = _vectors(wanted)[places].double()
    moments = rows.T @ rows
    moments += RIDGE * moments.diag().mean() * torch.eye(len(moments), dtype=torch.float64)
    solved = torch.linalg.solve(moments, rows.T @ values)
    # What cannot be told would be its mean, and rectified away: as far from that as it should be.
    wider = values.std(0) / (rows @ solved).std(0).clamp_min(1e-9)
    mean = values.mean(0)
    solved = solved * wider.clamp_max(WIDEST)
    solved[-1] += mean - (rows @ solved).mean(0)
    solved = solved.float()
    weight = solved[:-1].T.reshape(values.shape[1], seen.shape[1], 3, 3)
    return Convolution(weight.contiguous(), solved[-1].contiguous())


def _vectors(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])
