"""The sample crate in swirling oil by a low light: without relief, and with it.

python sample_assets/make_relief.py OUT.jpg
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import bpy
from PIL import Image

HERE = Path(__file__).parent
SIZE = 720
SHOWN = (110, 150, 620, 690)
"""Left, top, right and bottom of what is kept of each picture."""

SUN = (1.25, 0.0, -0.7)
COMMAND = [sys.executable, "-m", "texture_stylizer.cli"]


def render(blend: Path, picture: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(blend), load_ui=False, use_scripts=False)
    scene = bpy.context.scene
    for object_ in scene.objects:
        object_.hide_render = object_.hide_render or object_.type == "LIGHT"
    sun = bpy.data.objects.new("low", bpy.data.lights.new("low", "SUN"))
    sun.data.energy, sun.rotation_euler = 4.0, SUN
    scene.collection.objects.link(sun)
    scene.world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.03
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 16, True
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.render.filepath, scene.render.image_settings.file_format = str(picture), "PNG"
    bpy.ops.render.render(write_still=True)


def main(out: Path) -> None:
    left, top, right, bottom = SHOWN
    sheet = Image.new("RGB", (2 * (right - left), bottom - top))
    style = str(HERE / "styles" / "swirling_oil.jpg")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        how = ["--quality", "draft", "--max-size", "512", "--relief", "0.8", "-o", str(folder / "high")]
        subprocess.run([*COMMAND, "stylize", str(HERE / "crate.blend"), "--style", style, *how], check=True)
        high, flat = folder / "high" / "crate.blend", folder / "flat" / "crate.blend"
        change = ["variants", str(high), "relief", "swirling_oil", "0", "-o", str(flat.parent)]
        subprocess.run([*COMMAND, *change], check=True)
        for column, blend in enumerate((flat, high)):
            picture = folder / f"{column}.png"
            render(blend, picture)
            sheet.paste(Image.open(picture).convert("RGB").crop(SHOWN), (column * (right - left), 0))
    sheet.save(out, quality=88)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
    sys.stdout.flush()
    # bpy as a module can crash while the interpreter shuts down.
    os._exit(0)
