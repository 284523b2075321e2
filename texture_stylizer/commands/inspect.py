"""`texture-stylizer inspect`: what a file holds, and why something would be skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import BadInput


def run(path: Path, *, as_json: bool) -> int:
    """Print every texture of a .blend. Returns the exit status."""
    if path.suffix.lower() != ".blend":
        raise BadInput(f"{path}: this version inspects .blend files; give one")
    from .blend import chosen_objects, open_blend

    open_blend(path)
    from ..scene.textures import find_textures, materials_without_textures

    objects = chosen_objects(None, path)
    found = {
        "textures": [use.to_json() for use in find_textures(objects)],
        "materials_without_textures": materials_without_textures(objects),
    }
    if as_json:
        print(json.dumps(found, indent=2))
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
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for cells in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        print(line.rstrip())
    bare = found["materials_without_textures"]
    if bare:
        print("without textures:", ", ".join(bare))
