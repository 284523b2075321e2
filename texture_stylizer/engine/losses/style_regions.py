"""The parts of a picture whose Gram matrices are each compared with a style of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from ..features.vgg import STRIDES
from ..tiles import Tile
from .gram import Counted, GramLoss, position_counts

FULL_SIZE = "relu1_1"
"""A style layer that has a position for each pixel."""

_REMEMBERED_PIXELS = 2**23
"""Up to here the positions of every region are remembered from step to step, at 17 bytes a texel; in a larger
picture they are found anew. By strips up to twice as much, for their way back divides a map elsewhere."""

Grams = dict[str, Tensor]
Styles = Sequence[tuple[Tensor, float]]


@dataclass(frozen=True)
class StyledTexels:
    """labels: (H, W) uint8, the number of each texel's styles; styles: [(image (1, 3, h, w), weight), ...]
    for each number, at the size at which the strokes are wanted there."""

    labels: Tensor
    styles: Sequence[Styles]


class Regions:
    """One region that is the whole picture, or one for each label; a position may lie in several."""

    def __init__(
        self,
        targets: Sequence[Grams],
        shares: Mapping[str, float],
        weights: Mapping[str, Tensor] | None,
        height: int,
        width: int,
        labels: Tensor | None = None,
    ) -> None:
        """targets: the Gram matrices that each region is to have. shares: what each style layer counts for.
        weights: what each position counts for, by layer; needed with `labels`."""
        self._device = next(iter(targets[0].values())).device
        self._weights = weights
        self._labels = labels
        self._remembered: dict[tuple[Tile, str], list[tuple[int, Counted]]] = {}
        if labels is None:
            counted = [position_counts(shares, weights, height, width)]
        else:
            counted = [self._count(number, shares) for number in range(len(targets))]
        total = sum(counts[FULL_SIZE] for counts in counted)
        self._losses = {
            (number, layer): GramLoss(target[layer], counts[layer], share * counts[FULL_SIZE] / total)
            for number, (target, counts) in enumerate(zip(targets, counted, strict=True))
            for layer, share in shares.items()
        }

    def within(self, part: Tile, layer: str, weight: Tensor | None) -> Sequence[tuple[int, Counted | None]]:
        """The regions in a tile's core, and the positions that count in each; None is all, at 1.

        weight: what the core's positions count for at all, (h, w), or None for 1.
        """
        if weight is None:
            return [(0, None)]
        if (part, layer) in self._remembered:
            return self._remembered[part, layer]
        found = list(self._find(part, layer, weight))
        if self._weights is not None and self._weights[FULL_SIZE].numel() <= _REMEMBERED_PIXELS:
            self._remembered[part, layer] = found
        return found

    def _find(self, part: Tile, layer: str, weight: Tensor) -> Iterator[tuple[int, Counted]]:
        if self._labels is None:
            yield 0, Counted.of(weight, self._device)
            return
        assert self._weights is not None, "labels come with weights"
        core = (
            slice(part.rows.core_start, part.rows.core_stop),
            slice(part.columns.core_start, part.columns.core_stop),
        )
        labels = self._labels[core]
        for number in torch.bincount(labels.flatten().long()).nonzero().flatten().tolist():
            pooled = _pooled(self._weights[FULL_SIZE][core], labels, number, STRIDES[layer])
            yield number, Counted.of(pooled, self._device)

    def loss_and_gradients(
        self, sums: Mapping[tuple[int, str], Tensor]
    ) -> tuple[Tensor, dict[tuple[int, str], Tensor]]:
        """The style loss of Gram matrices summed over each region, and its gradient with respect to the sums.

        sums: by region and layer; a region without positions has none. Gradients: by the same keys.
        """
        with torch.no_grad():
            found = {key: self._losses[key].loss_and_gradient(total) for key, total in sums.items()}
            loss = torch.stack([loss for loss, _ in found.values()]).sum()
        return loss, {key: gradient for key, (_, gradient) in found.items()}

    def _count(self, number: int, layers: Iterable[str]) -> dict[str, float]:
        assert self._weights is not None and self._labels is not None, "labels come with weights"
        whole = self._weights[FULL_SIZE]
        return {
            layer: max(float(_pooled(whole, self._labels, number, STRIDES[layer]).sum()), 1e-12)
            for layer in layers
        }


def _pooled(weights: Tensor, labels: Tensor, number: int, stride: int) -> Tensor:
    """Weights (H, W) of the texels with a label, averaged over each layer's cells."""
    chosen = weights * (labels == number)
    return functional.avg_pool2d(chosen[None, None], stride).squeeze(0).squeeze(0)
