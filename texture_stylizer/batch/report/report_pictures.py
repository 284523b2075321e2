"""Small pictures of a texture before and after, for the page.

They are made where the work is done, since the files that it is on are gone afterwards.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

SIDE = 192
"""Longest side in pixels."""


def write_thumbnail(source: Path, target: Path) -> None:
    """Write a JPEG of an image file, or of a .npy array (H, W, 4), uint8, uint16 or float32.

    What cannot be shown gets none: a page without a picture is no reason to fail.
    """
    with contextlib.suppress(Exception):
        from PIL import Image

        picture: Any = _from_array(source) if source.suffix == ".npy" else Image.open(source)
        with picture:
            # A JPEG is read at an eighth of its size where that is enough.
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))
            if picture.mode.startswith("I;16") or picture.mode == "I":
                picture = picture.point(lambda value: value / 257).convert("L")
            small = picture.convert("RGB")
        small.thumbnail((SIDE, SIDE), reducing_gap=2.0)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        small.save(temporary, "JPEG", quality=80)
        os.replace(temporary, target)


def _from_array(path: Path) -> Any:
    import numpy as np
    from PIL import Image

    values = np.load(path, mmap_mode="r", allow_pickle=False)
    step = max(1, max(values.shape[:2]) // (2 * SIDE))
    values = values[::step, ::step, :3]
    if values.dtype == np.uint16:
        values = values // 257
    elif values.dtype != np.uint8:
        values = np.clip(values, 0, 1) * 255
    return Image.fromarray(np.ascontiguousarray(values).astype(np.uint8))
