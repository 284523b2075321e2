"""Restyle four textures in the sample styles, and put them on one sheet.

python sample_assets/make_contact_sheet.py OUT.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from make_market import pattern
from PIL import Image

from texture_stylizer.engine import Settings, load_features, stylize
from texture_stylizer.jobs.worker.precision import choose_precision

HERE = Path(__file__).parent
SIZE = 192
STYLES = ("swirling_oil", "stained_glass", "woodcut", "mosaic", "watercolour", "comic_halftone")
TEXTURES = (
    ((0.25, 0.13, 0.06), (0.72, 0.52, 0.3), "planks"),
    ((0.55, 0.5, 0.45), (0.6, 0.2, 0.12), "bricks"),
    ((0.75, 0.1, 0.1), (0.95, 0.9, 0.8), "cloth"),
    ((0.12, 0.2, 0.1), (0.55, 0.6, 0.35), "blobs"),
)


def as_image(array: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(array * 255).astype(np.uint8))


def main(out: Path) -> None:
    features = load_features("vgg19", dtype=choose_precision("auto", torch.device("cpu")))
    sheet = Image.new("RGB", (SIZE * (len(STYLES) + 1), SIZE * (len(TEXTURES) + 1)), "white")
    styles = []
    for column, name in enumerate(STYLES, start=1):
        picture = Image.open(HERE / "styles" / f"{name}.jpg").convert("RGB")
        sheet.paste(picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS), (column * SIZE, 0))
        styles.append(np.asarray(picture, dtype=np.float32) / 255)
    for row, (first, second, kind) in enumerate(TEXTURES, start=1):
        content = np.ascontiguousarray(pattern(SIZE, row, first, second, kind)[..., :3], np.float32)
        sheet.paste(as_image(content), (0, row * SIZE))
        for column, style in enumerate(styles, start=1):
            result = stylize(
                content, [(style, 1.0)], Settings.preset("standard", iterations=240), features=features
            )
            sheet.paste(as_image(result.image), (column * SIZE, row * SIZE))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=88)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
