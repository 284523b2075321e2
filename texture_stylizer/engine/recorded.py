"""Work on a GPU that is recorded once and then started as one: a CUDA graph.

A step is hundreds of small kernels. Asking for them one by one takes 5 to 10 ms, whatever the size: up to
1024 px that is longer than a fast GPU computes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import torch

MOST_PIXELS = 2**22
"""Of a picture whose steps are recorded: those of larger ones take longer than asking for them."""

FEWEST_RUNS = 8
"""Recording takes as long as some runs."""

_ONE_AT_A_TIME = threading.Lock()
"""Before it records, torch waits for the whole GPU, which another thread that is recording could not bear."""

Found = TypeVar("Found")


class Recorded(Generic[Found]):
    """A function of what lies in memory now and is changed in place, without arguments.

    It must not wait for the GPU, and always do the same. It is recorded in the stream of now: torch has 32 to
    give out, in turns, so that a new one may be another thread's.
    """

    def __init__(self, compute: Callable[[], Found]) -> None:
        """Runs it once, for all that is made at first use, and records it. Raises what it raises."""
        waiting = torch.cuda.current_stream()
        stream = waiting if waiting != torch.cuda.default_stream() else torch.cuda.Stream()
        stream.wait_stream(waiting)
        with torch.cuda.stream(stream):
            compute()
        waiting.wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        # Other threads may go on with what a recording one may not do.
        with _ONE_AT_A_TIME, torch.cuda.graph(self._graph, stream=stream, capture_error_mode="thread_local"):
            self._found = compute()

    def __call__(self) -> Found:
        """What it returned when it was recorded, computed anew; the next call overwrites it."""
        self._graph.replay()
        return self._found
