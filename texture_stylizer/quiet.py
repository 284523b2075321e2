"""Blender's own prints kept to itself."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what Blender prints to nowhere, so that stdout and stderr hold our own lines alone."""
    _flush()
    kept: list[tuple[int, int]] = []
    with open(os.devnull, "wb") as nowhere:
        for descriptor in (1, 2):
            with contextlib.suppress(OSError):
                kept.append((descriptor, os.dup(descriptor)))
                os.dup2(nowhere.fileno(), descriptor)
        try:
            yield
        finally:
            _flush()
            for descriptor, copy in kept:
                os.dup2(copy, descriptor)
                os.close(copy)


def _flush() -> None:
    """Empty Python's buffers, and C's, through which Blender prints."""
    for stream in (sys.stdout, sys.stderr):
        # A Blender without a console has none.
        if stream is not None:
            stream.flush()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("ucrtbase" if sys.platform == "win32" else None).fflush(None)
