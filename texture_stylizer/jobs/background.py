"""Work that the window does not wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def in_background(task: Callable[[], Result]) -> Future[Result]:
    """Start a task in a thread of its own. It must not touch bpy."""
    executor = ThreadPoolExecutor(max_workers=1)
    try:
        return executor.submit(task)
    finally:
        executor.shutdown(wait=False)
