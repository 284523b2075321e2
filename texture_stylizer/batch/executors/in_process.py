"""Tasks in this process, one after the other: the least that can go wrong, for a debugger and for tests."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import threading

from ...commands.terminal.failures import unexpected
from ...errors import StylizerError, to_message
from ..work.asset_task import Result, Task, WatchedClient, perform
from .contract import Advanced, CannotWork, Finished, Lost, Report


class InProcess:
    """A thread of this process with one worker of its own."""

    def __init__(self) -> None:
        self._client = WatchedClient()
        try:
            self._client.describe()
        except StylizerError as problem:
            self._client.close()
            raise CannotWork(str(problem)) from problem
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._task: Task | None = None
        self._stopped: dict[str, str] = {}

    @property
    def free(self) -> int:
        return 0 if self._task else 1

    def submit(self, task: Task) -> None:
        self._task = task
        threading.Thread(target=self._perform, args=(task,), daemon=True).start()

    def poll(self, wait: float) -> list[Report]:
        reports: list[Report] = []
        with contextlib.suppress(queue.Empty):
            reports.append(self._reports.get(timeout=wait))
            while True:
                reports.append(self._reports.get_nowait())
        return [self._checked(report) for report in reports]

    def stop(self, task_id: str, why: str) -> None:
        self._stopped[task_id] = why
        if self._client.pid is not None:
            with contextlib.suppress(OSError):
                os.kill(self._client.pid, getattr(signal, "SIGKILL", signal.SIGTERM))

    def close(self) -> None:
        self._client.close()

    def _perform(self, task: Task) -> None:
        try:
            result = perform(task, self._client, lambda done: self._reports.put(Advanced(task.id, done)))
        except Exception as error:
            problem = error if isinstance(error, StylizerError | OSError) else unexpected(task.source, error)
            result = Result(0.0, {}, (to_message(problem),))
        self._reports.put(Finished(task.id, socket.gethostname(), f"process {os.getpid()}", result))

    def _checked(self, report: Report) -> Report:
        if isinstance(report, Finished):
            self._task = None
            why = self._stopped.pop(report.id, None)
            if why is not None and report.result.problems:
                return Lost(report.id, report.host, report.worker, why)
        return report
