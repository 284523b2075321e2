"""What a run looks like in a terminal: a bar with the time left, and errors as single lines."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
import traceback
import unicodedata
from types import TracebackType
from typing import Any, TextIO

from ...words import duration


def clean(text: str) -> str:
    """A line without what a terminal would obey: control characters, marks that turn the writing round."""
    return "".join(letter if _is_harmless(letter) else _escaped(letter) for letter in text)


def tell(text: str) -> None:
    """Print a line of results; a reader that has gone away is no reason to stop."""
    _print(clean(text), sys.stdout)


def tell_exactly(text: str) -> None:
    """Print what a program reads: where a terminal is it is cleaned, a pipe is given every character."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    for line in text.split("\n"):
        _print(clean(line) if is_terminal else line, sys.stdout)


def say(text: str) -> None:
    """Print a line of warnings or errors."""
    _print(clean(" ".join(text.split())), sys.stderr)


def show_error(error: BaseException, *, verbose: bool) -> None:
    """One line on stderr; with `verbose` the traceback too, the worker's own where there is one."""
    say(f"error: {error}")
    if verbose:
        for line in "".join(traceback.format_exception(error)).splitlines():
            _print(clean(line), sys.stderr)


def _print(text: str, stream: TextIO | None) -> None:
    if stream is None:
        return
    try:
        try:
            print(text, file=stream, flush=True)
        except UnicodeEncodeError:
            print(text.encode("ascii", "backslashreplace").decode(), file=stream, flush=True)
    except OSError:
        # A closed pipe or a full disk: what is printed from now on goes nowhere.
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def _is_harmless(letter: str) -> bool:
    # The two joiners belong to the writing of several languages.
    return letter in "\u200c\u200d" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":
        # A byte of a name that is no UTF-8.
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return f"\\u{ord(letter):04x}" if ord(letter) > 0xFF else f"\\x{ord(letter):02x}"


class ProgressBar:
    """A bar on stderr for each texture; a line when it is through where stderr is no terminal, or rich is not
    installed, as in Blender's own Python."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names
        self._tasks: dict[str, Any] = {}
        self._bar: Any = None
        if sys.stderr is not None and sys.stderr.isatty() and importlib.util.find_spec("rich") is not None:
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
            say(f"warning: {event['message']}")
        if self._bar is None:
            self._tell(event)
        elif event["type"] == "started":
            name = self._names.get(event["id"], event["id"])
            self._tasks[event["id"]] = self._bar.add_task(clean(str(name)), total=1.0, detail="starting")
        elif event.get("id") not in self._tasks:
            return
        elif event["type"] == "progress":
            detail = f"{event['width']} x {event['height']}, {duration(event['seconds_left'])} left"
            self._bar.update(self._tasks[event["id"]], completed=event["fraction"], detail=detail)
        elif event["type"] == "done":
            self._bar.update(self._tasks[event["id"]], completed=1.0, detail="done")

    def _tell(self, event: dict[str, Any]) -> None:
        """A line for each texture that is through, where there is no bar."""
        if event["type"] == "done":
            outcome = event["outcome"]
            took = "taken from the cache" if outcome["cached"] else f"in {duration(outcome['seconds'])}"
            name = self._names.get(event["id"], event["id"])
            tell("{}: {} x {}, {}".format(name, *outcome["size"], took))


def _rich_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[detail]}", markup=False),
        console=Console(stderr=True),
    )
