"""The loss of an image and its gradient, tile by tile, equal to the untiled ones to rounding.

The loss depends on all positions through the Gram matrices, which are sums. So two passes suffice: the
first adds up every tile's Gram matrices; the second sends the fixed matrices dL/dG, and the content term,
back from each tile's core positions, and adds the tile's gradient into the image's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ..settings import Settings
from .features import CONTENT_LAYER, STRIDES, STYLE_LAYERS, Features
from .losses import squared_error_sum, style_loss, total_variation
from .statistics import (
    core_maps,
    gram_sum,
    layer_weights,
    mean_gram_matrices,
    position_counts,
)
from .tiling import Tile, tiles

Maps = dict[str, Tensor]


class Objective:
    """What is minimised: style, content and total variation of one image at one size.

    features: the network; its dtype is the precision of the maps
    content:  (1, 3, H, W), display-encoded [0, 1], H and W at least 16
    styles:   [((1, 3, h, w) image, weight), ...], each at the size at which its strokes are wanted
    settings: the weights of the terms, and the tile size for the targets
    mask:     (H, W), 0 or more: what each texel counts for in the sums; None for all the same
    """

    def __init__(
        self,
        features: Features,
        content: Tensor,
        styles: Sequence[tuple[Tensor, float]],
        settings: Settings,
        mask: Tensor | None = None,
    ) -> None:
        self.features = features
        self.settings = settings
        self._mask = mask
        self.height, self.width = content.shape[2:]
        self._weights = layer_weights(mask, self.height, self.width)
        self._counts = position_counts(self._weights, self.height, self.width)
        tile = settings.tile if isinstance(settings.tile, int) else None
        self._style_targets = mean_gram_matrices(features, styles, tile)
        self._content_target = self._whole_content_map(content, tile)
        squares = squared_error_sum(
            self._content_target,
            torch.zeros_like(self._content_target),
            None if self._weights is None else self._weights[CONTENT_LAYER],
        )
        self._content_norm = squares.clamp_min(1e-12)

    def loss_and_gradient(
        self, image: Tensor, tile: int | None = None, *, kept_graphs: int = 1
    ) -> tuple[float, Tensor]:
        """The loss and its gradient with respect to the image.

        image: (1, 3, H, W), the content's size. tile: side of a tile's core in pixels; None is untiled, the
        reference. kept_graphs: how many tiles keep their graph from the first pass to the second
        instead of computing it again. Returns a float and a tensor like `image`.
        """
        loss, gradient = self.loss_tensor_and_gradient(image, tile, kept_graphs=kept_graphs)
        return float(loss), gradient

    def loss_tensor_and_gradient(
        self, image: Tensor, tile: int | None = None, *, kept_graphs: int = 1
    ) -> tuple[Tensor, Tensor]:
        """`loss_and_gradient` with the loss left on the device, so that nothing waits for it."""
        parts = tiles(self.height, self.width, tile)
        sums: Maps = {}
        kept: list[tuple[Tensor, Maps]] = []
        for index, part in enumerate(parts):
            keep = index < kept_graphs
            with torch.set_grad_enabled(keep):
                pixels, maps = self._run(image, part)
                for layer in STYLE_LAYERS:
                    found = self._gram_sum(maps, part, layer)
                    total = found.detach()
                    sums[layer] = sums[layer] + total if layer in sums else total
            if keep:
                kept.append((pixels, maps))
        style, gram_gradients = self._style_loss_and_gradients(sums)

        smoothness, gradient = self._total_variation_and_gradient(image)
        loss = style + smoothness
        for index, part in enumerate(parts):
            if index < len(kept):
                (pixels, maps), kept[index] = kept[index], (image, {})
            else:
                pixels, maps = self._run(image, part)
            content = self._content_loss(maps, part)
            surrogate = content + sum(
                (gram_gradients[layer] * self._gram_sum(maps, part, layer)).sum() for layer in STYLE_LAYERS
            )
            (tile_gradient,) = torch.autograd.grad(surrogate, pixels)
            del maps, surrogate
            rows, columns = part.region
            gradient[:, :, rows, columns] += tile_gradient
            loss = loss + content.detach()
        return loss, gradient

    def _run(self, image: Tensor, part: Tile) -> tuple[Tensor, Maps]:
        rows, columns = part.region
        pixels = image[:, :, rows, columns].detach().requires_grad_(torch.is_grad_enabled())
        return pixels, self.features(pixels, padding="replicate")

    def _gram_sum(self, maps: Mapping[str, Tensor], part: Tile, layer: str) -> Tensor:
        return gram_sum(*core_maps(maps, part, layer, self._weights))

    def _style_loss_and_gradients(self, sums: Maps) -> tuple[Tensor, Maps]:
        """The style loss of the summed Gram matrices, and its gradient with respect to each sum."""
        with torch.enable_grad():
            leaves = {layer: total.requires_grad_() for layer, total in sums.items()}
            grams = {layer: leaves[layer] / self._counts[layer] for layer in STYLE_LAYERS}
            loss = style_loss(grams, self._style_targets)
            gradients = torch.autograd.grad(loss, [leaves[layer] for layer in STYLE_LAYERS])
        return loss.detach(), dict(zip(STYLE_LAYERS, gradients, strict=True))

    def _content_loss(self, maps: Mapping[str, Tensor], part: Tile) -> Tensor:
        core, weight = core_maps(maps, part, CONTENT_LAYER, self._weights)
        top = part.rows.core_start // STRIDES[CONTENT_LAYER]
        left = part.columns.core_start // STRIDES[CONTENT_LAYER]
        height, width = core.shape[2:]
        target = self._content_target[:, :, top : top + height, left : left + width]
        error = squared_error_sum(core, target, weight)
        return error * (self.settings.content_weight / self._content_norm)

    def _total_variation_and_gradient(self, image: Tensor) -> tuple[Tensor, Tensor]:
        if self.settings.total_variation == 0:
            return image.new_zeros(()), torch.zeros_like(image)
        with torch.enable_grad():
            leaf = image.detach().requires_grad_()
            loss = self.settings.total_variation * total_variation(leaf, self._mask)
            (gradient,) = torch.autograd.grad(loss, leaf)
        return loss.detach(), gradient

    def _whole_content_map(self, content: Tensor, tile: int | None) -> Tensor:
        """relu4_2 of the content, put together from the tiles' cores. Returns (1, C, H // 8, W // 8)."""
        stride = STRIDES[CONTENT_LAYER]
        whole: Tensor | None = None
        with torch.no_grad():
            for part in tiles(self.height, self.width, tile):
                _, maps = self._run(content, part)
                core, _ = core_maps(maps, part, CONTENT_LAYER, None)
                if whole is None:
                    shape = (1, core.shape[1], self.height // stride, self.width // stride)
                    whole = core.new_empty(shape)
                top = part.rows.core_start // stride
                left = part.columns.core_start // stride
                whole[:, :, top : top + core.shape[2], left : left + core.shape[3]] = core
        assert whole is not None, "an image has at least one tile"
        return whole.float() if whole.dtype in (torch.bfloat16, torch.float16) else whole
