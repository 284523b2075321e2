"""What glibc does with memory that is freed between the steps of an optimisation: keep it, or give it back.

By itself it maps fresh pages for every tensor above 32 MiB and unmaps them when it is freed, and the kernel
clears them each time: at 2048 x 2048 pixels that was two thirds of a step. Smaller tensors stay in the heap,
and leave holes in it: at tiles of 512 pixels half a gigabyte of them.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

# The parameters' numbers in glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4

_UNTRIMMED = -1
_DEFAULT_MMAP_MAX = 65536
_LARGEST_MMAP_THRESHOLD = 32 * 2**20
"""What glibc's own thresholds rise to after large blocks were freed."""

_TIGHT_MMAP_THRESHOLD = 4 * 2**20

LARGEST_TIGHT_TILE = 512
"""Tiles up to this are for when memory is short: keeping the heap took 1.2 GB more at 4096 x 4096 pixels."""

FEWEST_TIGHT_PIXELS = 2**21
"""Below this a picture's own memory is so small that there is room for the holes: 0.5 GB at 1024 x 1024
pixels with VGG19's widths, where fresh pages took 10 % of a step, a third beside other programs."""

WIDE = 1000.0
"""Bytes of a network's maps for a pixel from which on the work in fresh pages outweighs their cost: a tenth
of a step with VGG19's widths, a quarter with the embedded network."""


def heap_for(tile: int | None, bytes_per_pixel: float, pixels: int) -> AbstractContextManager[None]:
    """The heap for an optimisation of so many pixels by tiles of that side, None being untiled: kept, or
    without holes for small tiles of a network of so many bytes a pixel, or as it is."""
    if tile is None or tile > LARGEST_TIGHT_TILE or pixels < FEWEST_TIGHT_PIXELS:
        return kept_heap()
    return tight_heap() if bytes_per_pixel >= WIDE else nullcontext()


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


@contextmanager
def tight_heap() -> Iterator[None]:
    """Within this block memory of 4 MiB and more is given back as soon as it is freed. Does nothing without
    glibc."""
    library = _glibc()
    if library is not None:
        library.mallopt(_MMAP_THRESHOLD, _TIGHT_MMAP_THRESHOLD)
    try:
        yield
    finally:
        give_back_heap()


def trim_heap() -> None:
    """Let the system have what is free in the heap now."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def give_back_heap() -> None:
    """Let the system have what is free in the heap, now and as it becomes free from now on."""
    library = _glibc()
    if library is not None:
        library.mallopt(_MMAP_MAX, _DEFAULT_MMAP_MAX)
        library.mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        library.mallopt(_TRIM_THRESHOLD, 2 * _LARGEST_MMAP_THRESHOLD)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
