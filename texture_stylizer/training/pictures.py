"""What the small network is taught on: pictures that this project drew, 256 px, and crops of them."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from .scenes import draw_scene
from .texture_programs import SIZE, draw_texture

SAMPLES = Path(__file__).parents[2] / "sample_assets"
CROP = 128
CROPS_OF_EACH_SAMPLE = 24


def draw(number: int) -> NDArray[np.uint8]:
    """The picture of that number, (256, 256, 3) uint8: textures and scenes in turn."""
    return draw_scene(number) if number % 2 else draw_texture(number)


def all_pictures(count: int) -> Tensor:
    """(n, 3, 256, 256) uint8: so many drawn ones, and crops of the sample styles and textures."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        drawn = list(pool.map(draw, range(count), chunksize=8))
    return torch.from_numpy(np.stack(drawn + sample_crops())).permute(0, 3, 1, 2).contiguous()


def sample_crops() -> list[NDArray[np.uint8]]:
    """Of the sample styles and textures, at the sizes at which a texture of 256 to 1024 px sees them."""
    rng = np.random.default_rng(0)
    found = []
    for path in sorted([*SAMPLES.glob("styles/*.jpg"), *SAMPLES.glob("market_textures/*.png")]):
        with Image.open(path) as file:
            whole = file.convert("RGB")
        for _ in range(CROPS_OF_EACH_SAMPLE):
            shrink = rng.uniform(SIZE, 4 * SIZE) / min(whole.size)
            seen = whole.resize(
                [max(SIZE, round(side * shrink)) for side in whole.size], Image.Resampling.LANCZOS
            )
            left, top = (int(rng.integers(side - SIZE + 1)) for side in seen.size)
            found.append(np.asarray(seen.crop((left, top, left + SIZE, top + SIZE))))
    return found


def crop(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """A piece of a picture, (3, 256, 256) uint8, turned, mirrored and at another size: (1, 3, CROP, CROP)
    in [0, 1]."""
    side = int(CROP * rng.uniform(0.8, 2.0))
    top, left = rng.integers(0, SIZE - side + 1, 2)
    piece = picture[:, top : top + side, left : left + side].float()[None] / 255
    piece = torch.rot90(piece, int(rng.integers(4)), (2, 3))
    piece = piece.flip(3) if rng.random() < 0.5 else piece
    return functional.interpolate(piece, size=(CROP, CROP), mode="bilinear", antialias=True)
