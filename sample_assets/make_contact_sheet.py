"""Restyle textures of the crate and the market by `standard` with VGG19, and put them on one sheet.

python sample_assets/make_contact_sheet.py OUT.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import numpy as np
import torch
from PIL import Image

from texture_stylizer.engine import Settings, load_features, stylize
from texture_stylizer.jobs.worker.precision import choose_precision

HERE = Path(__file__).parent
SIZE = 256
STYLES = ("swirling_oil", "stained_glass", "woodcut", "mosaic", "watercolour", "comic_halftone")
TEXTURES = ("planks", "wall.1001", "clay_16bit")


def read(path: Path) -> Image.Image:
    return Image.open(path).convert("RGB")


def crate_color() -> Image.Image:
    """The crate's baked colour map, from its .blend."""
    bpy.ops.wm.open_mainfile(filepath=str(HERE / "crate.blend"))
    image = bpy.data.images["crate_color"]
    pixels = np.empty((image.size[1], image.size[0], 4), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    return Image.fromarray(np.rint(pixels[::-1, :, :3] * 255).astype(np.uint8))


def as_array(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, np.float32) / 255


def main(out: Path) -> None:
    features = load_features("vgg19", dtype=choose_precision("auto", torch.device("cpu")))
    settings = Settings.preset("standard")
    sheet = Image.new("RGB", (SIZE * (len(STYLES) + 1), SIZE * (len(TEXTURES) + 2)), "white")
    styles = [read(HERE / "styles" / f"{name}.jpg") for name in STYLES]
    for column, style in enumerate(styles, start=1):
        sheet.paste(style.resize((SIZE, SIZE), Image.Resampling.LANCZOS), (column * SIZE, 0))
    textures = [crate_color(), *(read(HERE / "market_textures" / f"{name}.png") for name in TEXTURES)]
    for row, texture in enumerate(textures, start=1):
        texture = texture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        sheet.paste(texture, (0, row * SIZE))
        for column, style in enumerate(styles, start=1):
            result = stylize(as_array(texture), [(as_array(style), 1.0)], settings, features=features)
            picture = Image.fromarray(np.rint(result.image * 255).astype(np.uint8))
            sheet.paste(picture, (column * SIZE, row * SIZE))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=88)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
