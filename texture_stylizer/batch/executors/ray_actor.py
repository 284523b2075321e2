"""What runs in a Ray cluster's processes: it holds one asset worker, which has torch and Blender; Ray's own
process has neither."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator

from ...jobs.protocol import Message
from ..work.asset_task import Task
from ..work.process import AssetProcess

_WAIT_SECONDS = 0.1


class AssetActor:
    """One warm worker on some machine of the cluster."""

    def __init__(self) -> None:
        """Raises BadMachine, MissingWeights where this machine cannot work."""
        self._process = AssetProcess()
        self._process.wait_until_ready()
        self._is_dead = False

    def ready(self) -> Message:
        """Who this is: an answer says that it is there (again), with a worker that lives."""
        if self._is_dead:
            self._start_again()
        return {"type": "ready", "host": socket.gethostname(), "worker": f"process {os.getpid()}"}

    def perform(self, task: Message) -> Iterator[Message]:
        """Work on a task: what happens, as it happens; the last is of the type result or dead."""
        self._process.submit(Task.from_json(task))
        while True:
            for message in self._process.poll(wait=_WAIT_SECONDS):
                self._is_dead |= message["type"] in ("dead", "broken")
                yield message
                if self._is_dead or message["type"] == "result":
                    return

    def end(self) -> None:
        """End the worker; the actor is of no use afterwards."""
        self._process.close()

    def _start_again(self) -> None:
        self._process.close()
        # Where the disk or the memory is full, that may pass.
        time.sleep(1.0)
        self._process = AssetProcess()
        self._process.wait_until_ready()
        self._is_dead = False
