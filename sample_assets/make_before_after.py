"""Render one object of two .blend files and put the pictures side by side.

python sample_assets/make_before_after.py BEFORE.blend AFTER.blend OUT.png
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import bpy
from PIL import Image

SIZE = 512
SAMPLES = 12


def render(blend: Path, picture: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(blend), load_ui=False, use_scripts=False)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = SAMPLES
    scene.cycles.use_denoising = True
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.render.filepath = str(picture)
    scene.render.image_settings.file_format = "PNG"
    bpy.ops.render.render(write_still=True)


def main(before: Path, after: Path, out: Path) -> None:
    sheet = Image.new("RGB", (2 * SIZE, SIZE))
    with tempfile.TemporaryDirectory() as folder:
        for column, blend in enumerate((before, after)):
            picture = Path(folder) / f"{column}.png"
            render(blend, picture)
            sheet.paste(Image.open(picture).convert("RGB"), (column * SIZE, 0))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out)


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:4]))
    sys.stdout.flush()
    # bpy as a module can crash while the interpreter shuts down.
    os._exit(0)
