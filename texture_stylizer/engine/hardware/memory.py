"""Memory: what is free, the most that was taken, and going on with smaller tiles where it runs out."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil
import torch

from ...errors import OutOfMemory
from ..tiles import SMALLEST_TILE
from .malloc import give_back_heap

Value = TypeVar("Value")


def free_memory(device: torch.device) -> int:
    """Bytes that can still be allocated on the device, by a process that may have a share of it only."""
    if device.type == "cuda":
        reserved, allocated = torch.cuda.memory_reserved(device), torch.cuda.memory_allocated(device)
        free, total = torch.cuda.mem_get_info(device)
        index = torch.cuda.current_device() if device.index is None else device.index
        allowed = torch.cuda.get_per_process_memory_fraction(index) * total
        return max(0, int(min(free + reserved, allowed) - allocated))
    return psutil.virtual_memory().available


def where_fits(needed: float, device: torch.device) -> torch.device:
    """The device, or the CPU where so many bytes do not fit into the device's own memory."""
    return torch.device("cpu") if device.type == "cuda" and needed > free_memory(device) else device


def peak_memory(device: torch.device) -> int:
    """The most bytes in use since `forget_peak_memory`: of the device, or of this process where that shares
    its memory."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    info = psutil.Process().memory_info()
    return int(getattr(info, "peak_wset", 0)) or _peak_resident_set()


def forget_peak_memory(device: torch.device) -> None:
    """Let `peak_memory` count from now on, for all that the process does; only Linux and CUDA can."""
    if device.type == "cuda":
        # There are no statistics before.
        torch.cuda.init()
        torch.cuda.reset_peak_memory_stats(device)
        return
    # "5" is for the peak alone (Linux's proc(5)); elsewhere it stays the process's own.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def _peak_resident_set() -> int:
    """The peak resident set of this process on Linux and macOS, in bytes."""
    # What getrusage says on Linux began as that of the process which started this one: Blender's.
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch raised this because an allocation did not fit, on a GPU or on the CPU."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    # oneDNN has one message for a primitive that it cannot make room for and for one that it does not know.
    messages = ("out of memory", "can't allocate memory", "could not create a primitive", "bad_alloc")
    return isinstance(error, RuntimeError) and any(message in str(error) for message in messages)


def within_memory(
    work: Callable[[int | None], Value],
    tile: int | None,
    side: int,
    device: torch.device,
    warnings: list[str],
) -> Value:
    """Do some work by tiles, and again by smaller ones while it runs out of memory.

    work: what to do, given the tile. side: the longest of the picture. warnings: a sentence is added for each
    time. Raises OutOfMemory when not even the smallest tile fits.
    """
    while True:
        try:
            return work(tile)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            if tile is not None and tile <= SMALLEST_TILE:
                raise OutOfMemory(
                    f"not even tiles of {tile} px fit into the memory of {device}; "
                    "close other programs or use --device cpu"
                ) from error
        tile = max(SMALLEST_TILE, (tile or side) // 2 // 16 * 16)
        warnings.append(f"memory ran out; went on with tiles of {tile} px")
        _give_back_memory(device)


def _give_back_memory(device: torch.device) -> None:
    """What is kept for later allocations, which may be in pieces too small for the next one."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    give_back_heap()
