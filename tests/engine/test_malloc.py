"""The heap that is kept while an optimisation runs, and given back after it."""

from __future__ import annotations

import sys

import psutil
import pytest
import torch

from texture_stylizer.engine.hardware.malloc import give_back_holes, kept_heap

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is Linux's")

MEBIBYTES = 64


def fill_and_free(times: int) -> int:
    """Fresh pages, in MiB, that the process was given meanwhile."""
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        torch.ones(MEBIBYTES * 2**18)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize() // 2**20


def test_freed_memory_is_used_again() -> None:
    with kept_heap():
        # Small blocks lie in the freed ones at first, until there are enough of either.
        fill_and_free(20)
        assert fill_and_free(20) < 10 * MEBIBYTES


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


def test_holes_go_back_and_what_is_freed_later_does_not() -> None:
    process = psutil.Process()
    with kept_heap():
        fill_and_free(20)
        held = process.memory_info().rss
        give_back_holes()
        assert process.memory_info().rss < held - MEBIBYTES * 2**20 // 2
        fill_and_free(20)
        assert fill_and_free(20) < 10 * MEBIBYTES
