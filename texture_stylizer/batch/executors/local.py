"""Workers of this machine, processes that stay warm: one a GPU or share of it, or one on a processor."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass

from ...errors import StylizerError
from ...jobs.protocol import Message
from ..work.asset_task import Result, Task
from ..work.process import AssetProcess
from .contract import Advanced, CannotWork, Finished, Lost, Report, Said

_VAIN_STARTS = 3
"""So often a worker may end before it was ready until the machine counts as one that cannot work."""


@dataclass
class _Place:
    """Where one worker is: its process, the device it was given, and the task it has."""

    process: AssetProcess
    device: str | None
    ready: bool = False
    task: str | None = None


class Local:
    """Processes of this machine."""

    def __init__(self, jobs: int | None = None, gpu_share: float = 1.0) -> None:
        """jobs: how many workers; None for one a share of each GPU, or one on a processor. Raises
        CannotWork."""
        self._environment = _threads_each(jobs)
        self._reports: list[Report] = []
        self._vain = 0
        first = AssetProcess(self._environment)
        try:
            gpus = [row["name"] for row in first.wait_until_ready()["devices"] if "cuda" in row["name"]]
        except StylizerError as problem:
            first.close()
            raise CannotWork(str(problem)) from problem
        except BaseException:
            first.close()
            raise
        each = max(1, int(1 / gpu_share))
        devices: list[str | None] = [gpu for gpu in gpus for _ in range(each)] or [None]
        if jobs is not None:
            devices = [devices[number % len(devices)] for number in range(jobs)]
        self._places = [_Place(first, devices[0], ready=True)]
        self._places += [_Place(AssetProcess(self._environment), device) for device in devices[1:]]

    @property
    def free(self) -> int:
        return sum(place.ready and place.task is None for place in self._places)

    def submit(self, task: Task) -> None:
        place = next(place for place in self._places if place.ready and place.task is None)
        place.task = task.id
        place.process.submit(task.on_device(place.device) if place.device else task)

    def poll(self, wait: float) -> list[Report]:
        deadline = time.monotonic() + wait
        while True:
            for place in self._places:
                for message in place.process.poll():
                    self._take(place, message)
            if self._reports or time.monotonic() >= deadline:
                reports, self._reports = self._reports, []
                return reports
            # Several pipes: nothing waits for all of them on every system.
            time.sleep(0.005)

    def stop(self, task_id: str, why: str) -> None:
        for place in self._places:
            if place.task == task_id:
                self._lose(place, why)

    def close(self) -> None:
        for place in self._places:
            place.process.close()

    def _take(self, place: _Place, message: Message) -> None:
        if message["type"] == "ready":
            place.ready, self._vain = True, 0
        elif message["type"] == "progress" and message["id"] == place.task:
            self._reports.append(Advanced(message["id"], message["fraction"]))
        elif message["type"] == "note":
            self._reports.append(Said(place.task, message["text"]))
        elif message["type"] == "result" and message["id"] == place.task:
            result = Result.from_json(message["result"])
            self._reports.append(Finished(message["id"], socket.gethostname(), _name(place), result))
            place.task = None
        elif message["type"] in ("dead", "broken"):
            self._vain += not place.ready
            if self._vain >= _VAIN_STARTS:
                raise CannotWork(message["message"])
            self._lose(place, message["message"])

    def _lose(self, place: _Place, why: str) -> None:
        """Start a worker's place anew."""
        if place.task is not None:
            self._reports.append(Lost(place.task, socket.gethostname(), _name(place), why))
        place.process.close()
        place.process, place.ready, place.task = AssetProcess(self._environment), False, None


def _name(place: _Place) -> str:
    return f"process {place.process.pid}" + (f" on {place.device}" if place.device else "")


def _threads_each(jobs: int | None) -> dict[str, str]:
    """Several workers on a processor share its cores."""
    if jobs is None or jobs == 1 or "OMP_NUM_THREADS" in os.environ:
        return {}
    return {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // jobs))}
