"""Tiled images: their tiles for the worker, and the results as one tiled image again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bpy

from ...descriptions import Destination, Source, UdimTile
from ...errors import BadInput
from .new_files import ResultFiles
from .pixels import RESULT_SUFFIXES, file_path, kept_suffix, take_over


def tile_jobs(image: Any, path: Path, files: ResultFiles) -> tuple[UdimTile, ...]:
    """The tiles of a UDIM set with their files in and out; missing tiles are left out.

    path: where packed tiles are written for the worker, without their numbers. Raises BadInput when there is
    no tile at all.
    """
    sources = {}
    for tile in image.tiles:
        source = _tile_source(image, tile.number, path.with_name(f"{path.name}_{tile.number}"))
        if source is not None:
            sources[tile.number] = source
    if not sources:
        raise BadInput(f"no tile of {image.name} is at {file_path(image)}; find the files or pack them")
    suffix = kept_suffix(Path(next(iter(sources.values())).path), files)
    pattern = files.new.free_path(f"{_base_name(image)}_{files.variant}", f".<UDIM>{suffix}")
    return tuple(
        UdimTile(
            number,
            source,
            Destination(str(pattern.with_name(pattern.name.replace("<UDIM>", str(number)))), replace=False),
        )
        for number, source in sources.items()
    )


def pattern_of(destination: str, number: int) -> Path:
    """The `<UDIM>` path that a tile's result belongs to."""
    path = Path(destination)
    return path.with_name(path.name.replace(f".{number}.", ".<UDIM>."))


def tile_path(image: Any, number: int) -> Path:
    """Where Blender looks for a tile's file: `<UDIM>` is 1001, `<UVTILE>` is u1_v1."""
    index = number - 1001
    path = str(file_path(image)).replace("<UDIM>", str(number))
    return Path(path.replace("<UVTILE>", f"u{index % 10 + 1}_v{index // 10 + 1}"))


def load_tiles(path: Path, original: Any, *, pack: bool) -> Any:
    """Load every file of a `<UDIM>` path as one tiled image like `original`."""
    files = sorted(path.parent.glob(path.name.replace("<UDIM>", "[0-9][0-9][0-9][0-9]")))
    image = bpy.data.images.load(str(files[0]), check_existing=False)
    image.source = "TILED"
    numbers = {int(file.name.split(".")[-2]) for file in files}
    for number in sorted(numbers - {tile.number for tile in image.tiles}):
        image.tiles.new(number)
    for tile in [tile for tile in image.tiles if tile.number not in numbers]:
        image.tiles.remove(tile)
    if pack:
        image.pack()
    elif bpy.data.filepath:
        image.filepath = bpy.path.relpath(str(path))
    image.name = path.name.partition(".<UDIM>")[0]
    take_over(original, image, path.suffix)
    return image


def _base_name(image: Any) -> str:
    """`wall` for `wall.<UDIM>.png` and `wall.1001.png`, as Blender names such images."""
    stem = image.name.rpartition(".")[0] if Path(image.name).suffix.lower() in RESULT_SUFFIXES else image.name
    return re.sub(r"[._]?(<UDIM>|<UVTILE>|1\d{3})$", "", stem) or image.name


def _tile_source(image: Any, number: int, path: Path) -> Source | None:
    for packed in image.packed_files:
        if packed.tile_number == number:
            path = path.with_suffix(Path(image.filepath).suffix or ".png")
            path.write_bytes(packed.packed_file.data)
            return Source(str(path))
    found = tile_path(image, number)
    return Source(str(found)) if found.is_file() else None
