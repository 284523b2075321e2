"""The pipe between the process that has bpy and the command, which has the worker."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from ...descriptions import Job, Outcome
from ...errors import StylizerError, from_message
from ...jobs.client import OnEvent
from ...jobs.protocol import Message, from_line, is_private, to_line
from ...jobs.python import PACKAGE_FOLDER
from ..outputs.stage import remove_stage


class Channel:
    """The pipe to the command, which has the worker."""

    def __init__(self, words: TextIO, events: TextIO) -> None:
        self._words = words
        self._events = events
        self._waiting: queue.Queue[Message] = queue.Queue()
        self._private: list[Path] = []
        threading.Thread(target=self._read, daemon=True).start()

    def next(self) -> Message:
        """The next thing that is said; waits."""
        return self._waiting.get()

    def send(self, message: Message) -> None:
        self._events.write(to_line(message))
        self._events.flush()

    def note(self, text: str) -> None:
        """Let the user read a line."""
        self.send({"type": "note", "message": text})

    def run(self, jobs: Sequence[Job], on_event: OnEvent | None = None) -> list[Outcome | StylizerError]:
        """What `WorkerClient.run` does; the command shows the progress."""
        self.send({"type": "run", "jobs": [job.to_json() for job in jobs]})
        return [
            Outcome.from_json(result["outcome"]) if "outcome" in result else from_message(result)
            for result in self.next()["results"]
        ]

    def _read(self) -> None:
        for line in self._words:
            message = from_line(line)
            if message is not None:
                self._private += [Path(folder) for folder in message.get("private", ())]
                self._waiting.put(message)
        os.chdir(PACKAGE_FOLDER)
        for folder in self._private:
            if is_private(folder):
                remove_stage(folder)
        os._exit(1)
