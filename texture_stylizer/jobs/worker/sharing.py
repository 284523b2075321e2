"""Who works on a GPU at the same time: small textures side by side, for one alone does not fill it, and a
large one by itself, for its memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

AT_ONCE = 3
"""Jobs side by side; each has a thread that starts its kernels, and these take turns in Python."""

LARGEST_SHARED = 1024 * 1024
"""Pixels of a texture that leaves room for others."""


class Shares:
    """A device's time in equal shares."""

    def __init__(self, count: int = AT_ONCE) -> None:
        self._count = count
        self._free = threading.Semaphore(count)
        self._turn = threading.Lock()
        """Whoever waits for several shares is not overtaken by those who want one."""
        self._choosing = threading.Lock()
        self._streams: dict[torch.device, list[torch.cuda.Stream]] = {}

    @contextmanager
    def taken(self, device: torch.device, pixels: int) -> Iterator[None]:
        """Within this block a texture of so many pixels has its share: one on a GPU if it is small, else all.
        On a GPU the block's work is in a stream of its own."""
        small = device.type == "cuda" and pixels <= LARGEST_SHARED
        wanted = 1 if small else self._count
        with self._turn:
            for _ in range(wanted):
                self._free.acquire()
        try:
            with self._own_stream(device) if device.type == "cuda" else nullcontext():
                yield
        finally:
            self._free.release(wanted)

    @contextmanager
    def _own_stream(self, device: torch.device) -> Iterator[None]:
        """Always of the same few: torch gives out 32 in turns, so that a new one may be in use elsewhere."""
        with self._choosing:
            if device not in self._streams:
                self._streams[device] = [torch.cuda.Stream(device) for _ in range(self._count)]
            stream = self._streams[device].pop()
        try:
            with torch.cuda.stream(stream):
                yield
        finally:
            self._streams[device].append(stream)


def jobs_at_once() -> int:
    """How many jobs a worker is to have under way."""
    return AT_ONCE if torch.cuda.is_available() else 1
