"""Scenes: shapes that lie over each other, each filled, outlined and shaded, as things in a picture are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from .texture_programs import SIZE, Field, draw_texture

_OVERSAMPLED = 2
_FILLS = 4


def draw_scene(seed: int) -> NDArray[np.uint8]:
    """A picture, (256, 256, 3): a few drawn textures as background and as the fillings of curved shapes."""
    rng = np.random.default_rng([seed, 1])
    fills = [draw_texture(int(rng.integers(2**31))) / 255.0 for _ in range(_FILLS)]
    picture = fills[0]
    outlined, shaded, shadowed = rng.random(3) < (0.5, 0.6, 0.4)
    largest = rng.uniform(30, 110)
    for _ in range(int(rng.integers(4, 40))):
        mask = _line(rng) if rng.random() < 0.3 else _blob(rng, rng.uniform(8, largest))
        if shadowed:
            shadow = np.roll(ndimage.gaussian_filter(mask, 4), (4, 4), (0, 1))
            picture = picture * (1 - 0.5 * shadow[..., None])
        picture = _laid_over(picture, _filling(fills, mask, shaded, rng), mask)
        if outlined:
            edge = np.clip(ndimage.gaussian_gradient_magnitude(mask, 1.0) * 3, 0, 1)
            picture = _laid_over(picture, np.broadcast_to(rng.random(3) * 0.3, picture.shape), edge)
    return np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)


def _filling(fills: list[Field], mask: Field, shaded: bool, rng: np.random.Generator) -> Field:
    """A flat colour or a texture, turned and tinted, sometimes lit as if the shape were round."""
    if rng.random() < 0.35:
        filling = np.broadcast_to(rng.random(3), (*mask.shape, 3))
    else:
        filling = np.rot90(fills[rng.integers(_FILLS)], int(rng.integers(4)))
        filling = filling * (1 - 0.5 * rng.random(3)) + rng.random(3) * 0.2
    if not shaded:
        return filling
    depth = ndimage.distance_transform_edt(mask > 0.5)
    relief = ndimage.gaussian_filter(np.sqrt(np.asarray(depth)), 2)
    angle = rng.uniform(0, 2 * np.pi)
    slope = ndimage.sobel(relief, 1) * np.cos(angle) + ndimage.sobel(relief, 0) * np.sin(angle)
    return filling * np.clip(1 + 0.4 * slope, 0.3, 1.6)[..., None]


def _laid_over(picture: Field, filling: Field, mask: Field) -> Field:
    return picture * (1 - mask[..., None]) + filling * mask[..., None]


def _blob(rng: np.random.Generator, radius: float) -> Field:
    """A closed curve by a few random waves around a circle, or a polygon; (SIZE, SIZE) in [0, 1]."""
    x, y = rng.uniform(-0.1, 1.1, 2) * SIZE
    stretch, turn = rng.uniform(0.4, 1.0), rng.uniform(0, 2 * np.pi)
    corners = 64 if rng.random() < 0.7 else int(rng.integers(3, 7))
    angles = np.arange(corners) * 2 * np.pi / corners
    outline = np.full(corners, radius)
    if corners == 64:
        for wave in range(2, 7):
            outline += radius * rng.normal(0, 0.35 / wave) * np.cos(wave * angles + rng.uniform(0, 2 * np.pi))
    across, along = outline * np.cos(angles), outline * np.sin(angles) * stretch
    points = np.stack(
        [x + across * np.cos(turn) - along * np.sin(turn), y + across * np.sin(turn) + along * np.cos(turn)],
        axis=1,
    )
    return _drawn(lambda pen: pen.polygon([tuple(point) for point in points * _OVERSAMPLED], fill=255))


def _line(rng: np.random.Generator) -> Field:
    """A long curve of even width, as drawn with one stroke; (SIZE, SIZE) in [0, 1]."""
    steps = 40
    bends = ndimage.gaussian_filter1d(rng.normal(0, 1, steps), 4) * rng.uniform(0, 1.2)
    angles = rng.uniform(0, 2 * np.pi) + np.cumsum(bends)
    length = rng.uniform(2, 9)
    start = rng.uniform(0, SIZE, 2)
    points = start + np.cumsum(length * np.stack([np.cos(angles), np.sin(angles)], axis=1), axis=0)
    width = int(rng.integers(1, 9) * _OVERSAMPLED)
    path = [tuple(point) for point in points * _OVERSAMPLED]
    return _drawn(lambda pen: pen.line(path, fill=255, width=width, joint="curve"))


def _drawn(draw: Callable[[ImageDraw.ImageDraw], None]) -> Field:
    side = SIZE * _OVERSAMPLED
    image = Image.new("L", (side, side))
    draw(ImageDraw.Draw(image))
    return np.asarray(image.reduce(_OVERSAMPLED)) / 255.0
