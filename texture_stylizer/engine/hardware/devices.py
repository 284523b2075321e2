"""What this computer can compute on: devices, precisions, free memory, and running out of it."""

from __future__ import annotations

import contextlib
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import torch
from torch.nn import functional

from ...errors import BadInput, BadMachine

TIMED_TURNS = 5


def choose_device(name: str) -> torch.device:
    """The device of that name; auto takes CUDA, then MPS, then the CPU.

    Raises BadMachine when the device is not there, BadInput for a name that is none.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise BadInput(f"there is no device {name!r}; give auto, cpu, cuda, cuda:N or mps") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise BadMachine(
            f"the device {name} is not on this computer: torch {torch.__version__} sees "
            f"{torch.cuda.device_count()} CUDA devices; use --device auto or cpu"
        )
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise BadMachine("the device mps is not on this computer; use --device auto or cpu")
    if device.type not in ("cpu", "cuda", "mps"):
        raise BadInput(f"the device {name} is not supported; give auto, cpu, cuda, cuda:N or mps")
    return device


def may_gain_from_bfloat16(device: torch.device) -> bool:
    """Whether it is worth measuring: CUDA 8.0 and later, AVX512-BF16, AMX, and MPS, which says nothing.

    Other processors emulate it, ten times slower than float32.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return device.type == "mps"


def convolves_channels_apart(device: torch.device) -> bool:
    """Whether a convolution of each channel by itself is quick: on processors for which oneDNN has kernels of
    its own. On others each channel would be one of torch's slow convolutions."""
    of_intel_or_amd = platform.machine().lower() in ("x86_64", "amd64")
    return device.type == "cpu" and of_intel_or_amd and torch.backends.mkldnn.is_available()


def bfloat16_gain(device: torch.device) -> float:
    """How many times faster a convolution of the third block's shape and its gradient are than in float32."""
    timed = {dtype: _timed_convolution(device, dtype) for dtype in (torch.float32, torch.bfloat16)}
    seconds = dict.fromkeys(timed, float("inf"))
    # In turns, and each at its best: what else the computer does must not decide it.
    for _ in range(TIMED_TURNS):
        for dtype, run in timed.items():
            seconds[dtype] = min(seconds[dtype], run())
    return seconds[torch.float32] / seconds[torch.bfloat16]


def _timed_convolution(device: torch.device, dtype: torch.dtype) -> Callable[[], float]:
    """What runs it, already once, and returns the seconds that it took."""
    # A GPU is to be busy for longer than it takes to ask it.
    side, repeats = (64, 1) if device.type == "cpu" else (512, 8)
    maps = torch.rand(1, 128, side, side, device=device).to(dtype, memory_format=torch.channels_last)
    weight = torch.rand(128, 128, 3, 3, device=device).to(dtype, memory_format=torch.channels_last)

    def run() -> float:
        synchronize(device)
        started = time.perf_counter()
        for _ in range(repeats):
            found = functional.conv2d(maps, weight, padding=1)
            functional.conv_transpose2d(found, weight, padding=1)
        synchronize(device)
        return time.perf_counter() - started

    run()
    return run


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def device_description(device: torch.device) -> str:
    """The device's own name and torch's version: what a measurement holds for."""
    name = platform.processor() or platform.machine()
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    elif device.type == "cpu":
        name = f"{name}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"
    return f"{device.type}: {name}, torch {torch.__version__}"


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
