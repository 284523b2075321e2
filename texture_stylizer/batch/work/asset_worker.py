"""The process that works on assets in turn, with one worker that stays warm: `python -m ...asset_worker`.

It is told tasks on its stdin and says what happens on its stdout, one JSON object a line:

    {"type": "task", "task": {...}}         a `Task`
    {"type": "ready", "devices": [...]}     once, when its worker has loaded torch
    {"type": "broken", "kind", "message"}   this machine cannot work
    {"type": "heartbeat"}
    {"type": "progress", "id", "fraction"}
    {"type": "result", "id", "result": {...}}

What is printed for people goes to its stderr. When its stdin closes, it and all that it started end at once,
and the private folders go.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from ...commands.terminal.failures import unexpected
from ...errors import Cancelled, StylizerError, to_message
from ...jobs.client import remove_folder
from ...jobs.protocol import HEARTBEAT_SECONDS, Message, from_line, to_line
from ...jobs.python import PACKAGE_FOLDER
from .asset_task import Result, Task, WatchedClient, perform

PROGRESS_SECONDS = 0.2


class AssetWorker:
    """The two ends of the pipe."""

    def __init__(self, words: TextIO, events: TextIO) -> None:
        self._words = words
        self._events = events
        self._sending = threading.Lock()
        self._waiting: queue.Queue[Message] = queue.Queue()
        self._shown = 0.0
        self._folder = Path.cwd()

    def run(self) -> None:
        """Work until stdin closes."""
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        try:
            client = WatchedClient()
            self._send({"type": "ready", "devices": client.describe()["devices"]})
        except StylizerError as problem:
            self._send({"type": "broken", **to_message(problem)})
            return
        while True:
            task = Task.from_json(self._waiting.get()["task"])
            self._send({"type": "result", "id": task.id, "result": self._perform(task, client).to_json()})

    def _perform(self, task: Task, client: WatchedClient) -> Result:
        def on_progress(fraction: float) -> None:
            now = time.monotonic()
            if now - self._shown >= PROGRESS_SECONDS:
                self._shown = now
                self._send({"type": "progress", "id": task.id, "fraction": fraction})

        try:
            return perform(task, client, on_progress)
        except (Cancelled, OSError) as error:
            return Result(0.0, {}, (to_message(error),))
        except Exception as error:
            # What nobody foresaw is the asset's own: it would end the next worker as well.
            return Result(0.0, {}, (to_message(unexpected(task.source, error)),))

    def _read(self) -> None:
        for line in self._words:
            message = from_line(line)
            if message is not None:
                self._waiting.put(message)
        os.chdir(PACKAGE_FOLDER)
        remove_folder(self._folder)
        # Its pipes close with this process, and what it started ends by that.
        os._exit(0)

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            self._send({"type": "heartbeat"})

    def _send(self, message: Message) -> None:
        try:
            with self._sending:
                self._events.write(to_line(message))
                self._events.flush()
        except (OSError, ValueError):
            os._exit(0)


def main() -> None:
    """Keep stdout for events alone, and leave signals to the program that started this one."""
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with contextlib.suppress(AttributeError, ValueError):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    AssetWorker(sys.stdin, events).run()
    # bpy's own exit code can crash, and threads still wait.
    events.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
