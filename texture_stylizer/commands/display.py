"""What a run looks like in a terminal: a bar with the time left, and errors as single lines."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from types import TracebackType
from typing import Any


def show_error(error: BaseException, *, verbose: bool) -> None:
    """One line on stderr; with `verbose` the traceback too, the worker's own where there is one."""
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    if verbose:
        traceback.print_exception(error)


class ProgressBar:
    """A bar on stderr for each texture; silent when stderr is no terminal, or rich is not installed,
    as in Blender's own Python."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._tasks: dict[str, Any] = {}
        self._bar: Any = None
        if sys.stderr.isatty() and importlib.util.find_spec("rich") is not None:
            self._bar = _rich_bar()

    def __enter__(self) -> ProgressBar:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def on_event(self, event: dict[str, Any]) -> None:
        """Show a worker's event."""
        if event["type"] == "warning":
            print(f"warning: {event['message']}", file=sys.stderr)
        if self._bar is None:
            return
        if event["type"] == "started":
            name = self._names.get(event["id"], event["id"])
            self._tasks[event["id"]] = self._bar.add_task(name, total=1.0, detail="starting")
        elif event["type"] == "progress":
            detail = f"{event['width']} x {event['height']}, {event['seconds_left']:.0f} s left"
            self._bar.update(self._tasks[event["id"]], completed=event["fraction"], detail=detail)
        elif event["type"] == "done":
            self._bar.update(self._tasks[event["id"]], completed=1.0, detail="done")


def _rich_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[detail]}"),
        console=Console(stderr=True),
    )
