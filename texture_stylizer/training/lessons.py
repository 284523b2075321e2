"""What the teacher is asked: which way it would change a picture, where the small network leads to.

Asked where the small network itself leads (as Ross et al. 2011, "A reduction of imitation learning to
no-regret online learning"), it corrects what an optimiser would take advantage of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ..engine.features.recipe import CONTENT_LAYER, CONTENT_SHARE, STYLE_LAYERS, STYLE_SHARES
from .pictures import crop
from .trunk import COMPARED, Convolution, compared_maps, gram_matrices, losses

RUNS_AT_ONCE = 8
ASKED_AT = (0, 2, 6, 14, 30, 60)
"""Steps of a run after which the teacher is asked."""
RATE = 0.03
LARGEST_START_NOISE = 0.1


class Lessons(NamedTuple):
    """points, contents, styles: (n, 3, CROP, CROP) uint8. gradients: (n, 6, 3, CROP, CROP) float16, of each
    of COMPARED's losses with respect to the point, divided by its root mean square. sizes: these,
    (n, 6)."""

    points: Tensor
    contents: Tensor
    styles: Tensor
    gradients: Tensor
    sizes: Tensor

    def and_more(self, more: Lessons, most: int) -> Lessons:
        """These and more, the latest of all."""
        return Lessons(*(torch.cat(pair)[-most:] for pair in zip(self, more, strict=True)))


def lessons(
    teacher: Sequence[Convolution], pupil: Sequence[Convolution], pictures: Tensor, rng: np.random.Generator
) -> Lessons:
    """RUNS_AT_ONCE pairs, asked at every step of ASKED_AT. pictures: (n, 3, 256, 256) uint8."""
    contents, styles = (
        torch.cat([crop(pictures[number], rng) for number in rng.integers(len(pictures), size=RUNS_AT_ONCE)])
        for _ in range(2)
    )
    points = points_of_a_run(pupil, contents, styles, rng)
    times = len(points) // RUNS_AT_ONCE
    asked = [points, contents.repeat(times, 1, 1, 1), styles.repeat(times, 1, 1, 1)]
    parts = zip(*(images.split(RUNS_AT_ONCE) for images in asked), strict=True)
    gradients = torch.cat([gradients_of_losses(teacher, *part) for part in parts])
    sizes = gradients.square().mean((2, 3, 4)).sqrt().clamp_min(1e-20)
    directions = (gradients / sizes[:, :, None, None, None]).half()
    return Lessons(*(_as_bytes(images) for images in asked), gradients=directions, sizes=sizes)


def points_of_a_run(
    network: Sequence[Convolution], contents: Tensor, styles: Tensor, rng: np.random.Generator
) -> Tensor:
    """Where Adam is after the steps of ASKED_AT, by a network's own losses, from the contents with noise.

    contents, styles: (n, 3, CROP, CROP) in [0, 1]. Returns (len(ASKED_AT) n, 3, CROP, CROP), in whole 255ths.
    """
    with torch.no_grad():
        grams, kept = _targets(network, contents, styles)
    noise = torch.from_numpy(rng.normal(size=contents.shape)).float()
    far = torch.from_numpy(rng.uniform(0, LARGEST_START_NOISE, (len(contents), 1, 1, 1))).float()
    images = (contents + far * noise).clamp(0, 1).requires_grad_()
    optimiser = torch.optim.Adam([images], lr=RATE)
    points = []
    for step in range(max(ASKED_AT) + 1):
        if step in ASKED_AT:
            points.append(_as_bytes(images.detach()).float() / 255)
        found = losses(compared_maps(network, images), grams, kept)
        total = sum(STYLE_SHARES[layer] * found[layer] for layer in STYLE_LAYERS)
        total = total + CONTENT_SHARE * found[CONTENT_LAYER]
        (images.grad,) = torch.autograd.grad(total.sum(), images)
        optimiser.step()
        with torch.no_grad():
            images.clamp_(0, 1)
    return torch.cat(points)


def gradients_of_losses(
    network: Sequence[Convolution], points: Tensor, contents: Tensor, styles: Tensor
) -> Tensor:
    """Of each of COMPARED's losses with respect to the points: (n, 6, 3, H, W)."""
    with torch.no_grad():
        grams, kept = _targets(network, contents, styles)
    images = points.requires_grad_()
    found = losses(compared_maps(network, images), grams, kept)
    return torch.stack(
        [torch.autograd.grad(found[layer].sum(), images, retain_graph=True)[0] for layer in COMPARED], dim=1
    ).detach()


def _targets(
    network: Sequence[Convolution], contents: Tensor, styles: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    of_styles = compared_maps(network, styles)
    grams = {layer: gram_matrices(of_styles[layer]) for layer in STYLE_LAYERS}
    return grams, compared_maps(network, contents)[CONTENT_LAYER]


def _as_bytes(images: Tensor) -> Tensor:
    return (images * 255).round().to(torch.uint8)
