"""What the painters of the sample styles share: sizes, noise, palettes, cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

SIZE = 2048
PAINTED = 2 * SIZE
UNIT = PAINTED / 768
"""Pixels of what is painted in one of a picture of 768 px, in which lengths are given."""

LARGEST_SHAPE = 0.25
"""Of a picture's side. A style that is much the same everywhere gives a texture its strokes, not one large
blotch."""

Array = NDArray[np.float64]


def noise(rng: np.random.Generator, exponent: float, largest: float = LARGEST_SHAPE) -> Array:
    """1/f^exponent noise, periodic, of no larger shapes than that share of the side, scaled to [0, 1].

    Returns (PAINTED, PAINTED)."""
    size = PAINTED
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    frequency = np.maximum(frequency, 1 / (largest * size))
    frequency[0, 0] = np.inf
    spectrum = np.fft.fft2(rng.standard_normal((size, size))) / frequency**exponent
    field = np.real(np.fft.ifft2(spectrum))
    return (field - field.min()) / (field.max() - field.min())


def palette(colors: list[str], position: Array) -> Array:
    """Colours between the given ones, by a position in [0, 1]. Returns position's shape and 3."""
    stops = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in colors])
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(position, places, stops[:, c]) for c in range(3)], axis=-1)


def as_image(pixels: Array) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def voronoi(rng: np.random.Generator, count: int) -> tuple[Array, Array, NDArray[np.int64]]:
    """Distance to the nearest and the second nearest seed, and the nearest one's number; periodic."""
    seeds = rng.uniform(0, PAINTED, (count, 2))
    places = np.stack(np.mgrid[0:PAINTED, 0:PAINTED], axis=-1).reshape(-1, 2)
    distances, owners = cKDTree(seeds, boxsize=PAINTED).query(places, k=2)
    first, second = distances.T.reshape(2, PAINTED, PAINTED)
    return first, second, owners[:, 0].reshape(PAINTED, PAINTED)
