"""The loss of an image and its gradient, whole or in parts that add up to the whole's, exactly to rounding.

The loss depends on all positions through the Gram matrices, which are sums. So two ways over the image
suffice: one adds up every part's Gram matrices, the other goes on with the fixed matrices dL/dG and back to
the image.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ...settings import Settings
from ..features.recipe import CONTENT_LAYER, STYLE_SHARES
from ..features.vgg import HALO, Features
from ..hardware.malloc import give_back_holes
from ..hardware.memory import free_memory
from ..hardware.offload import Band, brought_back, side_stream
from ..losses.content import ContentLoss
from ..losses.detail import DetailLoss
from ..losses.gram import layer_weights, mean_gram_matrices, without_border
from ..losses.style_regions import Regions, StyledTexels, Styles
from ..losses.total import Terms
from ..losses.total_variation import TotalVariation
from ..tiles import Inset
from .strips.backward import bands_by_strips
from .strips.forward import possible_strip
from .tiled import bands_by_tiles

KEPT_BYTES = 2 * 2**30
"""Memory that the maps of tiles and strips may take beside each other, from the first way to the second,
where it is the computer's own, less what the image and its state take."""

FREE_SHARE = 0.2
"""Share of the free memory that these may take; a tile's own graph has the rest."""

STRIP_SHARE = 0.5
"""Share of the free memory that strips may take."""

KEPT_REGIONS = 4
"""By strips all maps are kept if they take no more than those of so many tiles, or else none: what is kept is
bounded by the tile, and a pixel of a large picture costs what one of a larger does."""


class Objective:
    """What is minimised: style, content and total variation of one image at one size.

    features: the network; its dtype is the precision of the maps
    content:  (1, 3, H, W), display-encoded [0, 1], H and W at least 16
    styles:   [((1, 3, h, w) image, weight), ...], each at the size at which its strokes are wanted
    settings: the weights of the terms, and the tile size for the targets
    mask:     (H, W), 0 or more: what each texel counts for in the sums; None for all the same
    styled:   which texels are compared with which styles, in place of `styles`; needs a mask
    inset:    pixels at the borders, multiples of 16, that the network sees but that are not compared
    atlas:    (1, 3, h, w), the texture as it lies in its file, where `content` is what a mesh shows of it
    """

    def __init__(
        self,
        features: Features,
        content: Tensor,
        styles: Styles,
        settings: Settings,
        mask: Tensor | None = None,
        styled: StyledTexels | None = None,
        inset: Inset = (0, 0),
        atlas: Tensor | None = None,
    ) -> None:
        self.features = features
        self.settings = settings
        self.height, self.width = content.shape[2:]
        counted_size = self.height - 2 * inset[0], self.width - 2 * inset[1]
        mask = None if mask is None else without_border(mask, inset)
        weights = layer_weights(mask)
        tile = settings.tile if isinstance(settings.tile, int) else None
        kinds, labels = ([styles], None) if styled is None else (styled.styles, styled.labels)
        targets = [mean_gram_matrices(features, images, tile) for images in kinds]
        if tile is not None:
            # What large styles took: holes in which the content's map does not fit.
            give_back_holes()
        regions = Regions(targets, STYLE_SHARES, weights, *counted_size, labels)
        counted = None if weights is None else weights[CONTENT_LAYER]
        content_loss = ContentLoss(
            features, content, counted, weight=settings.content_weight, tile=tile, inset=inset, atlas=atlas
        )
        self._detail = _detail_loss(content, mask, inset, settings)
        self._side_stream = side_stream(features.device)
        self.terms = Terms(
            features=features,
            height=self.height,
            width=self.width,
            inset=inset,
            weights=weights,
            regions=regions,
            content=content_loss,
            total_variation=TotalVariation(self.height, self.width, mask, inset),
            variation_weight=settings.total_variation,
        )

    def loss_and_gradient(
        self, image: Tensor, tile: int | None = None, *, kept_bytes: float | None = None, strips: bool = True
    ) -> tuple[float, Tensor]:
        """The loss and its gradient with respect to the image.

        image: (1, 3, H, W), the content's size. tile: side of a tile's core in pixels; None is untiled, the
        reference. kept_bytes: what maps that are kept from the first way to the second may take, instead of
        being made again; None is what `spare_bytes` says. strips: whether strips are taken where they are
        better than tiles and not much larger. Returns a float and a tensor like `image`.
        """
        loss, gradient = self.loss_tensor_and_gradient(image, tile, kept_bytes=kept_bytes, strips=strips)
        return float(loss), gradient

    def loss_tensor_and_gradient(
        self, image: Tensor, tile: int | None = None, *, kept_bytes: float | None = None, strips: bool = True
    ) -> tuple[Tensor, Tensor]:
        """`loss_and_gradient` with the loss left on the device, so that nothing waits for it."""
        gradient = torch.empty_like(image)
        loss = image.new_zeros(())
        for band in self.bands(image, tile, kept_bytes=kept_bytes, strips=strips):
            # Where one band is all of it, it need not be copied.
            if band.gradient.shape == image.shape:
                return band.loss, band.gradient
            gradient[:, :, band.rows] = band.gradient
            loss = loss + band.loss
        return loss, gradient

    def bands(
        self, image: Tensor, tile: int | None = None, *, kept_bytes: float | None = None, strips: bool = True
    ) -> Iterator[Band]:
        """The gradient from top to bottom, and the loss in shares, in the image's memory.

        When a band comes, no later one needs the rows of `image` that it covers: they may be changed.
        """
        if kept_bytes is None:
            # One tile is kept anyway.
            kept_bytes = 0.0 if tile is None else self.spare_bytes()
        height = None
        if strips and tile is not None:
            height = possible_strip(self.features, self.height, self.width, tile)
        if tile is not None and height is not None:
            kept = -(-self.height // height) if self._all_are_kept(tile, kept_bytes) else 0
            found = bands_by_strips(self.terms, image, height, kept)
        else:
            found = bands_by_tiles(self.terms, image, tile, kept_bytes, self._side_stream)
            if image.device.type != self.features.device.type:
                found = brought_back(found, image.device, self._side_stream)
        return found if self._detail is None else self._detail.added(found, image)

    def spare_bytes(self, taken: float = 0.0) -> float:
        """Memory for maps that are kept: what is made again costs half as much once more. taken: bytes that
        others take of what there is for it."""
        spare = FREE_SHARE * free_memory(self.features.device)
        if self.features.device.type != "cuda":
            spare = min(KEPT_BYTES, spare)
        return max(0.0, spare - taken)

    def has_room_for_strips(self, tile: int) -> bool:
        """Whether strips are possible in place of such tiles, and what waits with them fits into the free
        memory."""
        features = self.features
        height = possible_strip(features, self.height, self.width, tile)
        if height is None:
            return False
        needed = self.width * (height + HALO) * features.graph_bytes_per_pixel
        return needed <= STRIP_SHARE * free_memory(features.device)

    def _all_are_kept(self, tile: int, kept_bytes: float) -> bool:
        pixels = self.height * self.width
        regions = KEPT_REGIONS * (tile + 2 * HALO) ** 2
        return pixels <= regions and pixels * self.features.graph_bytes_per_pixel / 2 <= kept_bytes


def _detail_loss(content: Tensor, mask: Tensor | None, inset: Inset, settings: Settings) -> DetailLoss | None:
    """What keeps the content's lines, where that is asked for."""
    if settings.protect_detail == 0.0:
        return None
    if mask is None and inset != (0, 0):
        mask = without_border(content.new_ones(content.shape[2:]), inset)
    return DetailLoss(content, mask, settings.protect_detail)
