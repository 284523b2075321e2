"""What a run looks like in a terminal: a bar with the time left, and errors as single lines."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from ..errors import StylizerError


def show_error(error: BaseException, *, verbose: bool) -> None:
    """One line on stderr; with `verbose` the traceback too, the worker's own where there is one."""
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    if verbose:
        import traceback

        traceback.print_exception(error)


def one_line(error: StylizerError) -> str:
    """The error's message as one line."""
    return " ".join(str(error).split())


class ProgressBar:
    """A bar on stderr for the texture being worked on; silent when stderr is no terminal."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[detail]}"),
            console=self._console,
            disable=not sys.stderr.isatty(),
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def on_event(self, event: dict[str, Any]) -> None:
        """Show a worker's event."""
        if event["type"] == "warning":
            print(f"warning: {event['message']}", file=sys.stderr)
        elif event["type"] == "started":
            name = self._names.get(event["id"], event["id"])
            self._tasks[event["id"]] = self._bar.add_task(name, total=1.0, detail="starting")
        elif event["type"] == "progress" and event["id"] in self._tasks:
            self._bar.update(
                self._tasks[event["id"]],
                completed=event["fraction"],
                detail=f"{event['width']} x {event['height']}, {event['seconds_left']:.0f} s left",
            )
        elif event["type"] == "done" and event["id"] in self._tasks:
            self._bar.update(self._tasks[event["id"]], completed=1.0, detail="done")
