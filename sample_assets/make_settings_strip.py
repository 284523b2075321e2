"""One texture with one setting after the other changed, in a strip: what the sliders do.

python sample_assets/make_settings_strip.py OUT.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from make_market import pattern
from PIL import Image

from texture_stylizer.engine import Settings, load_features, stylize
from texture_stylizer.jobs.worker.precision import choose_precision

STYLE = Path(__file__).parent / "styles" / "stained_glass.jpg"
SIZE, GAP = 192, 6
CHANGES: tuple[dict[str, Any], ...] = (
    {"content_weight": 4.0},
    {},
    {"content_weight": 0.25},
    {"style_scale": 0.5},
    {"style_scale": 2.0},
    {"preserve_color": "luminance"},
    {"preserve_color": "histogram"},
)


def main(out: Path) -> None:
    features = load_features("vgg19", dtype=choose_precision("auto", torch.device("cpu")))
    style = np.asarray(Image.open(STYLE).convert("RGB"), np.float32) / 255
    content = pattern(SIZE, 2, (0.55, 0.5, 0.45), (0.6, 0.2, 0.12), "bricks")[..., :3]
    content = np.ascontiguousarray(content, np.float32)
    pictures = [content]
    for change in CHANGES:
        settings = Settings.preset("standard", **change)
        pictures.append(stylize(content, [(style, 1.0)], settings, features=features).image)
    sheet = Image.new("RGB", (len(pictures) * (SIZE + GAP) - GAP, SIZE), "white")
    for column, picture in enumerate(pictures):
        sheet.paste(Image.fromarray(np.rint(picture * 255).astype(np.uint8)), (column * (SIZE + GAP), 0))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=88)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
