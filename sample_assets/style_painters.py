"""Painters of sample styles in which every pixel is a function of its place: no strokes one by one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from style_tools import PAINTED, UNIT, Array, as_image, noise, palette, voronoi


def _bristles(rng: np.random.Generator, length: float, width: float, axis: int) -> Array:
    """What the hairs of a brush leave along an axis, of deviation 1."""
    hairs = gaussian_filter1d(rng.standard_normal((PAINTED, PAINTED)), length, axis)
    hairs = gaussian_filter1d(hairs, width, 1 - axis)
    return hairs / hairs.std()


def gouache(rng: np.random.Generator) -> Image.Image:
    """Flat opaque patches with ragged edges, and the streaks of a dry brush within them."""
    ragged = 0.035 * noise(rng, 0.8)
    # Of two fields, for one alone would give rings like a map's.
    levels = sum(number * np.floor((noise(rng, 2.3) + ragged) * 5).astype(int) for number in (1, 3))
    colors = ["#22304a", "#c9583b", "#e9b44c", "#2f6f73", "#f2e6cf", "#8b3a4a", "#7fa99b", "#d98f6b"]
    shades = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in colors], float)
    streaks = [_bristles(rng, 40 * UNIT, 1.2 * UNIT, axis) for axis in (0, 1)]
    streak = np.where(levels % 2 == 0, *streaks)
    dry = np.clip(1 - 1.6 * np.maximum(streak - 1.2, 0), 0.55, 1)[..., None]
    under = shades[(levels + 3) % len(colors)]
    pixels = shades[levels % len(colors)] * dry + under * (1 - dry)
    return as_image(pixels * (1 + 0.045 * streak)[..., None])


def ink_wash(rng: np.random.Generator) -> Image.Image:
    """Black ink in wet washes and dry strokes on warm paper, with a touch of vermilion."""
    paper = np.array([240, 232, 214]) * (0.97 + 0.05 * noise(rng, 0.7))[..., None]
    ink = np.zeros((PAINTED, PAINTED))
    for _ in range(5):
        field = noise(rng, 2.2)
        height = (field - np.quantile(field, rng.uniform(0.6, 0.85))) * 14
        wash = np.clip(height, 0, 1) * (0.08 + 0.4 * noise(rng, 1.6))
        ink = ink + wash + 0.25 * np.exp(-((height - 0.1) ** 2) * 300)
    # Dry strokes: bristles that leave the paper where the brush runs out of ink.
    bristle, field = _bristles(rng, 30 * UNIT, UNIT, 1), noise(rng, 2.3)
    brushed = np.clip((field - np.quantile(field, 0.8)) * 30, 0, 1)
    dry = 0.9 * (1.3 * brushed + 0.5 * bristle > 1.0)
    ink = np.clip(np.maximum(ink, gaussian_filter(dry, 0.6 * UNIT)), 0, 0.95)[..., None]
    spot = np.clip((noise(rng, 2.4) - 0.8) * 40, 0, 1)[..., None]
    pixels = paper * (1 - ink) + np.array([22, 22, 28]) * ink
    return as_image(pixels * (1 - spot) + np.array([196, 52, 38]) * spot)


def pastel(rng: np.random.Generator) -> Image.Image:
    """Soft chalk dragged over grainy paper, one layer of strokes across the other."""
    grain = noise(rng, 0.35)
    pixels = np.ones((PAINTED, PAINTED, 1)) * np.array([196, 178, 168.0])
    colors = ["#f6a6b2", "#fbd7a1", "#fff3c4", "#a8dcc7", "#8fb8e8", "#c3a6e0", "#e07a8b", "#5d7fc4"]
    for number in range(14):
        turned = number % 2
        tooth = gaussian_filter1d(grain + 0.25 * rng.standard_normal(grain.shape), 14 * UNIT, turned)
        tooth = (tooth - tooth.mean()) / tooth.std()
        field = noise(rng, 2.1)
        inside = np.clip((field - np.quantile(field, 0.78)) * 25, 0, 1)
        chalk = np.clip(inside * (0.75 + 0.5 * tooth) - 0.25 * (grain < 0.47), 0, 0.92)[..., None]
        pixels = pixels * (1 - chalk) + palette(colors, np.array(number % 8 / 7)) * chalk
    return as_image(pixels * (0.94 + 0.12 * grain)[..., None])


def _lines(turn: float, wobble: Array, period: float) -> Array:
    """The distance from the middle of the nearest line, 0 to 1, of parallel ones in a direction."""
    rows, columns = np.mgrid[0:PAINTED, 0:PAINTED]
    phase = (columns * np.cos(turn) + rows * np.sin(turn)) / period + wobble
    return np.abs((phase % 1) - 0.5) * 2


def pencil_hatching(rng: np.random.Generator) -> Image.Image:
    """Graphite on white paper: strokes across strokes, as many layers as the tone asks for."""
    tone, grain = noise(rng, 2.1), noise(rng, 0.3)
    pixels = np.full((PAINTED, PAINTED), 247.0) + 10 * (grain - 0.5)
    for layer, turn in enumerate((0.7, 2.3, 0.2, 1.6)):
        line = _lines(turn, 0.9 * noise(rng, 1.9), 7.5 * UNIT)
        broken = gaussian_filter1d(rng.standard_normal(tone.shape), 24 * UNIT, layer % 2)
        pressure = np.clip(0.6 + 0.35 * broken / broken.std(), 0.1, 1)
        dark = np.clip((0.86 - 0.15 * layer - tone) * 5, 0, 1)
        mark = np.clip((0.5 - line) * 3, 0, 1) * dark * pressure * (0.55 + 0.9 * (grain - 0.3))
        pixels = pixels * (1 - 0.62 * np.clip(mark, 0, 1))
    edges = np.abs(((noise(rng, 3.0) * 6) % 1) - 0.5) < 0.02
    pixels = pixels * (1 - 0.7 * gaussian_filter(edges.astype(float), 0.9 * UNIT) * (0.5 + grain))
    return as_image(pixels[..., None] * np.array([1.0, 0.99, 0.97]))


def etching(rng: np.random.Generator) -> Image.Image:
    """Fine engraved lines that follow the form, swelling where it is dark, as on a banknote."""
    tone, form = noise(rng, 2.2), noise(rng, 2.6)
    ivory, ink = np.array([238, 234, 214.0]), np.array([24, 62, 74.0])
    first = _lines(0.35, 7 * form, 6 * UNIT)
    second = _lines(1.9, 5 * form, 6 * UNIT)
    marks = np.clip((0.92 * (1 - tone) ** 1.3 - first) * 6, 0, 1)
    crossed = np.clip((0.75 * np.clip(1 - 1.9 * tone, 0, 1) - second) * 6, 0, 1)
    contour = gaussian_filter((np.abs(((tone * 6) % 1) - 0.5) < 0.012).astype(float), UNIT)
    printed = np.clip(np.maximum(marks, crossed) + 1.6 * contour, 0, 1)[..., None]
    blush = np.array([150, 74, 52.0])
    where = np.clip((noise(rng, 2.3) - 0.55) * 8, 0, 1)[..., None]
    return as_image(ivory * (1 - printed) + (ink * (1 - where) + blush * where) * printed)


def cel_shading(rng: np.random.Generator) -> Image.Image:
    """Clean animation colours in three steps of light, inside dark outlines of one width."""
    first, second, owner = voronoi(rng, 240)
    colors = ["#ff5d73", "#ffb347", "#ffe66d", "#4ecdc4", "#5b8def", "#a06cd5", "#f7f7ff", "#2ec4b6"]
    base = palette(colors, rng.integers(0, 8, owner.max() + 1) / 7)[owner]
    rows, columns = np.gradient(gaussian_filter(first, 3 * UNIT))
    light = 0.5 + 0.5 * (rows * 0.6 + columns * 0.8) / (np.hypot(rows, columns) + 1e-3)
    steps = np.select([light > 0.82, light > 0.3], [1.18, 1.0], 0.66)[..., None]
    shine = (np.clip((0.96 - light) * -60, 0, 1) * (first < 34 * UNIT) * (first > 16 * UNIT))[..., None]
    line = np.clip(((second - first) / UNIT - 2.6) / 1.2, 0, 1)[..., None]
    cooled = base * steps * np.where(steps < 1, [0.92, 0.9, 1.12], 1.0)
    pixels = np.clip(cooled, 0, 255) * (1 - shine) + 255 * shine
    return as_image(pixels * line + np.array([30, 22, 48.0]) * (1 - line))


def batik(rng: np.random.Generator) -> Image.Image:
    """Wax-resist cloth: rings and dots in indigo and ochre, crackled where the wax broke."""
    first, second, owner = voronoi(rng, 130)
    indigo, ochre, cream, brown = np.array([[28, 38, 92], [206, 138, 44], [240, 226, 196], [104, 50, 32.0]])
    rings = (first / (9 * UNIT)) % 3
    kind = rng.integers(0, 3, owner.max() + 1)[owner]
    ring = np.where((rings < 1)[..., None], cream, np.where((rings < 2)[..., None], ochre, brown))
    dots = np.hypot((first % (14 * UNIT)) - 7 * UNIT, ((second - first) % (14 * UNIT)) - 7 * UNIT)
    dotted = np.where((dots < 4 * UNIT)[..., None], cream, indigo)
    pixels = np.where((kind == 0)[..., None], ring, np.where((kind == 1)[..., None], dotted, ochre))
    border = ((second - first) / UNIT < 7)[..., None]
    pixels = np.where(border, np.where(((second - first) / UNIT < 3)[..., None], cream, indigo), pixels)
    near, far, _ = voronoi(rng, 3000)
    crack = np.clip(1.1 - (far - near) / (1.3 * UNIT), 0, 1) * (noise(rng, 1.6) > 0.45)
    weave = 1 + 0.05 * (_lines(0.0, np.zeros(1), 3 * UNIT) + _lines(np.pi / 2, np.zeros(1), 3 * UNIT) - 1)
    bled = pixels * (0.86 + 0.28 * noise(rng, 1.7))[..., None]
    return as_image(
        (bled * (1 - 0.8 * crack[..., None]) + indigo * 0.8 * crack[..., None]) * weave[..., None]
    )


def embroidery(rng: np.random.Generator) -> Image.Image:
    """Satin stitches of shining thread, each patch with a direction of its own."""
    _, _, owner = voronoi(rng, 90)
    colors = ["#8c1c3a", "#d9a441", "#1f5f5b", "#f1e9da", "#33418f", "#c65b7c", "#6a9a3b", "#e07b39"]
    base = palette(colors, rng.integers(0, 8, owner.max() + 1) / 7)[owner]
    turn = (rng.integers(0, 8, owner.max() + 1) * np.pi / 8)[owner]
    rows, columns = np.mgrid[0:PAINTED, 0:PAINTED]
    bend = 5 * UNIT * noise(rng, 2.2)
    along = columns * np.cos(turn) + rows * np.sin(turn)
    across = rows * np.cos(turn) - columns * np.sin(turn) + bend
    thread = np.floor(across / (5.5 * UNIT))
    shift = np.sin(thread * 12.9898) * 43758.5453 % 1
    place = (along / (52 * UNIT) + shift) % 1
    round_ = np.sin(np.pi * ((across / (5.5 * UNIT)) % 1))
    ends = np.clip(np.minimum(place, 1 - place) * 16, 0.25, 1)
    shine = np.exp(-((place - 0.5) ** 2) * 26) * round_**3
    jitter = 0.86 + 0.28 * (np.sin(thread * 78.233) * 9631.1 % 1)
    pixels = base * (round_ * (0.35 + 0.65 * ends) * jitter)[..., None] + 95 * shine[..., None]
    return as_image(pixels)


def rust(rng: np.random.Generator) -> Image.Image:
    """Peeling teal paint over rusted iron, its flakes lifted at their edges."""
    iron = palette(["#2b1510", "#6b2d14", "#a8481b", "#d0762b", "#5a2a1a"], noise(rng, 1.5))
    iron = iron * (0.72 + 0.55 * noise(rng, 0.6))[..., None]
    near, far, _ = voronoi(rng, 900)
    left = noise(rng, 1.9) + 0.10 * noise(rng, 0.9) + 0.012 * (far - near) / (10 * UNIT)
    height = (left - np.quantile(left, 0.42)) * 60
    paint = palette(["#1d6f72", "#2f9c95", "#5fc0ae", "#d8e4cf"], noise(rng, 1.9) * 0.8)
    paint = paint * (0.9 + 0.2 * noise(rng, 0.7))[..., None]
    crack = np.clip(1.0 - (far - near) / (1.6 * UNIT), 0, 1)[..., None]
    paint = paint * (1 - 0.75 * crack)
    covered = np.clip(height * 2, 0, 1)[..., None]
    rim = np.exp(-((height - 0.9) ** 2) * 2.5)[..., None]
    shadow = np.roll(covered, (round(3 * UNIT), round(3 * UNIT)), (0, 1))
    pixels = iron * (1 - 0.55 * shadow * (1 - covered)) * (1 - covered) + paint * covered
    return as_image(pixels + 60 * rim * covered)


def moss(rng: np.random.Generator) -> Image.Image:
    """Cushions of moss on cracked grey stone, lit from the upper left."""
    near, far, _ = voronoi(rng, 220)
    stone = 120 + 70 * (noise(rng, 1.3) - 0.5) + 40 * (noise(rng, 0.5) - 0.5)
    stone = stone * np.clip((far - near) / (5 * UNIT), 0.3, 1)
    stone = stone[..., None] * np.array([1.0, 0.99, 0.94])
    tuft, _, _ = voronoi(rng, 12000)
    clump = noise(rng, 1.9)
    height = np.clip((clump - np.quantile(clump, 0.45)) * 10, 0, 1)
    bumps = np.sqrt(height) * 18 * UNIT - np.minimum(tuft, 9 * UNIT)
    down, across = np.gradient(gaussian_filter(bumps, 0.8 * UNIT))
    lit = np.clip(0.62 + 0.55 * (down + across), 0.15, 1.35)
    greens = palette(["#16280c", "#2f5216", "#5c8a22", "#9cb93a", "#cfd86a"], np.clip(lit * 0.62, 0, 1))
    inside = np.clip(height * 3 - 0.5 * (tuft > 6 * UNIT), 0, 1)[..., None]
    return as_image(stone * (1 - inside) + greens * inside)


MORE_PAINTERS: list[Callable[[np.random.Generator], Image.Image]] = [
    gouache,
    ink_wash,
    pastel,
    pencil_hatching,
    etching,
    cel_shading,
    batik,
    embroidery,
    rust,
    moss,
]
