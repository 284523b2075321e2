"""What `blender.ask_blender` starts: a process that has bpy, does one task, and ends.

It is told the task and the results of the worker's jobs on its stdin, one JSON object a line, and answers on
its stdout. It ends when its stdin closes, and then deletes the private folders that it was told of.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

from ..descriptions import Job, Outcome
from ..errors import StylizerError, from_message, to_message
from ..jobs.client import OnEvent
from ..jobs.protocol import Message, from_line, is_private, to_line
from ..jobs.python import PACKAGE_FOLDER
from .failures import unexpected
from .request import Request
from .stage import remove_stage


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


def main() -> None:
    """Do the one task; stdout is kept for answers alone."""
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    channel = Channel(sys.stdin, events)
    order = channel.next()
    try:
        answer: Message = {"type": "answer", **_TASKS[order["task"]](order, channel)}
    except Exception as error:
        known = error if isinstance(error, StylizerError) else unexpected(Path(order["subject"]), error)
        answer = {"type": "failed", "traceback": traceback.format_exc(), **to_message(known)}
    channel.send(answer)
    # bpy's own exit code can crash.
    os._exit(0)


def _version(order: Message, _channel: Channel) -> dict[str, Any]:
    from .blend import import_bpy

    return {"version": import_bpy(Path(order["subject"])).app.version_string}


def _inspect(order: Message, _channel: Channel) -> dict[str, Any]:
    from .scenes import inspect_scene

    return {"found": inspect_scene(Path(order["subject"]))}


def _variants(order: Message, _channel: Channel) -> dict[str, Any]:
    from .variants import change

    target = Path(order["target"]) if order["target"] else None
    subject, action = Path(order["subject"]), order["action"]
    return {"lines": change(subject, action, order["name"], order["strength"], target, order["home"])}


def _stylize(order: Message, channel: Channel) -> dict[str, Any]:
    from .scenes import restyle_scene

    restyled = restyle_scene(
        Request.from_json(order["request"]),
        Path(order["subject"]),
        Path(order["target"]),
        Path(order["home"]),
        channel,
    )
    return {
        "rows": restyled.rows,
        "problems": [to_message(problem) for problem in restyled.problems],
        "uses": [str(used) for used in restyled.uses],
    }


_TASKS: dict[str, Callable[[Message, Channel], dict[str, Any]]] = {
    "version": _version,
    "inspect": _inspect,
    "variants": _variants,
    "stylize": _stylize,
}

if __name__ == "__main__":
    main()
