"""What glibc does with memory that is freed between the steps of an optimisation: keep it, or give it back.

By itself it maps fresh pages for every tensor above 32 MiB and unmaps them when it is freed, and the kernel
clears them each time: with VGG19's widths and tiles of 512 pixels that was a sixth of a step, at 2048 x 2048
pixels untiled two thirds. A kept heap has holes; for tiles whose regions are equally large they are few.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# The parameters' numbers in glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4

_UNTRIMMED = -1
_DEFAULT_MMAP_MAX = 65536
_LARGEST_MMAP_THRESHOLD = 32 * 2**20
"""What glibc's own thresholds rise to after large blocks were freed."""


@contextmanager
def kept_heap() -> Iterator[None]:
    """Within this block, or until `give_back_heap`, freed memory is used again and not given back. Does
    nothing without glibc."""
    library = _glibc()
    if library is not None:
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, _UNTRIMMED)
    try:
        yield
    finally:
        give_back_heap()


def give_back_heap() -> None:
    """Let the system have what is free in the heap, now and as it becomes free from now on."""
    library = _glibc()
    if library is not None:
        library.mallopt(_MMAP_MAX, _DEFAULT_MMAP_MAX)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        library.mallopt(_TRIM_THRESHOLD, 2 * _LARGEST_MMAP_THRESHOLD)
        library.malloc_trim(0)


def give_back_holes() -> None:
    """Let the system have what is free in the heap now; what becomes free is kept as before."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
