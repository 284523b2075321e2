"""The first half of the training: positions are to be as like each other for the small network as for VGG19.

What a style costs depends on the inner products of positions' channel vectors alone: |G(x) - G(s)|^2 is
the mean of <x_i, x_j>^2 - 2 <x_i, s_j>^2 + <s_i, s_j>^2, and content's |x - c|^2 is made of them, too. So
whatever the channels are, a network with the teacher's inner products has its losses (similarity-preserving
distillation, Tung & Mori 2019; they are compared by alignment as in Kornblith et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from .distortions import DISTORTIONS
from .pictures import crop
from .trunk import COMPARED, Convolution, compared_maps

PAIRS = 4
"""Pairs of images in a batch: similarities within and between the two of each are compared."""
POSITIONS = 192
"""Of each image and layer, or all where there are fewer."""
SPOILT_SHARE = 0.35
"""Of the images: an optimiser goes where no picture is."""


class Compared(NamedTuple):
    """images: (2 PAIRS, 3, CROP, CROP) uint8. places: for each of COMPARED, (2 PAIRS, n), flat positions.
    products: for each, (PAIRS, 2 n, 2 n) float16, the teacher's, divided by their root mean square."""

    images: Tensor
    places: list[Tensor]
    products: list[Tensor]


def compared(teacher: Sequence[Convolution], pictures: Tensor, rng: np.random.Generator) -> Compared:
    """A batch, and what the teacher says of it. pictures: (n, 3, 256, 256) uint8."""
    chosen = rng.integers(len(pictures), size=2 * PAIRS)
    images = torch.cat([_perhaps_spoilt(crop(pictures[number], rng), rng) for number in chosen])
    images = (images * 255).round().to(torch.uint8)
    with torch.no_grad():
        maps = compared_maps(teacher, images.float() / 255)
    places = [_places(maps[layer], rng) for layer in COMPARED]
    found = [_products(maps[layer], at) for layer, at in zip(COMPARED, places, strict=True)]
    return Compared(
        images, places, [(each / each.square().mean((1, 2), keepdim=True).sqrt()).half() for each in found]
    )


def misalignment(pupil: Sequence[Convolution], batch: Compared) -> Tensor:
    """One less the cosine between the pupil's inner products and the teacher's, as they are and with their
    means taken off, for each of COMPARED: (6,)."""
    maps = compared_maps(pupil, batch.images.float() / 255)
    found = []
    for layer, places, wanted in zip(COMPARED, batch.places, batch.products, strict=True):
        own, of_teacher = _products(maps[layer], places), wanted.float()
        plain = _cosine(own, of_teacher)
        centred = _cosine(_centred(own), _centred(of_teacher))
        found.append(1.0 - (plain + centred).mean() / 2)
    return torch.stack(found)


def _perhaps_spoilt(image: Tensor, rng: np.random.Generator) -> Tensor:
    if rng.random() >= SPOILT_SHARE:
        return image
    return DISTORTIONS[rng.integers(len(DISTORTIONS))](image, rng)


def _places(maps: Tensor, rng: np.random.Generator) -> Tensor:
    count = maps.shape[2] * maps.shape[3]
    rows = [rng.permutation(count)[:POSITIONS] for _ in range(len(maps))]
    return torch.from_numpy(np.stack(rows))


def _products(maps: Tensor, places: Tensor) -> Tensor:
    """(2 PAIRS, C, H, W) -> (PAIRS, 2 n, 2 n)."""
    flat = maps.flatten(2).transpose(1, 2)
    vectors = flat.gather(1, places[:, :, None].expand(-1, -1, flat.shape[2]))
    of_pairs = vectors.reshape(PAIRS, -1, flat.shape[2])
    return of_pairs @ of_pairs.transpose(1, 2)


def _centred(products: Tensor) -> Tensor:
    """The inner products of vectors less their mean."""
    rows = products.mean(1, keepdim=True)
    return products - rows - rows.transpose(1, 2) + rows.mean(2, keepdim=True)


def _cosine(first: Tensor, second: Tensor) -> Tensor:
    return torch.nn.functional.cosine_similarity(first.flatten(1), second.flatten(1))
