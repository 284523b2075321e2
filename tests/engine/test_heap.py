"""The heap that is kept while an optimisation runs, and given back after it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch

from texture_stylizer.engine.heap import FEWEST_TIGHT_PIXELS, WIDE, heap_for, kept_heap

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is Linux's")

ROOT = Path(__file__).parents[2]
MEBIBYTES = 64


def fill_and_free(times: int) -> int:
    """Fresh pages, in MiB, that the process was given meanwhile."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        torch.ones(MEBIBYTES * 2**18)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize() // 2**20


def in_a_fresh_process(code: str) -> int:
    """What it prints, where the heap was not stretched before: blocks would be made in its holes, and what
    lies above a freed one would hold it there."""
    command = [sys.executable, "-c", code]
    return int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)


def test_freed_memory_is_used_again() -> None:
    with kept_heap():
        # Small blocks lie in the freed ones at first, until there are enough of either.
        fill_and_free(20)
        assert fill_and_free(20) < 10 * MEBIBYTES


def test_a_small_pictures_tiles_use_it_again() -> None:
    with heap_for(512, WIDE, FEWEST_TIGHT_PIXELS - 1):
        fill_and_free(20)
        assert fill_and_free(20) < 10 * MEBIBYTES


def test_a_large_pictures_tiles_leave_no_holes() -> None:
    code = """if True:
        from tests.engine.test_heap import FEWEST_TIGHT_PIXELS, WIDE, fill_and_free, heap_for
        with heap_for(512, WIDE, FEWEST_TIGHT_PIXELS):
            print(fill_and_free(20))
    """
    assert in_a_fresh_process(code) > 19 * MEBIBYTES


def test_at_the_end_the_system_has_it_back() -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    with kept_heap():
        fill_and_free(1)
        assert process.memory_info().rss > before + MEBIBYTES * 2**20 // 2
    assert process.memory_info().rss < before + MEBIBYTES * 2**20 // 2


def test_it_is_given_back_after_an_error() -> None:
    before = psutil.Process().memory_info().rss
    with pytest.raises(KeyboardInterrupt), kept_heap():
        fill_and_free(1)
        raise KeyboardInterrupt
    assert psutil.Process().memory_info().rss < before + MEBIBYTES * 2**20 // 2


def test_a_tight_heap_has_no_holes() -> None:
    code = """if True:
        import psutil, torch
        from texture_stylizer.engine.heap import tight_heap
        with tight_heap():
            blocks = [torch.ones(2 * 2**20) for _ in range(16)]
            full = psutil.Process().memory_info().rss
            del blocks[:-1]
            print(full - psutil.Process().memory_info().rss)
    """
    assert in_a_fresh_process(code) > 15 * 8 * 2**20 * 0.9
