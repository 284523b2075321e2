"""The files of the result cache: how much room they take, and clearing them. Standard library only."""

from __future__ import annotations

import contextlib
from pathlib import Path

CACHE_VARIABLE = "TEXTURE_STYLIZER_CACHE"
"""The environment variable that names another folder for the cache."""

ENGINE_VERSION = "25"
"""Changes whenever the same settings would give another picture."""


def entries(folder: Path) -> list[tuple[Path, Path]]:
    """The .json and .npy file of every result, newest first."""
    found = []
    for facts in folder.glob("[!.]*.json"):
        with contextlib.suppress(OSError):
            found.append((facts.stat().st_mtime, facts))
    return [(facts, facts.with_suffix(".npy")) for _, facts in sorted(found, reverse=True)]


def size_of(folder: Path) -> int:
    """Bytes that the results in a cache folder take."""
    total = 0
    for pair in entries(folder):
        for path in pair:
            with contextlib.suppress(OSError):
                total += path.stat().st_size
    return total


def clear(folder: Path) -> int:
    """Delete every result, and nothing else. Returns how many there were."""
    found = entries(folder)
    for pair in found:
        for path in pair:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    return len(found)
