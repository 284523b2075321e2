"""In which precision a device works fastest: measured once and remembered."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import torch

from ...engine.hardware.devices import bfloat16_gain, device_description, may_gain_from_bfloat16
from ...settings import Precision
from ...whole_file import whole_file
from .cache import cache_folder

FILE = "precision.measured"
"""JSON; named otherwise so that it is no result of the cache."""

WORTHWHILE = 1.15
"""How many times faster bfloat16 must be to be taken."""


def choose_precision(wanted: Precision, device: torch.device, folder: Path | None = None) -> torch.dtype:
    """The dtype of the feature maps; auto takes bfloat16 where that was measured to be faster.

    folder: where measurements are remembered, the cache's by default.
    """
    if wanted == "auto":
        wanted = _fastest(device, folder or cache_folder())
    return torch.bfloat16 if wanted == "bfloat16" else torch.float32


def _fastest(device: torch.device, folder: Path) -> Precision:
    if not may_gain_from_bfloat16(device):
        return "float32"
    return "bfloat16" if remembered_gain(device, folder) >= WORTHWHILE else "float32"


def remembered_gain(device: torch.device, folder: Path) -> float:
    """How many times faster bfloat16 is: measured now, or by an earlier run on the same device and torch."""
    path, key = folder / FILE, device_description(device)
    known = _read(path)
    if key not in known:
        gain = round(bfloat16_gain(device), 3)
        # Another run may have measured meanwhile: the first one's choice is everybody's.
        known = {key: gain} | _read(path)
        _remember(path, known)
    return known[key]


def _read(path: Path) -> dict[str, float]:
    """What was measured, by device; nothing where the file is not there or not ours."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(key): float(gain) for key, gain in found.items() if isinstance(gain, (int, float))}


def _remember(path: Path, known: dict[str, float]) -> None:
    # A folder that cannot be written costs a measurement each time, and no more.
    with contextlib.suppress(OSError), whole_file(path) as partial:
        partial.write_text(json.dumps(known, indent=1), "utf-8")
