"""`texture-stylizer inspect`: what a file holds, and why something would be skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

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
    table = Table("image", "role", "size", "source", "materials", "path", "skipped", box=None)
    for row in found["textures"]:
        table.add_row(
            row["image"],
            row["role"],
            "{} x {}".format(*row["size"]),
            row["source"],
            ", ".join(row["materials"]),
            " > ".join(row["node_path"]),
            row["skipped"] or "",
        )
    console = Console()
    console.print(table)
    bare = found["materials_without_textures"]
    if bare:
        console.print("without textures:", ", ".join(bare))
