"""A batch for another program, such as the add-on: a process that is told what to do on its stdin.

    {"type": "batch", "request": {...}}   a `Request` whose inputs are the batch's
    {"type": "stop"}                      finishes what is in hand

It says what happens as lines of JSON: the events of `events.to_json`, and then one of

    {"type": "end", "report": "...", "done": N, "failed": N, "stopped": true}
    {"type": "error", "kind": "...", "message": "..."}

When its stdin closes it ends at once, with all that it started; the ledger lets the next run go on.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from typing import TextIO

from ..commands.request import Request
from ..errors import StylizerError, to_message
from ..jobs.protocol import Message, from_line, to_line
from . import events
from .executors.local import Local
from .report.page import write_report
from .run import RunOptions, run_plan
from .state.batch_plan import make_plan, write_plan
from .stopping import Stopping


class Service:
    """The two ends of the pipe."""

    def __init__(self, words: TextIO, said: TextIO) -> None:
        self._words = words
        self._said = said
        self._stopping = Stopping()
        self._orders: queue.Queue[Message] = queue.Queue()

    def run(self) -> None:
        """Do the one batch."""
        threading.Thread(target=self._read, daemon=True).start()
        order = self._orders.get()
        try:
            self._send(self._batch(Request.from_json(order["request"])))
        except StylizerError as problem:
            self._send({"type": "error", **to_message(problem)})

    def _batch(self, request: Request) -> Message:
        plan = make_plan(request)
        write_plan(plan)
        tally = run_plan(
            plan, RunOptions(), Local, lambda event: self._send(events.to_json(event)), self._stopping
        )
        return {
            "type": "end",
            "report": str(write_report(plan)),
            "done": tally.done,
            "failed": len(tally.failed),
            "stopped": self._stopping.asked,
        }

    def _read(self) -> None:
        for line in self._words:
            message = from_line(line)
            if message is not None and message["type"] == "stop":
                self._stopping.ask()
            elif message is not None:
                self._orders.put(message)
        os._exit(1)

    def _send(self, message: Message) -> None:
        self._said.write(to_line(message))
        self._said.flush()


def main() -> None:
    """Keep stdout for events alone."""
    said = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Service(sys.stdin, said).run()
    said.flush()
    # bpy's own exit code can crash.
    os._exit(0)


if __name__ == "__main__":
    main()
