"""How good a picture each feature network makes: `python -m tests.benchmarks.feature_quality --judge FILE`.

Every network draws every style on every texture at equal settings, for several content weights. A network
that took no part in it judges: the share of the distance between the texture's and the style's Gram matrices
that was closed on each layer, and the content error at relu4_2, both as the losses define them. Prints the
curve of style closed against content kept for each network, and where it meets the judge's own content error.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from texture_stylizer.engine import Features, Settings, load_features, stylize
from texture_stylizer.engine.features.recipe import CONTENT_LAYER, STYLE_LAYERS
from texture_stylizer.engine.losses.gram import gram_sum
from texture_stylizer.engine.pyramid import resize, style_size
from texture_stylizer.jobs.worker.precision import choose_precision

from .time_to_quality import SAMPLES, read, tensor

TEXTURES = [
    SAMPLES / "market_textures" / name
    for name in ("planks.png", "wall.1001.png", "wall.1002.png", "clay_16bit.png")
]
STYLES = [
    SAMPLES / "styles" / f"{name}.jpg"
    for name in ("swirling_oil", "watercolour", "woodcut", "mosaic", "stained_glass", "circuit")
]
CONTENT_WEIGHTS = (0.03, 0.1, 0.3, 1.0, 3.0)


@dataclass(frozen=True)
class Judged:
    """closed: (5,), share of the style distance closed on each layer; content: the relative error left."""

    closed: np.ndarray
    content: float


class Judge:
    """What a network that took no part thinks of a picture of one texture in one style."""

    def __init__(
        self, features: Features, texture: np.ndarray, style: np.ndarray, settings: Settings
    ) -> None:
        self._features = features
        drawn = tensor(style)
        size = style_size(*drawn.shape[2:], *texture.shape[:2], settings.style_scale)
        self._target, _ = self._measure(resize(drawn, *size))
        self._original, self._content = self._measure(tensor(texture))

    def __call__(self, picture: np.ndarray) -> Judged:
        grams, content = self._measure(tensor(picture))
        closed = [
            1 - _squares(grams[layer] - target) / _squares(self._original[layer] - target)
            for layer, target in self._target.items()
        ]
        return Judged(
            np.array(closed), _squares(content - self._content) / max(_squares(self._content), 1e-12)
        )

    def _measure(self, image: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        with torch.no_grad():
            maps = self._features(image, padding="replicate")
        grams = {layer: gram_sum(maps[layer]) / maps[layer][0, 0].numel() for layer in STYLE_LAYERS}
        return grams, maps[CONTENT_LAYER]


def _squares(tensor: Tensor) -> float:
    return float(tensor.square().sum())


def at_content(judged: Sequence[Judged], content: float) -> np.ndarray:
    """The share closed on each layer where the curve meets a content error, between its points."""
    curve = sorted(judged, key=lambda one: one.content)
    errors = [one.content for one in curve]
    return np.array(
        [
            np.interp(content, errors, [one.closed[layer] for one in curve])
            for layer in range(len(STYLE_LAYERS))
        ]
    )


def median(judged: Sequence[Judged]) -> Judged:
    """The median over pairs: one pair whose texture lies next to its style would rule a mean of ratios."""
    return Judged(
        np.median([one.closed for one in judged], axis=0), float(np.median([one.content for one in judged]))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=["embedded"], help="as --features takes them")
    parser.add_argument("--judge", required=True, help="a .safetensors file of the same shape")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--textures", type=Path, nargs="+", default=TEXTURES)
    parser.add_argument("--styles", type=Path, nargs="+", default=STYLES)
    parser.add_argument("--content-weights", type=float, nargs="+", default=CONTENT_WEIGHTS)
    parser.add_argument("--set", nargs="+", default=[], metavar="FIELD=NUMBER", help="other settings")
    parser.add_argument("--pictures", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    changes = {name: float(number) for name, number in (one.split("=") for one in options.set)}
    settings = Settings.preset(options.quality, **changes)
    judge = load_features(options.judge)
    counts = f"{len(options.textures)} textures x {len(options.styles)} styles"
    print(f"{options.size} px, {options.quality}, {counts}")
    print("network                    content weight  content error   closed at relu1_1 ... relu5_1")
    reached: float | None = None
    for network in [options.judge, *options.networks]:
        curve = []
        for weight in options.content_weights:
            chosen = dataclasses.replace(settings, content_weight=weight)
            point = median(judge_network(network, judge, chosen, options))
            curve.append(point)
            row = " ".join(f"{share:6.2f}" for share in point.closed)
            print(f"{Path(network).stem:26} {weight:14g}  {point.content:13.3f}   {row}", flush=True)
            if reached is None and weight == settings.content_weight:
                reached = point.content
        if reached is not None:
            row = " ".join(f"{share:6.2f}" for share in at_content(curve, reached))
            print(f"{Path(network).stem:26} at the judge's  {reached:13.3f}   {row}", flush=True)


def judge_network(
    network: str, judge: Features, settings: Settings, options: argparse.Namespace
) -> list[Judged]:
    """Draw every style on every texture with a network, write the pictures, and judge them."""
    features = load_features(network, dtype=choose_precision("auto", torch.device("cpu")))
    found = []
    for style_path in options.styles:
        style = read(style_path)
        for texture_path in options.textures:
            texture = read(texture_path, options.size)
            made = stylize(texture, [(style, 1.0)], settings, features=features).image
            found.append(Judge(judge, texture, style, settings)(made))
            name = (
                f"{Path(network).stem}_{settings.content_weight:g}_{style_path.stem}_{texture_path.stem}.png"
            )
            Image.fromarray(np.rint(made * 255).astype(np.uint8)).save(options.pictures / name)
    return found


if __name__ == "__main__":
    main()
