"""Texture programs: pictures of 256 px drawn from a seed, for a network that has never seen a photograph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Field = NDArray[np.float64]
SIZE = 256


def draw_texture(seed: int) -> NDArray[np.uint8]:
    """A picture, (256, 256, 3): one or two random patterns, mixed, through random palettes."""
    rng = np.random.default_rng(seed)
    picture = _colored(_pattern(rng), rng)
    kind = rng.integers(4)
    if kind == 1:
        mask = _smooth_step(_pattern(rng), rng)[..., None]
        picture = mask * picture + (1 - mask) * _colored(_pattern(rng), rng)
    elif kind == 2:
        picture = picture * (0.4 + 0.6 * _pattern(rng)[..., None])
    elif kind == 3:
        picture = _shaded(picture, _pattern(rng))
    return np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)


def _pattern(rng: np.random.Generator) -> Field:
    """A random field in [0, 1], often warped by another."""
    field = _PROGRAMS[rng.integers(len(_PROGRAMS))](rng)
    if rng.random() < 0.4:
        strength = rng.uniform(2, 18)
        across, down = (strength * (_spectrum(rng, 1.5, 3.0) - 0.5) * 2 for _ in range(2))
        rows, columns = np.mgrid[:SIZE, :SIZE]
        field = field[(rows + down).astype(int) % SIZE, (columns + across).astype(int) % SIZE]
    return field


def _spectrum(rng: np.random.Generator, least: float = 0.3, most: float = 2.2) -> Field:
    """Noise with a 1/f^a spectrum, sometimes stretched in a direction or band-passed."""
    fy, fx = np.meshgrid(np.fft.fftfreq(SIZE), np.fft.rfftfreq(SIZE), indexing="ij")
    angle, stretch = rng.uniform(0, np.pi), rng.choice([1.0, 1.0, 3.0, 8.0])
    along, across = fx * np.cos(angle) + fy * np.sin(angle), fy * np.cos(angle) - fx * np.sin(angle)
    radius = np.hypot(along * stretch, across) + 1 / SIZE
    amplitude = radius ** -rng.uniform(least, most)
    if rng.random() < 0.3:
        centre = np.exp(rng.uniform(np.log(0.02), np.log(0.25)))
        amplitude = np.exp(-((np.log(radius / centre) / 0.35) ** 2))
    amplitude[0, 0] = 0
    phases = np.exp(2j * np.pi * rng.random(amplitude.shape))
    return _ranked(np.fft.irfft2(amplitude * phases, (SIZE, SIZE)))


def _grating(rng: np.random.Generator) -> Field:
    """Stripes or a plaid, bent by smooth noise."""
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    angle, frequency = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(4), np.log(50)))
    bend = rng.uniform(0, 0.25) * _spectrum(rng, 1.5, 2.5)
    wave = np.sin(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle) + bend))
    if rng.random() < 0.3:
        wave *= np.sin(2 * np.pi * frequency * rng.uniform(0.5, 2) * (y * np.cos(angle) - x * np.sin(angle)))
    return 0.5 + 0.5 * np.tanh(wave * rng.uniform(0.7, 6))


def _cells(rng: np.random.Generator) -> Field:
    """Voronoi cells: their borders, their inside or a value for each."""
    count = int(np.exp(rng.uniform(np.log(12), np.log(350))))
    points = rng.random((count, 2)) * SIZE
    rows, columns = np.mgrid[:SIZE, :SIZE]
    nearest = np.full((SIZE, SIZE), np.inf)
    second, owner = nearest.copy(), np.zeros((SIZE, SIZE), dtype=int)
    for index, (y, x) in enumerate(points):
        dy, dx = np.abs(rows - y), np.abs(columns - x)
        distance = np.minimum(dy, SIZE - dy) ** 2 + np.minimum(dx, SIZE - dx) ** 2
        closer = distance < nearest
        second = np.where(closer, nearest, np.minimum(second, distance))
        nearest, owner = np.where(closer, distance, nearest), np.where(closer, index, owner)
    border = np.sqrt(second) - np.sqrt(nearest)
    lines = np.clip(border / rng.uniform(1.5, 6), 0, 1)
    values = rng.random(count)[owner]
    return [lines, _ranked(np.sqrt(nearest)), values, values * lines][rng.integers(4)]


def _bricks(rng: np.random.Generator) -> Field:
    """Courses of bricks or tiles with joints, each of its own grey."""
    height = int(rng.integers(8, 48))
    width, joint = int(height * rng.uniform(1, 3.5)), int(rng.integers(1, max(2, height // 5)))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    course = rows // height
    shifted = columns + (course % 2) * (width // 2 if rng.random() < 0.7 else 0)
    inside = (rows % height >= joint) & (shifted % width >= joint)
    greys = rng.uniform(0.3, 1, (SIZE, SIZE))[course, shifted // width % SIZE]
    return inside * (greys if rng.random() < 0.6 else 0.8) * (0.8 + 0.2 * _spectrum(rng))


def _strokes(rng: np.random.Generator) -> Field:
    """Short lines along a flow field, over each other."""
    field = _spectrum(rng, 1.5, 3.0) * np.pi * rng.uniform(0.3, 3)
    image = Image.new("L", (SIZE, SIZE), int(rng.integers(256)))
    pen = ImageDraw.Draw(image)
    length, width = rng.uniform(6, 50), int(rng.integers(1, 8))
    for _ in range(int(2.5 * SIZE * SIZE / (length * (width + 1)))):
        x, y = rng.uniform(0, SIZE, 2)
        points = [(x, y)]
        for _ in range(4):
            angle = field[int(y) % SIZE, int(x) % SIZE]
            x, y = x + np.cos(angle) * length / 4, y + np.sin(angle) * length / 4
            points.append((x, y))
        pen.line(points, fill=int(rng.integers(256)), width=width)
    return np.asarray(image) / 255.0


def _leaves(rng: np.random.Generator) -> Field:
    """Dead leaves: discs, boxes and triangles over each other, their sizes by a power law."""
    image = Image.new("L", (SIZE, SIZE), 128)
    pen = ImageDraw.Draw(image)
    least, shape = rng.uniform(2, 12), rng.integers(4)
    outline = int(rng.integers(256)) if rng.random() < 0.3 else None
    for _ in range(int(rng.integers(150, 900))):
        radius = min(90.0, least * (1 - rng.random()) ** -0.6)
        x, y = rng.uniform(-20, SIZE + 20, 2)
        kind = shape if shape < 3 else rng.integers(3)
        turn = rng.uniform(0, 2 * np.pi)
        corners = {0: 24, 1: 4, 2: 3}[int(kind)]
        angles = turn + np.arange(corners) * 2 * np.pi / corners
        pen.polygon(
            [(x + radius * np.cos(a), y + radius * np.sin(a)) for a in angles],
            fill=int(rng.integers(256)),
            outline=outline,
        )
    return np.asarray(image) / 255.0


_PROGRAMS: list[Callable[[np.random.Generator], Field]] = [
    _spectrum, _grating, _cells, _bricks, _strokes, _strokes, _leaves, _leaves,
]  # fmt: skip


def _colored(field: Field, rng: np.random.Generator) -> Field:
    """Through a palette of two to seven random colours, in steps or smoothly."""
    count = int(rng.integers(2, 8))
    base, spread = rng.random(3), rng.choice([0.15, 0.4, 1.0])
    colors = np.clip(base + spread * (rng.random((count, 3)) - 0.5) * 2, 0, 1)
    if rng.random() < 0.25:
        field = np.floor(field * count) / count
    stops = np.linspace(0, 1, count)
    return np.stack([np.interp(field, stops, colors[:, channel]) for channel in range(3)], axis=-1)


def _shaded(picture: Field, height: Field) -> Field:
    """Lit from the side over a relief: edges get light and shadow."""
    slope = np.roll(height, 1, axis=1) - height + np.roll(height, 1, axis=0) - height
    return picture * np.clip(1 + 3 * slope, 0.3, 1.6)[..., None]


def _smooth_step(field: Field, rng: np.random.Generator) -> Field:
    return 1 / (1 + np.exp(-(field - rng.uniform(0.3, 0.7)) * rng.uniform(8, 60)))


def _ranked(field: Field) -> Field:
    """The field spread evenly over [0, 1]."""
    low, high = np.percentile(field, [1, 99])
    return np.clip((field - low) / max(high - low, 1e-9), 0, 1)
