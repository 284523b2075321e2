"""What this computer has, for `doctor` and the add-on's preferences."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import Any

import torch

from ...engine.features import original_vgg19
from ...engine.features.weights import resolve_source, vgg19_path
from ...engine.hardware.devices import choose_device
from ...engine.hardware.memory import free_memory
from .cache import cache_folder
from .precision import choose_precision


def describe_machine() -> dict[str, Any]:
    """Plain facts: interpreter, libraries, devices with their memory in bytes, features, cache."""
    device = choose_device("auto")
    return {
        "python": platform.python_version(),
        "executable": sys.executable,
        "libraries": {
            name: metadata.version(name)
            for name in ("torch", "numpy", "pillow", "OpenImageIO", "safetensors")
        },
        "devices": _devices(),
        "device": str(device),
        "precision": str(choose_precision("auto", device)).removeprefix("torch."),
        "features": resolve_source("auto"),
        "vgg19_missing": original_vgg19.why_not(),
        "vgg19_torchvision_on_disk": vgg19_path().is_file(),
        "cache_folder": str(cache_folder()),
    }


def _devices() -> list[dict[str, Any]]:
    rows = [
        {
            "name": "cpu",
            "label": f"{platform.machine()}, {torch.get_num_threads()} threads",
            "free_memory": free_memory(torch.device("cpu")),
        }
    ]
    for index in range(torch.cuda.device_count()):
        device = torch.device("cuda", index)
        label = torch.cuda.get_device_name(device)
        rows.append({"name": f"cuda:{index}", "label": label, "free_memory": free_memory(device)})
    if torch.backends.mps.is_available():
        free = free_memory(torch.device("mps"))
        rows.append({"name": "mps", "label": "Apple GPU", "free_memory": free})
    return rows
