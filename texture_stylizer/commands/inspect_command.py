"""`texture-stylizer inspect`: what a file holds, and why something would be skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import BadInput
from .file_kinds import GLTF_SUFFIXES, IMAGE_SUFFIXES, check_kind
from .inputs.gltf_files import inspect_gltf
from .inputs.scene_files import inspect_in_blender
from .terminal.display import clean, tell


def run(path: Path, *, as_json: bool) -> int:
    """Print every texture of a scene or model. Returns the exit status."""
    suffix = check_kind(path)
    if suffix in IMAGE_SUFFIXES:
        raise BadInput(f"{path}: an image has no materials to inspect; give a scene or a model")
    found = inspect_gltf(path) if suffix in GLTF_SUFFIXES else inspect_in_blender(path)
    if as_json:
        for line in json.dumps(found, indent=2).splitlines():
            tell(line)
    else:
        _print_table(found)
    return 0


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
    rows = [tuple(clean(cell) for cell in cells) for cells in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for cells in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        tell(line.rstrip())
    bare = found["materials_without_textures"]
    if bare:
        tell(f"without textures: {', '.join(bare)}; bake it with --bake missing")
