"""Normal and roughness maps beside a restyled colour: read, made to follow its strokes, and written whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ...descriptions import Depth, Destination, FollowingMap, Job, Source
from ...engine.color import Array, join_range
from ...engine.parameterization.image import wrapped_axes
from ...engine.relief.maps import following_normals, following_roughness
from ...engine.relief.normal_maps import unit
from ...engine.relief.strokes import Strokes, strokes_of
from ...engine.surface.coverage import Surface
from ...errors import BadInput
from ...settings import Settings
from ...srgb import encode
from .images import Kept, Picture, picture_from_pixels, read_image, write_image
from .masks import kept_beneath
from .udim_canvas import Canvas, resized


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A colour before and after: (H, W, 3) both, of a texture or of a UDIM set's canvas.

    surface, mask, settings: as the engine was given them. kept: (H, W), the part that is restyled; the maps
    stay where it is 0, too. None for all.
    """

    before: Array
    after: Array
    settings: Settings
    surface: Surface | None = None
    mask: Array | None = None
    canvas: Canvas | None = None
    depth: Depth = "uint8"
    kept: Array | None = None


def write_following(job: Job, drawn: Drawn) -> list[Path]:
    """Write every map that follows. When one cannot be, none is left. Returns their files, of a UDIM set the
    first tile's."""
    if not job.following:
        return []
    strokes = strokes_of(
        drawn.before,
        drawn.after,
        surface=drawn.surface,
        mask=drawn.mask,
        wrapped=_wrapped(drawn),
    )
    written: list[list[Path]] = []
    try:
        for wanted in job.following:
            written.append([])
            _write_one(wanted, job, drawn, strokes, written[-1])
    except BaseException:
        for path in (path for paths in written for path in paths):
            path.unlink(missing_ok=True)
        raise
    return [paths[0] for paths in written]


def _wrapped(drawn: Drawn) -> tuple[bool, bool]:
    if drawn.surface is not None:
        return False, False
    return wrapped_axes(torch.from_numpy(drawn.before).permute(2, 0, 1)[None], drawn.settings.wrap)


def _write_one(wanted: FollowingMap, job: Job, drawn: Drawn, strokes: Strokes, written: list[Path]) -> None:
    pairs = [(tile.source, tile.destination) for tile in wanted.tiles] or [
        (wanted.source, wanted.destination)
    ]
    is_new = wanted.source is None
    pictures = [None if is_new or s is None else _read(s, destination) for s, destination in pairs]
    bases = [None if picture is None else _values(picture) for picture in pictures]
    made = _made(wanted, job, drawn, strokes, bases)
    numbers = [tile.number for tile in wanted.tiles]
    old = [picture for picture in pictures if picture is not None]
    kept = kept_beneath(drawn.kept, old, numbers, drawn.canvas) if old else [None] * len(pairs)
    for (_, destination), picture, values, stays in zip(pairs, pictures, made, kept, strict=True):
        written.append(_write(destination, picture, values, drawn.depth, stays))
        if wanted.tiles and str(written[-1]) != destination.path:
            raise BadInput(f"{destination.path} was made by another program meanwhile; try again")


def _made(
    wanted: FollowingMap, job: Job, drawn: Drawn, strokes: Strokes, bases: Sequence[Array | None]
) -> list[Array]:
    """The map's new values, or each tile's."""
    if not wanted.tiles or drawn.canvas is None:
        return [_followed(wanted, job.settings, drawn, strokes, bases[0])]
    canvas, numbers = drawn.canvas, [tile.number for tile in wanted.tiles]
    base = None
    if bases[0] is not None:
        # Tiles of the colour's size lie where the colour's do.
        sized = {
            number: resized(found, canvas.height, canvas.width)
            for number, found in zip(numbers, bases, strict=True)
            if found is not None
        }
        base = _laid_out_like(canvas, sized)
    whole = _followed(wanted, job.settings, drawn, strokes, base)
    results = []
    for number, found in zip(numbers, bases, strict=True):
        top, left = canvas.corners[number]
        tile = whole[top : top + canvas.height, left : left + canvas.width]
        size = tile.shape[:2] if found is None else found.shape[:2]
        results.append(_at_size_of(tile, size[0], size[1], wanted))
    return results


def _laid_out_like(canvas: Canvas, tiles: dict[int, Array]) -> Array:
    """Tiles at their places on a canvas; the map's mean where there is none."""
    whole = np.empty_like(canvas.color)
    whole[:] = np.mean([tile.mean(axis=(0, 1)) for tile in tiles.values()], axis=0)
    for number, tile in tiles.items():
        top, left = canvas.corners[number]
        whole[top : top + canvas.height, left : left + canvas.width] = tile
    return whole


def _at_size_of(tile: Array, height: int, width: int, wanted: FollowingMap) -> Array:
    if tile.shape[:2] == (height, width):
        return tile
    made = resized(np.ascontiguousarray(tile), height, width).clip(0.0, 1.0)
    if wanted.kind == "roughness":
        return made
    normals = torch.from_numpy(made * 2.0 - 1.0).permute(2, 0, 1)[None]
    return (unit(normals)[0].permute(1, 2, 0).numpy() * np.float32(0.5) + np.float32(0.5)).astype(np.float32)


def _followed(
    wanted: FollowingMap, settings: Settings, drawn: Drawn, strokes: Strokes, base: Array | None
) -> Array:
    if wanted.kind == "normal":
        return following_normals(
            base,
            strokes,
            drawn.after,
            relief=settings.relief,
            soften=settings.soften_normals,
            green_down=wanted.green_down,
        )
    assert base is not None
    channels = slice(0, 3) if wanted.channel is None else slice(wanted.channel, wanted.channel + 1)
    made = base.copy()
    made[..., channels] = following_roughness(base[..., channels], strokes, follow=settings.roughness_follow)
    return made


def _read(source: Source, destination: Destination) -> Picture:
    path = Path(source.path)
    if path.suffix != ".npy":
        return read_image(path, keep_stored=True)
    pixels: NDArray = np.load(path, allow_pickle=False)
    alpha = pixels[..., 3] if pixels.shape[2] == 4 else None
    return picture_from_pixels(
        pixels[..., :3], alpha, destination.depth or "uint8", linear=source.encoding == "linear"
    )


def _values(picture: Picture) -> Array:
    """A map's values as they are stored, (H, W, 3): data has no encoding, in whatever file."""
    found = picture.color if picture.gain is None else join_range(picture.color, picture.gain)
    return found.clip(0.0, 1.0)


def _write(
    destination: Destination, picture: Picture | None, values: Array, depth: Depth, kept: Kept | None
) -> Path:
    path = Path(destination.path)
    if picture is None:
        picture = Picture(values, None, None, depth)
    elif picture.gain is not None:
        picture = dataclasses.replace(picture, gain=np.ones_like(picture.gain))
        values = encode(values)
    return write_image(path, picture, values, depth=destination.depth, replace=destination.replace, kept=kept)
