"""A sign whose lettering stays readable, and the sample crate in two styles.

python sample_assets/make_parts.py SIGN.jpg CRATE.jpg
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
SIDE = 256
LETTERS = (("BAKERY", 42, 54), ("fresh bread", 105, 34), ("open 7 - 19", 150, 26))
"""Lines of the sign: the text, its top and its size in pixels."""

FRAME = 180
"""The crate's first face that belongs to its frame and its corners; those before are planks."""

RENDERED = 640
SHOWN = (90, 120, 560, 620)
"""Left, top, right and bottom of what is kept of each render."""

COMMAND = [sys.executable, "-m", "texture_stylizer.cli", "stylize"]
DRAFT = ["--quality", "draft"]


def style(name: str) -> str:
    return str(HERE / "styles" / f"{name}.jpg")


def draw_sign(path: Path) -> None:
    """A wooden wall with a painted sign."""
    random = np.random.default_rng(3)
    across, down = np.arange(SIDE)[None], np.arange(SIDE)[:, None]
    shade = np.repeat(0.9 + 0.2 * random.random(4), SIDE // 4)[None]
    grain = 1.0 + 0.06 * np.sin(across / 3.0 + 6.0 * np.sin(down / 60.0))
    wood = np.array([0.55, 0.42, 0.27]) * (shade * grain)[..., None] + random.normal(0, 0.02, (SIDE, SIDE, 3))
    wood[:, :: SIDE // 4] *= 0.5
    sign = Image.fromarray((wood.clip(0, 1) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(sign)
    draw.rounded_rectangle((14, 30, 242, 200), 20, fill=(233, 225, 200), outline=(70, 40, 20), width=6)
    for text, top, size in LETTERS:
        font = ImageFont.load_default(size=size)
        draw.text(((SIDE - draw.textlength(text, font=font)) / 2, top), text, fill=(60, 30, 20), font=font)
    sign.save(path)


def make_sign(folder: Path, out: Path) -> None:
    """The sign, restyled, and restyled with its detail protected, side by side."""
    source = folder / "sign.png"
    draw_sign(source)
    pictures = [source]
    for amount in ("0", "0.5", "1"):
        pictures.append(folder / f"protected_{amount}.png")
        how = ["--style", style("swirling_oil"), "--protect-detail", amount, "-o", str(pictures[-1])]
        subprocess.run([*COMMAND, str(source), *how, *DRAFT], check=True)
    sheet = Image.new("RGB", (SIDE * len(pictures), SIDE))
    for column, path in enumerate(pictures):
        sheet.paste(Image.open(path).convert("RGB"), (column * SIDE, 0))
    sheet.save(out, quality=90)


def mark_frame(blend: Path) -> None:
    """The sample crate, in which the faces of the frame are marked."""
    bpy.ops.wm.open_mainfile(filepath=str(HERE / "crate.blend"), load_ui=False, use_scripts=False)
    mesh = bpy.data.objects["Crate"].data
    attribute = mesh.attributes.new("Frame", "BOOLEAN", "FACE")
    attribute.data.foreach_set("value", [number >= FRAME for number in range(len(mesh.polygons))])
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))


def render(blend: Path, picture: Path) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(blend), load_ui=False, use_scripts=False)
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 12, True
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = RENDERED
    scene.render.resolution_percentage = 100
    scene.render.filepath, scene.render.image_settings.file_format = str(picture), "PNG"
    bpy.ops.render.render(write_still=True)


def make_crate(folder: Path, out: Path) -> None:
    """The crate as it is, restyled within a mask alone, and in two styles."""
    source = folder / "crate.blend"
    mark_frame(source)
    ways = {
        "masked": ["--style", style("stained_glass"), "--mask", "Frame"],
        "two": ["--style", style("swirling_oil"), "--style", f"{style('stained_glass')}@Frame"],
    }
    scenes = [source]
    for name, how in ways.items():
        subprocess.run([*COMMAND, str(source), *how, "-o", str(folder / name), *DRAFT], check=True)
        scenes.append(folder / name / "crate.blend")
    left, top, right, bottom = SHOWN
    sheet = Image.new("RGB", (len(scenes) * (right - left), bottom - top))
    for column, scene in enumerate(scenes):
        picture = folder / f"{column}.png"
        render(scene, picture)
        sheet.paste(Image.open(picture).convert("RGB").crop(SHOWN), (column * (right - left), 0))
    sheet.save(out, quality=88)


def main(sign: Path, crate: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        make_sign(Path(name), sign)
        make_crate(Path(name), crate)


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:3]))
    sys.stdout.flush()
    # bpy as a module can crash while the interpreter shuts down.
    os._exit(0)
