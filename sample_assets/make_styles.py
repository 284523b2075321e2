"""Draw the sample style images: every pixel comes from this program and its seeds.

    python sample_assets/make_styles.py [NAME ...]

Needs numpy, scipy and pillow. Each painter returns an image of PAINTED x PAINTED pixels; it is reduced to
SIZE, which smooths what was drawn without antialiasing, and written to `styles/`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from style_painters import MORE_PAINTERS
from style_tools import PAINTED, SIZE, UNIT, Array, as_image, noise, palette, voronoi

LARGEST_BYTES = 700_000
"""Of a file; its JPEG quality follows."""

STYLES = Path(__file__).parent / "styles"


def swirling_oil(rng: np.random.Generator) -> Image.Image:
    """Thick brush strokes along the contours of a smooth field, night blues against yellows."""
    field = noise(rng, 2.2)
    down, across = np.gradient(field)
    tone = noise(rng, 1.9)
    colors = ["#0b1d4f", "#17409b", "#3f7fc9", "#9cc7dd", "#f4e7a1", "#f2b632", "#d9822b"]
    base = palette(colors, tone)
    image = as_image(base * 0.7)
    draw = ImageDraw.Draw(image)
    for size, count in ((17, 2600), (11, 4200), (6, 5200)):
        width = round(size * UNIT)
        for x, y in rng.uniform(0, PAINTED, (count, 2)):
            points = _follow(x, y, across, down, length=rng.integers(5, 11), step=width * 0.8)
            shade = base[int(y) % PAINTED, int(x) % PAINTED] * rng.uniform(0.72, 1.25)
            shade = np.clip(shade + rng.normal(0, 14, 3), 0, 255).astype(int)
            draw.line(points, fill=tuple(shade), width=width, joint="curve")
            edge = np.clip(shade * 0.62, 0, 255).astype(int)
            below = [(px + UNIT, py + width * 0.5) for px, py in points]
            draw.line(below, fill=tuple(edge), width=round(2 * UNIT))
    return image


def _follow(
    x: float, y: float, across: Array, down: Array, *, length: int, step: float
) -> list[tuple[float, float]]:
    """A polyline along the contour of a field whose gradient is (across, down)."""
    points = [(x, y)]
    for _ in range(length):
        row, column = int(y) % PAINTED, int(x) % PAINTED
        along = np.array([-down[row, column], across[row, column]])
        along /= max(float(np.hypot(*along)), 1e-9)
        x, y = x + step * along[0], y + step * along[1]
        points.append((x, y))
    return points


def stained_glass(rng: np.random.Generator) -> Image.Image:
    """Voronoi panes of glowing colour between dark leads."""
    first, second, owner = voronoi(rng, 170)
    colors = ["#7a0f24", "#d4232b", "#f08a1d", "#f6d12f", "#1e8a55", "#12a0b5", "#173f9e", "#5b1a86"]
    shades = palette(colors, rng.uniform(0, 1, owner.max() + 1))
    pixels = shades[owner] * (0.7 + 0.5 * noise(rng, 1.4))[..., None]
    glow = np.exp(-first / (40 * UNIT))[..., None]
    pixels = pixels * (0.8 + 0.5 * glow)
    lead = np.clip(((second - first) / UNIT - 5) / 4, 0, 1)[..., None]
    return as_image(pixels * lead + 18 * (1 - lead))


def woodcut(rng: np.random.Generator) -> Image.Image:
    """Black ink on cream paper: carved lines whose width follows the tone and whose turn a field."""
    tone = noise(rng, 2.0, 1.0)
    turn = noise(rng, 2.4, 1.0) * 3.2
    rows, columns = np.mgrid[0:PAINTED, 0:PAINTED]
    blocks = np.floor(noise(rng, 2.1, 1.0) * 7) * 0.8
    angle = blocks + turn * 0.35
    phase = (columns * np.cos(angle) + rows * np.sin(angle)) / (13 * UNIT) + 3 * turn
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * phase)
    ink = np.clip((np.clip(tone * 1.5 - 0.25, 0.08, 0.92) - wave) * 7 + 0.5, 0, 1)[..., None]
    grain = 8 * (noise(rng, 0.6, 1.0) - 0.5)[..., None]
    cream, black = np.array([236, 222, 190]), np.array([24, 20, 22])
    return as_image(cream * ink + black * (1 - ink) + grain)


def mosaic(rng: np.random.Generator) -> Image.Image:
    """Small uneven tiles laid in curved courses, pale grout between, gold among blue and terracotta."""
    field = noise(rng, 2.3)
    colors = ["#1c4966", "#2f87a3", "#a8d3ce", "#f0e3c0", "#d8a344", "#b5532d", "#6e2a22"]
    image = Image.new("RGB", (PAINTED, PAINTED), "#cfc6b2")
    draw = ImageDraw.Draw(image)
    bands = np.floor(field * 9) / 8
    side = round(19 * UNIT)
    for row in range(-1, PAINTED // side + 1):
        for column in range(-1, PAINTED // side + 1):
            x = column * side + (row % 2) * side / 2 + side / 2
            y = row * side + side / 2 + 6 * UNIT * np.sin(x / (60 * UNIT))
            band = bands[int(y) % PAINTED, int(x) % PAINTED]
            shade = palette(colors, np.array(np.clip(band + rng.normal(0, 0.05), 0, 1)))
            shade = tuple(np.clip(shade * rng.uniform(0.8, 1.15), 0, 255).astype(int))
            half, tilt = side * rng.uniform(0.38, 0.45), rng.normal(0, 0.12)
            corners = [
                (x + half * np.cos(tilt + q) * 1.4, y + half * np.sin(tilt + q) * 1.4)
                for q in (np.pi / 4 + k * np.pi / 2 for k in range(4))
            ]
            draw.polygon(corners, fill=shade)
            lit = tuple(min(255, int(c * 1.3)) for c in shade)
            draw.line([corners[2], corners[3]], fill=lit, width=round(2 * UNIT))
    return image


def watercolour(rng: np.random.Generator) -> Image.Image:
    """Wet washes of clear pigments with darker rims, a few over each other, on grainy white paper."""
    paper = 246 + 14 * (noise(rng, 0.9) - 0.5)[..., None] * np.ones(3)
    colors = ["#e8336d", "#ff9a2e", "#ffd93b", "#2fb58a", "#2b8fe0", "#7a5bd0"]
    for number in range(18):
        # One after the other: between two stops of a palette lie muddy ones.
        pigment = palette(colors, np.array(number % 6 / 5)) / 255
        field = noise(rng, 2.0)
        height = field - np.quantile(field, rng.uniform(0.8, 0.92))
        inside = np.clip(height * 60, 0, 1)
        rim = np.exp(-((height * 45 - 0.35) ** 2) * 6) * inside
        bloom = 0.65 + 0.7 * (noise(rng, 1.5) - 0.3)
        # Wet paper that holds pigment already takes less of the next.
        room = np.clip(paper.min(axis=2) / 200, 0.12, 1) ** 1.5
        density = np.clip(inside * (0.75 * bloom) + 0.35 * rim, 0, 0.9)[..., None] * room[..., None]
        paper = paper * (1 - density * (1 - pigment))
    granulation = 1 + 0.05 * (noise(rng, 0.5) - 0.5)[..., None]
    return as_image(paper * granulation).filter(ImageFilter.GaussianBlur(0.6 * UNIT))


def comic_halftone(rng: np.random.Generator) -> Image.Image:
    """Flat primaries, screen dots and heavy black contours."""
    levels = np.floor(noise(rng, 2.3) * 6)
    fill = palette(["#fff3d6", "#ffd500", "#ff7a1a", "#e4002b", "#0067b8", "#62c5e8"], levels / 5)
    rows, columns = np.mgrid[0:PAINTED, 0:PAINTED]
    u, v = (columns + rows) / np.sqrt(2), (columns - rows) / np.sqrt(2)
    cell = 15.0 * UNIT
    radius = np.hypot((u % cell) - cell / 2, (v % cell) - cell / 2)
    tone = noise(rng, 2.0)
    dots = np.clip((radius - cell * 0.52 * np.clip(tone * 1.3 - 0.15, 0.12, 0.8)) / UNIT, 0, 1)[..., None]
    dotted = fill * dots + fill * np.array([0.55, 0.2, 0.3]) * (1 - dots)
    picture = np.where((levels % 2 == 1)[..., None], dotted, fill)
    contour = np.zeros((PAINTED, PAINTED), dtype=bool)
    for axis in (0, 1):
        contour |= np.roll(levels, 1, axis) != levels
    heavy = Image.fromarray((contour * 255).astype(np.uint8)).filter(
        ImageFilter.MaxFilter(2 * round(3 * UNIT) + 1)
    )
    line = np.asarray(heavy.filter(ImageFilter.GaussianBlur(0.8 * UNIT)))[..., None] / 255
    return as_image(picture * (1 - line) + 12 * line)


def circuit(rng: np.random.Generator) -> Image.Image:
    """Glowing traces and pads on a dark board."""
    image = Image.new("RGB", (PAINTED, PAINTED), "#071a16")
    draw = ImageDraw.Draw(image)
    step, ring = round(16 * UNIT), 6 * UNIT
    turns = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]
    for _ in range(330):
        x, y = (int(value) * step for value in rng.integers(0, PAINTED // step + 1, 2))
        heading = int(rng.integers(0, 4)) * 2
        color = ["#19e3a4", "#12b58c", "#0d7f6e", "#f3c14b", "#39c7ff"][int(rng.integers(0, 5))]
        draw.ellipse([x - ring, y - ring, x + ring, y + ring], outline=color, width=round(4 * UNIT))
        for _ in range(int(rng.integers(2, 6))):
            length = int(rng.integers(1, 6)) * step
            across, down = turns[heading]
            end = (x + across * length, y + down * length)
            draw.line([(x, y), end], fill=color, width=round(5 * UNIT))
            (x, y), heading = end, (heading + int(rng.integers(-1, 2))) % 8
        draw.ellipse(
            [x - ring, y - ring, x + ring, y + ring], outline=color, fill="#071a16", width=round(4 * UNIT)
        )
    glow = image.filter(ImageFilter.GaussianBlur(7 * UNIT))
    return as_image(np.asarray(image, float) + 0.7 * np.asarray(glow, float))


PAINTERS: list[Callable[[np.random.Generator], Image.Image]] = [
    swirling_oil,
    stained_glass,
    woodcut,
    mosaic,
    watercolour,
    comic_halftone,
    circuit,
    *MORE_PAINTERS,
]


def save(picture: Image.Image, path: Path) -> None:
    """As a JPEG as good as LARGEST_BYTES allow; fine lines with half of the colours' resolution."""
    for quality, subsampling in itertools.product(range(95, 50, -3), (0, 2)):
        picture.save(path, quality=quality, subsampling=subsampling, optimize=True)
        if path.stat().st_size <= LARGEST_BYTES:
            return
    print(f"{path.name} is larger than {LARGEST_BYTES} bytes")


def main() -> None:
    STYLES.mkdir(exist_ok=True)
    wanted = sys.argv[1:]
    for seed, painter in enumerate(PAINTERS):
        if wanted and painter.__name__ not in wanted:
            continue
        path = STYLES / f"{painter.__name__}.jpg"
        painted = painter(np.random.default_rng(seed)).convert("RGB")
        save(painted.resize((SIZE, SIZE), Image.Resampling.LANCZOS), path)
        print(path.name, path.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
