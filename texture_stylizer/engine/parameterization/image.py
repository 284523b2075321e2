"""What a level of the pyramid is drawn on: a picture, perhaps tiled, or the surface of a mesh.

Each says what the optimiser's unknowns are, what the network sees of them, and, by its adjoint, what the
gradient of that means for the unknowns.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...settings import Settings, Wrap
from ..surface.continuation import Continuation
from ..surface.coverage import Surface, coverage
from ..surface.seam_pairs import SeamPairs
from ..surface.style_groups import Grouping, group_texels
from ..tiles import Inset
from .padding import (
    MARGIN,
    fold_border,
    fold_mirrored,
    fold_wrapped,
    mirror_border,
    mirror_ends,
    with_room,
    wrap_ends,
)

LARGEST_BORDERED = 2**24
"""Pixels up to which a picture's border is made anew whenever it is seen; a larger one has it among its
unknowns (`ImageWithPadding`)."""

MATCHING_BORDERS = 1.3
"""Step across a border relative to the mean step beside it, up to which a texture counts as tiled there."""


class Parameterization(Protocol):
    """Pictures are (1, C, h, w); what is seen is (1, C, h', w'), with a border on every side."""

    def continued(self, image: Tensor) -> Tensor:
        """A picture with what lies around its islands replaced by what the surface has there."""
        ...

    def unknowns(self, image: Tensor) -> Tensor:
        """What the optimiser changes, from a picture."""
        ...

    def picture(self, unknowns: Tensor) -> Tensor:
        """The picture that the unknowns stand for."""
        ...

    def padded(self, image: Tensor) -> Tensor:
        """A picture with its border."""
        ...

    def seen(self, unknowns: Tensor) -> Tensor:
        """What the network sees of the unknowns, whose border may be written anew for it."""
        ...

    def gradient(self, gradient: Tensor) -> Tensor:
        """The gradient with respect to the unknowns, from that with respect to what is seen, which may be
        changed."""
        ...

    def join(self, unknowns: Tensor) -> tuple[Tensor, Tensor] | None:
        """Mean squared step across what is joined, counted like a step of total variation, and its gradient;
        None where it joins nothing that total variation does not see."""
        ...

    @property
    def inset(self) -> Inset:
        """The border of what is seen that is not compared with anything."""
        ...

    def mask(self, mask: Tensor | None) -> Tensor | None:
        """What each pixel of what is seen counts for, (h', w'), from a mask (1, 1, h, w) of the picture."""
        ...

    def grouping(self, settings: Settings) -> Grouping | None:
        """How the pixels of what is seen see the style; None where all see it as it is."""
        ...


class ImageParameterization:
    """A picture on no mesh: where it is tiled it begins again past its border, as far as the deepest layer
    sees, and elsewhere it is mirrored."""

    def __init__(self, wrapped: tuple[bool, bool], halo: int) -> None:
        """wrapped: whether the picture is tiled (downward, to the right). halo: pixels beyond a cell that the
        network sees (`HALO`)."""
        self.wrapped = wrapped
        # A whole number of the deepest layer's cells, so that these lie on the texture as they would without.
        rows, columns = (halo if tiled else MARGIN for tiled in wrapped)
        self.inset = rows, columns

    def continued(self, image: Tensor) -> Tensor:
        return image

    def padded(self, image: Tensor) -> Tensor:
        found = with_room(image, self.inset)
        for axis in (3, 2):
            if self.wrapped[axis - 2]:
                wrap_ends(found, axis, self.inset[axis - 2])
            else:
                mirror_ends(found, axis)
        return found

    def join(self, unknowns: Tensor) -> tuple[Tensor, Tensor] | None:
        return None

    def mask(self, mask: Tensor | None) -> Tensor | None:
        return None if mask is None else self.padded(mask).squeeze(0).squeeze(0)

    def grouping(self, settings: Settings) -> Grouping | None:
        return None


class PaddedImage(ImageParameterization):
    """Its border is made from it whenever it is seen."""

    def unknowns(self, image: Tensor) -> Tensor:
        return image.clone()

    def picture(self, unknowns: Tensor) -> Tensor:
        return unknowns

    def seen(self, unknowns: Tensor) -> Tensor:
        return self.padded(unknowns)

    def gradient(self, gradient: Tensor) -> Tensor:
        for axis in (2, 3):
            if self.wrapped[axis - 2]:
                gradient = fold_wrapped(gradient, axis, self.inset[axis - 2])
            else:
                gradient = fold_mirrored(gradient, axis)
        return gradient


class MeshImage:
    """The surface of a mesh: the unknowns are its own texels, and all else is continued from them."""

    inset = 0, 0

    def __init__(self, surface: Surface, height: int, width: int, device: torch.device) -> None:
        found = coverage(surface, height, width)
        self._surface, self._coverage = surface, found
        self._weights = torch.from_numpy(found.weights).to(device)
        self._continuation = Continuation(surface, found, device)
        self._pairs = SeamPairs(surface, found, device)
        self._steps = 3.0 * max(1, int(found.texels.sum()))

    def continued(self, image: Tensor) -> Tensor:
        return self._continuation.apply(image)

    def unknowns(self, image: Tensor) -> Tensor:
        return image.clone()

    def picture(self, unknowns: Tensor) -> Tensor:
        return self._continuation.apply(unknowns)

    def padded(self, image: Tensor) -> Tensor:
        return mirror_border(image)

    def seen(self, unknowns: Tensor) -> Tensor:
        return mirror_border(self._continuation.apply(unknowns))

    def gradient(self, gradient: Tensor) -> Tensor:
        return self._continuation.adjoint(fold_border(gradient)).mul_(self._continuation.covered)

    def join(self, unknowns: Tensor) -> tuple[Tensor, Tensor] | None:
        loss, gradient = self._pairs.loss_and_gradient(unknowns)
        return loss / self._steps, gradient.div_(self._steps)

    def mask(self, mask: Tensor | None) -> Tensor | None:
        weights = self._weights if mask is None else self._weights * mask.squeeze(0).squeeze(0)
        return functional.pad(weights, (MARGIN,) * 4)

    def grouping(self, settings: Settings) -> Grouping | None:
        found = group_texels(self._surface, self._coverage, settings)
        return Grouping(found.groups, np.pad(found.labels, MARGIN))


def wrapped_axes(image: Tensor, wrap: Wrap) -> tuple[bool, bool]:
    """Whether a picture (1, 3, H, W) is tiled (downward, to the right), for a setting."""
    if wrap != "auto":
        return wrap in ("y", "both"), wrap in ("x", "both")
    return _borders_match(image), _borders_match(image.transpose(2, 3))


def wrap_of(wrapped: tuple[bool, bool]) -> Wrap:
    """The setting that means these axes, (downward, to the right), alone."""
    downward, right = wrapped
    if downward and right:
        return "both"
    return "y" if downward else "x" if right else "none"


def _borders_match(image: Tensor) -> bool:
    """Whether the last row goes on into the first no worse than rows go on beside it."""
    across = float((image[:, :, 0] - image[:, :, -1]).abs().mean())
    beside = image[:, :, [0, 1, -3, -2]] - image[:, :, [1, 2, -2, -1]]
    return across <= MATCHING_BORDERS * float(beside.abs().mean())
