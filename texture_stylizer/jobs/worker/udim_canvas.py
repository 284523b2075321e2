"""A UDIM set as one picture: its tiles side by side, so that strokes run across their borders."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ...engine.color import Array
from ...settings import Settings
from ..mesh_file import Triangles

GAP = 96
"""Pixels between tiles that are no neighbours: more than the network's deepest layer sees (80)."""


@dataclass(frozen=True)
class Canvas:
    """Tiles laid out as in UV space, all at the size of the largest.

    color: (H, W, 3); mask: (H, W), 1 where a tile is; corners: (top, left) of each tile by number;
    height, width: of a tile.
    """

    color: Array
    mask: Array
    corners: Mapping[int, tuple[int, int]]
    height: int
    width: int


def lay_out(tiles: Mapping[int, Array]) -> Canvas:
    """Put the tiles, (h, w, 3) by UDIM number, side by side; row 1011 lies above row 1001."""
    height = max(tile.shape[0] for tile in tiles.values())
    width = max(tile.shape[1] for tile in tiles.values())
    columns = _starts(sorted({(number - 1001) % 10 for number in tiles}), width)
    # Rows count upwards in UV space and downwards in an image.
    rows = _starts(sorted({-((number - 1001) // 10) for number in tiles}), height)
    shape = (max(rows.values()) + height, max(columns.values()) + width)
    mean = np.mean([tile.mean(axis=(0, 1)) for tile in tiles.values()], axis=0)
    color = np.broadcast_to(mean.astype(np.float32), (*shape, 3)).copy()
    mask = np.zeros(shape, dtype=np.float32)
    corners = {}
    for number, tile in tiles.items():
        top, left = rows[-((number - 1001) // 10)], columns[(number - 1001) % 10]
        color[top : top + height, left : left + width] = np.clip(resized(tile, height, width), 0.0, 1.0)
        mask[top : top + height, left : left + width] = 1.0
        corners[number] = (top, left)
    return Canvas(color, mask, corners, height, width)


def take_apart(canvas: Canvas, image: Array, tiles: Mapping[int, Array]) -> dict[int, Array]:
    """The stylised tiles of a canvas, each at its own size.

    A tile smaller than the largest takes the change, made smaller, so that its own detail is not lost twice.
    """
    results = {}
    for number, (top, left) in canvas.corners.items():
        region = (slice(top, top + canvas.height), slice(left, left + canvas.width))
        tile = tiles[number]
        if tile.shape[:2] == (canvas.height, canvas.width):
            results[number] = image[region]
        else:
            change = resized(image[region] - canvas.color[region], *tile.shape[:2])
            results[number] = np.clip(tile + change, 0.0, 1.0)
    return results


def settings_for(canvas: Canvas, settings: Settings) -> Settings:
    """Settings by which the whole canvas is drawn as a single tile would be: stroke and working size. It is
    not tiled."""
    height, width = canvas.color.shape[:2]
    share = (canvas.height * canvas.width / (height * width)) ** 0.5
    size = settings.max_size
    if size is not None:
        size = round(size * max(height, width) / max(canvas.height, canvas.width))
    scale = max(0.01, settings.style_scale * share)
    return dataclasses.replace(settings, style_scale=scale, max_size=size, wrap="none")


def triangles_on(canvas: Canvas, triangles: Triangles) -> Triangles:
    """Triangles in the UVs of a canvas as a whole, without those in tiles that it does not have."""
    height, width = canvas.mask.shape
    uvs = uvs_on(canvas, triangles.uvs)
    shares = np.array([canvas.width / width, canvas.height / height])
    shrunk, grown = triangles.ups * shares, triangles.steps / shares[[0, 1, 1]]
    kept = np.asarray(np.isfinite(uvs).all(axis=(1, 2)))
    return dataclasses.replace(triangles, uvs=uvs, ups=shrunk, steps=grown).part(kept)


def uvs_on(canvas: Canvas, uvs: NDArray[np.float64]) -> NDArray[np.float64]:
    """UVs (n, 3, 2) in those of a canvas as a whole; NaN for triangles in tiles that it does not have."""
    height, width = canvas.mask.shape
    squares = np.floor(uvs.mean(axis=1)).astype(np.int64)
    numbers = 1001 + squares[:, 0] + 10 * squares[:, 1]
    placed = np.full_like(uvs, np.nan)
    for number, (top, left) in canvas.corners.items():
        found = (numbers == number) & (squares[:, 0] >= 0) & (squares[:, 0] < 10)
        within = uvs[found] - squares[found][:, None]
        placed[found, :, 0] = (left + within[..., 0] * canvas.width) / width
        placed[found, :, 1] = 1.0 - (top + (1.0 - within[..., 1]) * canvas.height) / height
    return placed


def resized(image: NDArray[np.float32], height: int, width: int) -> Array:
    """(h, w, 3) at another size, each channel by Lanczos; the same size is returned as it is."""
    if image.shape[:2] == (height, width):
        return image
    channels = [
        np.asarray(Image.fromarray(np.ascontiguousarray(image[..., index])).resize((width, height), 1))
        for index in range(image.shape[2])
    ]
    return np.stack(channels, axis=-1)


def _starts(positions: list[int], side: int) -> dict[int, int]:
    """Where each row or column starts; those apart by more than one get a gap between them."""
    starts, at = {}, 0
    for before, position in zip([None, *positions], positions, strict=False):
        if before is not None:
            at += side + (GAP if position - before > 1 else 0)
        starts[position] = at
    return starts
