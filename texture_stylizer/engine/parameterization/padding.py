"""Borders that continue a picture, mirrored or begun again at the opposite end, and their adjoints."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ..tiles import Inset

MARGIN = 16
"""Pixels of mirrored border that every level works on and then cuts away: next to the true border the
network sees each pixel many times over, and the optimiser would draw a coloured frame there. It does not
count: what is cut away would take a share of the style with it."""


def with_room(image: Tensor, border: Inset) -> Tensor:
    """(1, C, H, W) within (1, C, H + 2 border[0], W + 2 border[1]), channels last in memory; the border is
    yet to be written."""
    (rows, columns), (height, width) = border, image.shape[2:]
    shape = 1, image.shape[1], height + 2 * rows, width + 2 * columns
    found = torch.empty(shape, dtype=image.dtype, device=image.device, memory_format=torch.channels_last)
    within(found, border).copy_(image)
    return found


def within(image: Tensor, border: Inset) -> Tensor:
    """A view of what a border is around."""
    rows, columns = border
    return image[:, :, rows : image.shape[2] - rows, columns : image.shape[3] - columns]


def mirror_border(image: Tensor) -> Tensor:
    """(1, C, H, W) -> (1, C, H + 2 MARGIN, W + 2 MARGIN), channels last in memory."""
    # In place: `pad` makes planes of it first, one more copy of a picture that may be large.
    found = with_room(image, (MARGIN, MARGIN))
    mirror_ends(found, 3)
    mirror_ends(found, 2)
    return found


def fold_border(gradient: Tensor) -> Tensor:
    """The adjoint of `mirror_border`: what the mirrored pixels say goes back to those they mirror. In place;
    returns a view."""
    return fold_mirrored(fold_mirrored(gradient, 2), 3)


def mirror_ends(image: Tensor, axis: int) -> None:
    """Mirror what lies within MARGIN pixels of an axis's ends into these."""
    length = image.shape[axis] - 2 * MARGIN
    image.narrow(axis, 0, MARGIN).copy_(image.narrow(axis, MARGIN + 1, MARGIN).flip(axis))
    image.narrow(axis, MARGIN + length, MARGIN).copy_(image.narrow(axis, length - 1, MARGIN).flip(axis))


def fold_mirrored(gradient: Tensor, axis: int) -> Tensor:
    """The adjoint of `mirror_ends`, in place. Returns a view of what is within."""
    length = gradient.shape[axis] - 2 * MARGIN
    inner = gradient.narrow(axis, MARGIN, length)
    inner.narrow(axis, 1, MARGIN).add_(gradient.narrow(axis, 0, MARGIN).flip(axis))
    end = gradient.narrow(axis, MARGIN + length, MARGIN)
    inner.narrow(axis, length - 1 - MARGIN, MARGIN).add_(end.flip(axis))
    return inner


def wrap_ends(image: Tensor, axis: int, border: int) -> None:
    """Begin what lies within `border` pixels of an axis's ends again in these."""
    length = image.shape[axis] - 2 * border
    if border > length:
        places = torch.arange(-border, length + border, device=image.device) % length
        image.copy_(image.narrow(axis, border, length).index_select(axis, places))
        return
    image.narrow(axis, 0, border).copy_(image.narrow(axis, length, border))
    image.narrow(axis, border + length, border).copy_(image.narrow(axis, border, border))


def fold_wrapped(gradient: Tensor, axis: int, border: int) -> Tensor:
    """The adjoint of `wrap_ends`, of what is within: what every repetition says, added up, always in the same
    order, as `index_add` would not on a GPU. A view, changed in place, where there is no whole repetition."""
    length = gradient.shape[axis] - 2 * border
    if border <= length:
        inner = gradient.narrow(axis, border, length)
        inner.narrow(axis, length - border, border).add_(gradient.narrow(axis, 0, border))
        inner.narrow(axis, 0, border).add_(gradient.narrow(axis, border + length, border))
        return inner
    before = -border % length
    after = -(before + gradient.shape[axis]) % length
    whole = functional.pad(gradient, (0, 0, before, after) if axis == 2 else (before, after))
    return whole.unflatten(axis, (-1, length)).sum(axis)
