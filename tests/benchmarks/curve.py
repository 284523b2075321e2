"""The curve of style against content: `python -m tests.benchmarks.curve`.

`standard`, and a plain script's way (one scale from the content, 150 steps of L-BFGS), each with several
weights of content. Prints what the judges of `judges` say, means over the pairs, and draws build/curve.png:
the higher curve takes on more of the style for the same share of the texture's structure.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from texture_stylizer.engine import Settings, load_features, stylize
from texture_stylizer.jobs.worker.precision import choose_precision

from .judges import HeldOutLayers, as_image, kept_structure
from .time_to_quality import SAMPLES, read

PICTURE = Path(__file__).parents[2] / "build" / "curve.png"
PAIRS = (("planks.png", "mosaic"), ("wall.1001.png", "stained_glass"), ("wall.1002.png", "swirling_oil"))
WEIGHTS = (0.5, 1.0, 2.0, 4.0)
STANDARD = Settings.preset("standard")
WAYS = {
    "standard": STANDARD,
    "one scale, 150 steps": replace(STANDARD, scales=1, iterations=150, settle=False),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--weights", type=float, nargs="+", default=WEIGHTS)
    parser.add_argument("--pictures", type=Path, help="a folder to write every picture into")
    options = parser.parse_args()
    features = load_features("vgg19", dtype=choose_precision("auto", torch.device("cpu")))
    judge = HeldOutLayers()
    read_pairs = [
        (read(SAMPLES / "market_textures" / texture, options.size), read(SAMPLES / "styles" / f"{style}.jpg"))
        for texture, style in PAIRS
    ]
    print(
        f"{options.size} px, means of {len(PAIRS)} pairs\n"
        "way                    content weight  style  content"
    )
    axes = (figure := Figure(figsize=(5, 4), layout="constrained")).subplots()
    for name, settings in WAYS.items():
        points = []
        for weight in options.weights:
            found = []
            for number, (texture, style) in enumerate(read_pairs):
                wanted = replace(settings, content_weight=weight)
                picture = stylize(texture, [(style, 1.0)], wanted, features=features).image
                found.append((judge.style(picture, texture, style), kept_structure(picture, texture)))
                if options.pictures:
                    options.pictures.mkdir(parents=True, exist_ok=True)
                    as_image(picture).save(options.pictures / f"{name}_{weight}_{number}.png")
            points.append(np.mean(found, axis=0))
            print(f"{name:22} {weight:14} {points[-1][0]:6.3f} {points[-1][1]:8.3f}", flush=True)
        taken_on, kept = np.transpose(points)
        axes.plot(kept, taken_on, "o-", label=name)
    axes.set(xlabel="content kept", ylabel="style taken on")
    axes.legend()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=120)


if __name__ == "__main__":
    main()
