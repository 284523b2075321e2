"""What goes wrong in the textbook loop, above, and what is made of it, below:
`python -m tests.benchmarks.failure_pictures OUT.jpg`.

The loop of the tutorials (Gatys et al. 2016, as PyTorch's own has it): zero padding, max pooling, one
scale, the style at its own size, float32 Adam at 0.02 from the content, clamped at the end alone. Both
use the embedded network and the same weights of style and content. Prints a number for each picture.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from texture_stylizer.engine import Features, Settings, load_features, stylize
from texture_stylizer.engine.features import STYLE_LAYERS
from texture_stylizer.engine.statistics import gram_sum

from .time_to_quality import SAMPLES, read, tensor

SIDE, CAPTION = 256, 18
STEPS, RATE = 300, 0.02

Array = np.ndarray


@dataclasses.dataclass(frozen=True)
class Failure:
    """A texture and a style with which the textbook loop shows it, and the square to look at.

    crop: (top, left, side) in pixels. number: what is measured of that square.
    """

    caption: str
    content: Array
    style: Array
    crop: tuple[int, int, int]
    number: Callable[[Array, Array], float]


def textbook(content: Array, style: Array, features: Features) -> Array:
    """The tutorials' loop. Returns (H, W, 3) in [0, 1]."""
    source, drawn = tensor(content), tensor(style)
    with torch.no_grad():
        grams = {layer: _gram(maps) for layer, maps in features(drawn).items() if layer in STYLE_LAYERS}
        kept = features(source)[features.content.layer]
    image = source.clone().requires_grad_()
    optimiser = torch.optim.Adam([image], lr=RATE)
    for _ in range(STEPS):
        optimiser.zero_grad()
        maps = features(image)
        loss = sum(
            ((_gram(maps[layer]) - target).square().sum() / target.square().sum() / len(STYLE_LAYERS))
            for layer, target in grams.items()
        )
        error = (maps[features.content.layer] - kept).square().sum() / kept.square().sum()
        (loss + Settings().content_weight * features.content.share * error).backward()
        optimiser.step()
    return image.detach()[0].permute(1, 2, 0).clamp(0, 1).numpy()


def _gram(maps: Tensor) -> Tensor:
    return gram_sum(maps) / maps[0, 0].numel()


def failures() -> list[Failure]:
    styles = SAMPLES / "styles"
    planks, wall = (read(SAMPLES / "market_textures" / f, SIDE) for f in ("planks.png", "wall.1001.png"))
    large = read(SAMPLES / "market_textures" / "planks.png", 2 * SIDE)
    half = planks.copy()
    half[:, SIDE // 2 :] = 0.55
    oil, water = (read(styles / f"{name}.jpg", SIDE) for name in ("swirling_oil", "watercolour"))
    woodcut = read(styles / "woodcut.jpg", SIDE)
    return [
        Failure("noise and checkers", wall, water, (96, 96, 64), _checkers),
        Failure("colours that saturate", planks, woodcut, (0, 0, SIDE), _saturated),
        Failure("strokes too small", large, oil, (0, 0, 2 * SIDE), _stroke_size),
        Failure("flat areas unstyled", half, oil, (0, SIDE // 2, SIDE // 2), _contrast_of_flat(oil)),
        Failure("frame from zero padding", wall, oil, (0, 0, 64), _frame),
    ]


def _checkers(made: Array, style: Array) -> float:
    """Power at the finest checker pattern relative to the style's."""

    def power(image: Array) -> float:
        even = image[:-1, :-1] - image[1:, :-1] - image[:-1, 1:] + image[1:, 1:]
        return float((even**2).mean())

    return power(made) / power(style)


def _saturated(made: Array, style: Array) -> float:
    """Share of the values at 0 or 1 that the style does not have."""
    return float(
        ((made < 1 / 255) | (made > 254 / 255)).mean() - ((style < 1 / 255) | (style > 254 / 255)).mean()
    )


def _stroke_size(made: Array, style: Array) -> float:
    """Pixels until brightness no longer resembles itself: where its autocorrelation falls below a half."""
    grey = made.mean(axis=2) - made.mean()
    spectrum = np.abs(np.fft.fft2(grey)) ** 2
    correlation = np.fft.ifft2(spectrum).real
    along = (correlation[0, : len(grey) // 2] + correlation[: len(grey) // 2, 0]) / (2 * correlation[0, 0])
    return float(np.argmax(along < 0.5))


def _contrast_of_flat(whole_style: Array) -> Callable[[Array, Array], float]:
    """Standard deviation of the half that was flat, relative to the style's."""
    return lambda made, style: float(made.std(axis=(0, 1)).mean() / whole_style.std(axis=(0, 1)).mean())


def _frame(made: Array, style: Array) -> float:
    """Colour difference between the outermost two pixels and those 8 further in, on both sides here."""
    outer = np.concatenate([made[:2, 16:].reshape(-1, 3), made[16:, :2].reshape(-1, 3)])
    inner = np.concatenate([made[8:10, 16:].reshape(-1, 3), made[16:, 8:10].reshape(-1, 3)])
    return float(np.abs(outer.mean(axis=0) - inner.mean(axis=0)).mean())


def _shown(image: Array, crop: tuple[int, int, int]) -> tuple[Array, Image.Image]:
    top, left, side = crop
    part = image[top : top + side, left : left + side]
    picture = Image.fromarray(np.rint(part * 255).astype(np.uint8))
    kind = Image.Resampling.NEAREST if side < SIDE else Image.Resampling.LANCZOS
    return part, picture.resize((SIDE, SIDE), kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    plain, own = load_features("embedded", pooling="max"), load_features("embedded")
    cases = failures()
    sheet = Image.new("RGB", (len(cases) * SIDE, CAPTION + 2 * SIDE), "white")
    draw = ImageDraw.Draw(sheet)
    print("failure                   textbook  here")
    for column, case in enumerate(cases):
        made = (
            textbook(case.content, case.style, plain),
            stylize(case.content, [(case.style, 1.0)], Settings.preset("standard"), features=own).image,
        )
        numbers = []
        for row, image in enumerate(made):
            part, picture = _shown(image, case.crop)
            numbers.append(case.number(part, case.style))
            sheet.paste(picture, (column * SIDE, CAPTION + row * SIDE))
        draw.text((column * SIDE + 6, 4), case.caption, fill="black")
        print(f"{case.caption:24}  {numbers[0]:8.3f}  {numbers[1]:.3f}", flush=True)
    sheet.save(options.out, quality=90)


if __name__ == "__main__":
    main()
