"""An image's colours as style layers: the Gram matrix of each pixel's colour and a 1 is the mean and the
covariance of the colours. Linear in the image, and so written out with its transpose."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from ..operators.channel_mixing import Mixing, in_planes, vectors
from ..operators.pooling import smooth_means
from ..tiles import ALIGNMENT

COLORS = "colors"
"""Each pixel's brightness, red less blue, red and blue less green, and a 1."""

COARSE_COLORS = "coarse colors"
"""The same after halving the picture four times, smoothly: how large areas of one colour are."""

COLOR_AXES = (
    (3**-0.5, 3**-0.5, 3**-0.5),
    (8 * 2**-0.5, 0.0, -8 * 2**-0.5),
    (8 * 6**-0.5, -16 * 6**-0.5, 8 * 6**-0.5),
    (0.0, 0.0, 0.0),
)
"""Hue counts eight times as much as brightness: grey styles differ from coloured ones by little of it."""

_ONE = (0.0, 0.0, 0.0, 1.0)


class ColorMaps:
    """The maps of COLORS and COARSE_COLORS, on one device and in one precision."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self._axes = torch.tensor(COLOR_AXES, dtype=dtype).to(device)
        self._one = torch.tensor(_ONE, dtype=dtype).to(device)
        self._means: dict[tuple[int, torch.dtype], Tensor] = {}
        """For the coarse colours of a picture's rows and columns."""

    def __call__(self, image: Tensor, wanted: Collection[str]) -> dict[str, Tensor]:
        """Those of the two that are wanted, (1, 4, h, w), no views of the image: it may be changed later.

        image: (1, 3, H, W), display-encoded [0, 1], on a processor one colour after the other in memory.
        """
        axes, one = self._axes.to(image.dtype), self._one.to(image.dtype)
        maps = {}
        if COLORS in wanted and image.device.type == "cpu":
            # Of a few channels a processor goes through planes much faster.
            # Colours less a half, which is taken off with the one that is added: a pass less.
            planes, shift = image.flatten(2)[0], one - axes.sum(1) / 2
            maps[COLORS] = torch.addmm(shift[:, None], axes, planes).view(1, -1, *image.shape[2:])
        elif COLORS in wanted:
            # Channels last, as the gradient comes: turning it took a tenth of a step.
            last = (image - 0.5).contiguous(memory_format=torch.channels_last)
            maps[COLORS] = functional.conv2d(last, axes[:, :, None, None], one)
        if COARSE_COLORS in wanted:
            rows, columns = (self._smooth_means(side, image.dtype) for side in image.shape[2:])
            # Matrix products go through planes faster, and one wide one before three small ones.
            coarse = rows @ (image.contiguous() @ columns.T) - 0.5
            maps[COARSE_COLORS] = functional.conv2d(coarse, axes[:, :, None, None], one)
        return maps

    def add_image_gradient(
        self, gradient: Tensor, maps: Mapping[str, Tensor], own: Mapping[str, Tensor | Mixing]
    ) -> None:
        """Add to an image's gradient, (1, 3, H, W), in place, what follows from those of these maps."""
        if COLORS in own:
            self._add_fine(gradient[0], maps[COLORS], own[COLORS])
        if COARSE_COLORS in own:
            given = own[COARSE_COLORS]
            dense = given.of(maps[COARSE_COLORS]) if isinstance(given, Mixing) else given
            of_colors = (self._axes.T.to(dense.dtype) @ dense[0].flatten(1)).view(3, *dense.shape[2:])
            rows, columns = (self._smooth_means(side, gradient.dtype) for side in gradient.shape[2:])
            gradient.add_((rows.T @ of_colors) @ columns)

    def _add_fine(self, gradient: Tensor, maps: Tensor, given: Tensor | Mixing) -> None:
        """gradient: (3, H, W), changed in place; maps: (1, 4, H, W)."""
        back = self._axes.T.to(maps.dtype)
        if isinstance(given, Mixing):
            # Both matrices at once: what lies between them would be as large as the picture.
            back = back @ given.matrix.to(maps.dtype)
            rows, columns = given.places
            source, sums = maps[0, :, rows, columns], gradient[:, rows, columns]
        else:
            source, sums = given[0], gradient
        if in_planes(maps):
            sums.add_((back @ source.flatten(1)).view(sums.shape))
        else:
            found = vectors(source[None]) @ back.T
            sums.add_(found.view(*sums.shape[1:], -1).permute(2, 0, 1))

    def _smooth_means(self, length: int, dtype: torch.dtype) -> Tensor:
        if (length, dtype) not in self._means:
            halvings = ALIGNMENT.bit_length() - 1
            self._means[length, dtype] = smooth_means(length, halvings, dtype).to(self._axes.device)
        return self._means[length, dtype]
