"""Whether the small network would change a picture as VGG19 would: asked where it leads to itself, for there
an optimiser takes advantage of what it gets wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..engine.features.recipe import CONTENT_LAYER, CONTENT_SHARE, STYLE_LAYERS, STYLE_SHARES
from .pictures import crop
from .trunk import COMPARED, Convolution, compared_maps, gram_matrices, losses

RUNS_AT_ONCE = 8
ASKED_AT = (0, 2, 6, 14, 30, 60)
"""Steps of a run after which the teacher is asked."""
RATE = 0.03
LARGEST_START_NOISE = 0.1


class Examination(NamedTuple):
    """points, contents, styles: (n, 3, CROP, CROP) in [0, 1]. gradients: (n, 6, 3, CROP, CROP), the
    teacher's of each of COMPARED's losses with respect to the points."""

    points: Tensor
    contents: Tensor
    styles: Tensor
    gradients: Tensor


def examination(
    teacher: Sequence[Convolution], pupil: Sequence[Convolution], pictures: Tensor, rng: np.random.Generator
) -> Examination:
    """RUNS_AT_ONCE pairs, asked at every step of ASKED_AT. pictures: (n, 3, 256, 256) uint8."""
    contents, styles = (
        torch.cat([crop(pictures[number], rng) for number in rng.integers(len(pictures), size=RUNS_AT_ONCE)])
        for _ in range(2)
    )
    points = points_of_a_run(pupil, contents, styles, rng)
    times = len(points) // RUNS_AT_ONCE
    asked = points, contents.repeat(times, 1, 1, 1), styles.repeat(times, 1, 1, 1)
    return Examination(*asked, gradients=_all_gradients(teacher, *asked))


def agreement(pupil: Sequence[Convolution], asked: Examination) -> Tensor:
    """The mean cosine of each loss's gradients with the teacher's, of all pixels and then of their means over
    4 x 4, which a few hundred steps change more than they do single pixels: (12,)."""
    found = _all_gradients(pupil, asked.points, asked.contents, asked.styles)
    fine = functional.cosine_similarity(found.flatten(2), asked.gradients.flatten(2), dim=2)
    coarse = functional.cosine_similarity(_coarse(found), _coarse(asked.gradients), dim=2)
    return torch.cat([fine.mean(0), coarse.mean(0)])


def _coarse(gradients: Tensor) -> Tensor:
    """(n, 6, 3, H, W) -> (n, 6, 3 H W / 16)."""
    return functional.avg_pool2d(gradients.flatten(0, 1), 4).view(*gradients.shape[:2], -1)


def _all_gradients(
    network: Sequence[Convolution], points: Tensor, contents: Tensor, styles: Tensor
) -> Tensor:
    parts = zip(*(images.split(RUNS_AT_ONCE) for images in (points, contents, styles)), strict=True)
    return torch.cat([gradients_of_losses(network, *part) for part in parts])


def points_of_a_run(
    network: Sequence[Convolution], contents: Tensor, styles: Tensor, rng: np.random.Generator
) -> Tensor:
    """Where Adam is after the steps of ASKED_AT, by a network's own losses, from the contents with noise.

    contents, styles: (n, 3, CROP, CROP) in [0, 1]. Returns (len(ASKED_AT) n, 3, CROP, CROP).
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
            points.append(images.detach().clone())
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
    images = points.detach().requires_grad_()
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
