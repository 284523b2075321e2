"""EXIF's orientation of a picture: kept where a format can hold it, and turned into the pixels elsewhere."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray
from PIL import Image

Values = TypeVar("Values", bound=np.generic)

UPRIGHT = 1
HELD_BY = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".webp")
_TAG = 0x0112


def orientation_of(path: Path, spec: oiio.ImageSpec) -> int:
    """1 to 8, as EXIF counts them."""
    found = spec.get_int_attribute("Orientation", UPRIGHT)
    if path.suffix.lower() == ".webp":
        # OpenImageIO passes over what a WebP says of itself.
        with contextlib.suppress(Exception), Image.open(path) as picture:
            found = picture.getexif().get(_TAG, UPRIGHT)
    return found if found in range(1, 9) else UPRIGHT


def upright(pixels: NDArray[Values], orientation: int) -> NDArray[Values]:
    """(H, W, ...) pixels as they are meant to be seen."""
    if orientation in (2, 3, 7, 8):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 6, 7):
        pixels = pixels[::-1]
    return pixels.swapaxes(0, 1) if orientation >= 5 else pixels


def laid_down(pixels: NDArray[Values], orientation: int) -> NDArray[Values]:
    """(H, W, ...) pixels that are upright, as they are stored: what `upright` undoes."""
    pixels = pixels.swapaxes(0, 1) if orientation >= 5 else pixels
    if orientation in (3, 4, 6, 7):
        pixels = pixels[::-1]
    return pixels[:, ::-1] if orientation in (2, 3, 7, 8) else pixels


def write_webp(path: Path, pixels: NDArray[Any], orientation: int) -> None:
    """Write (H, W, C) bytes without loss, with their orientation. Raises OSError."""
    exif = Image.Exif()
    exif[_TAG] = orientation
    Image.fromarray(pixels).save(path, "WEBP", lossless=True, exact=True, quality=100, exif=exif)
