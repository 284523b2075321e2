"""What is said of a device's memory is of this process, and of the time that was asked about."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from texture_stylizer.engine.hardware.memory import forget_peak_memory, peak_memory

CPU = torch.device("cpu")
HUNDRED_MEGABYTES = 100 * 10**6

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can forget a peak")


def fill(size: int) -> None:
    """Have so many bytes in use for a moment."""
    np.ones(size, np.uint8)


def test_a_peak_is_forgotten() -> None:
    fill(4 * HUNDRED_MEGABYTES)
    before = peak_memory(CPU)
    forget_peak_memory(CPU)
    assert peak_memory(CPU) < before - 2 * HUNDRED_MEGABYTES
    fill(2 * HUNDRED_MEGABYTES)
    assert before - HUNDRED_MEGABYTES > peak_memory(CPU) > before - 3 * HUNDRED_MEGABYTES


def test_a_process_does_not_inherit_its_parents_peak() -> None:
    """Blender's may be many times the worker's."""
    forget_peak_memory(CPU)
    script = """
import torch
from texture_stylizer.engine.hardware.memory import peak_memory
print(peak_memory(torch.device("cpu")))
"""
    held = np.ones(16 * HUNDRED_MEGABYTES, np.uint8)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < held.nbytes
