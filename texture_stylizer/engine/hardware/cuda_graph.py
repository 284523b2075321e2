"""Work on a GPU that is recorded once and then started as one: a CUDA graph.

A step is hundreds of small kernels. Asking for them one by one takes 5 to 10 ms, whatever the size: up to
1024 px that is longer than a fast GPU computes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import torch

MOST_PIXELS = 2**22
"""Of a picture whose steps are recorded: those of larger ones take longer than asking for them."""

FEWEST_RUNS = 8
"""Recording takes as long as some runs."""

_ONE_AT_A_TIME = threading.Lock()
"""Before it records, torch waits for the whole GPU, which another thread that is recording could not bear."""


class Recorded:
    """Work on what lies in memory now and is changed in place, without arguments or results.

    It must not wait for the GPU, and always do the same. The first call does it as it is, for all that is
    made at first use; the second records it. Both raise what the work raises. It is done in the stream of
    now: torch has 32 to give out, in turns, so that a new one may be another thread's.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        waiting = torch.cuda.current_stream()
        self._stream = waiting if waiting != torch.cuda.default_stream() else torch.cuda.Stream()
        self._graph: torch.cuda.CUDAGraph | None = None
        self._is_first = True

    def __call__(self) -> None:
        if self._is_first:
            self._is_first = False
            self._run_once()
            return
        if self._graph is None:
            self._graph = self._record()
        self._graph.replay()

    def _run_once(self) -> None:
        waiting = torch.cuda.current_stream()
        self._stream.wait_stream(waiting)
        with torch.cuda.stream(self._stream):
            self._work()
        waiting.wait_stream(self._stream)

    def _record(self) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        # Other threads may go on with what a recording one may not do.
        with _ONE_AT_A_TIME, torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
            self._work()
        return graph
