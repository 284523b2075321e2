"""What this computer can compute on: devices, and what each gains from bfloat16."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable

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
