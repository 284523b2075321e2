"""Earlier results, found again by what they were made from.

A result is an .npy array and a .json file under one key; the oldest go when the cache grows too large.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from ...engine.color import Array
from ...settings import OF_OTHER_MAPS, Settings
from ...whole_file import whole_file
from ..cache_folder import CACHE_VARIABLE, ENGINE_VERSION, entries

SIZE_LIMIT = 4 * 2**30
"""Bytes of results that are kept."""

_DIGEST = "image_sha256"


@dataclass(frozen=True)
class CachedResult:
    """A picture (H, W, 3), display-encoded, and what was measured when it was made."""

    image: Array
    facts: dict[str, Any]


def cache_folder() -> Path:
    """Where results are kept; TEXTURE_STYLIZER_CACHE names another place."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_cache_dir("texture-stylizer", False))


def key_of(
    content: Array,
    styles: Iterable[tuple[Array, float]],
    settings: Settings,
    features_sha256: str,
    device: str,
    precision: str,
) -> str:
    """A name for everything that decides a result's pixels."""
    digest = hashlib.sha256()
    # The tile changes the result by rounding only.
    without = ("tile", *OF_OTHER_MAPS)
    described = {name: value for name, value in settings.to_json().items() if name not in without}
    head = [ENGINE_VERSION, described, features_sha256, device, precision]
    digest.update(json.dumps(head, sort_keys=True).encode())
    for array, weight in [(content, 0.0), *styles]:
        digest.update(f"{array.shape} {weight}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def load(folder: Path, key: str) -> CachedResult | None:
    """The result of that key, or None; an entry about which there is any doubt counts as none."""
    try:
        image = np.load(folder / f"{key}.npy", allow_pickle=False)
        facts = json.loads((folder / f"{key}.json").read_text("utf-8"))
        if facts.pop(_DIGEST) != _digest(image):
            return None
    except Exception:
        # Whatever a disk, another program or a user has done to it, the picture can be made anew.
        return None
    with contextlib.suppress(OSError):
        os.utime(folder / f"{key}.json")
    return CachedResult(image, facts)


def store(folder: Path, key: str, result: CachedResult) -> None:
    """Keep a result if there is room for it on the disk, and drop the oldest beyond SIZE_LIMIT."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < 4 * result.image.nbytes:
        return
    with whole_file(folder / f"{key}.npy") as partial, partial.open("wb") as file:
        np.save(file, result.image, allow_pickle=False)
    with whole_file(folder / f"{key}.json") as partial:
        partial.write_text(json.dumps(result.facts | {_DIGEST: _digest(result.image)}), "utf-8")
    _drop_oldest(folder)


def _digest(image: Array) -> str:
    described = hashlib.sha256(f"{image.dtype} {image.shape}".encode())
    described.update(np.ascontiguousarray(image).data)
    return described.hexdigest()


def _drop_oldest(folder: Path) -> None:
    total = 0
    for facts, array in entries(folder):
        total += array.stat().st_size if array.is_file() else 0
        if total > SIZE_LIMIT:
            facts.unlink(missing_ok=True)
            array.unlink(missing_ok=True)
