"""What this computer can compute on: devices, precisions, free memory, and running out of it."""

from __future__ import annotations

import psutil
import torch

from ..errors import BadInput, BadMachine
from ..settings import Precision


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


def choose_precision(wanted: Precision, device: torch.device) -> torch.dtype:
    """The dtype of the feature maps; auto takes bfloat16 where the hardware multiplies it natively."""
    if wanted == "auto":
        wanted = "bfloat16" if multiplies_bfloat16(device) else "float32"
    return torch.bfloat16 if wanted == "bfloat16" else torch.float32


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device has bfloat16 matrix units (CUDA 8.0 and later, AVX512-BF16, AMX)."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def free_memory(device: torch.device) -> int:
    """Bytes that can still be allocated on the device."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused
    return psutil.virtual_memory().available


def peak_memory(device: torch.device) -> int:
    """The most bytes in use so far: of the device, or of this process where that shares its memory."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    info = psutil.Process().memory_info()
    return int(getattr(info, "peak_wset", 0)) or _peak_resident_set()


def _peak_resident_set() -> int:
    """The peak resident set of this process on Linux and macOS, in bytes."""
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch raised this because an allocation did not fit, on a GPU or on the CPU."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
