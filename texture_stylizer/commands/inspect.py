"""`texture-stylizer inspect`: what a file holds, and why something would be skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import BadInput
from .gltf import inspect_gltf
from .kinds import GLTF_SUFFIXES, IMAGE_SUFFIXES, check_kind


def run(path: Path, *, as_json: bool) -> int:
    """Print every texture of a scene or model. Returns the exit status."""
    suffix = check_kind(path)
    if suffix in IMAGE_SUFFIXES:
        raise BadInput(f"{path}: an image has no materials to inspect; give a scene or a model")
    found = inspect_gltf(path) if suffix in GLTF_SUFFIXES else _inspect_scene(path)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        _print_table(found)
    return 0


def _inspect_scene(path: Path) -> dict[str, Any]:
    from .blend import chosen_objects, load_scene

    load_scene(path)
    from ..scene.textures import find_textures, materials_without_textures

    objects = chosen_objects(None, path)
    return {
        "textures": [use.to_json() for use in find_textures(objects, skip_hidden=True)],
        "materials_without_textures": materials_without_textures(objects),
    }


def _print_table(found: dict[str, Any]) -> None:
    heading = ("image", "role", "size", "source", "materials", "path", "skipped")
    rows: list[tuple[str, ...]] = [heading]
    for row in found["textures"]:
        rows.append(
            (
                row["image"],
                row["role"],
                "{} x {}".format(*row["size"]),
                row["source"],
                ", ".join(row["materials"]),
                " > ".join(row["node_path"]),
                row["skipped"] or "",
            )
        )
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for cells in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        print(line.rstrip())
    bare = found["materials_without_textures"]
    if bare:
        print("without textures:", ", ".join(bare))
