"""One bar over all work, with the time left; lines where no terminal shows it."""

from __future__ import annotations

import importlib.util
import sys
import time
from types import TracebackType
from typing import Any

from ...commands.terminal.display import clean, say, tell
from ...words import duration
from .. import events
from ..events import Event


class BatchBar:
    """Shows events. quiet: stdout is kept for a table, and lines go to stderr."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._tell = say if quiet else tell
        self._total = self._through = self._skipped = self._failed = 0
        self._todo = 0
        self._fractions: dict[str, float] = {}
        self._started = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        if sys.stderr is not None and sys.stderr.isatty() and importlib.util.find_spec("rich") is not None:
            self._bar = _rich_bar()

    def __enter__(self) -> BatchBar:
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

    def on_event(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, events.Planned):
            self._plan(event)
        elif isinstance(event, events.Skipped):
            self._through += 1
            self._skipped += event.record.status == "done"
        elif isinstance(event, events.Progress):
            self._fractions[event.asset.id] = event.fraction
        elif isinstance(event, events.Note):
            say(event.text)
        elif isinstance(event, events.Retried):
            self._fractions.pop(event.asset.id, None)
            say(f"warning: {event.asset.source}: {event.why}; it will be tried again")
        elif isinstance(event, events.Ended):
            self._end(event)
        self._draw()

    def fraction(self) -> float:
        """The share of all assets that is through, those under way in part, in [0, 1]."""
        if not self._total:
            # What is finished is found before the whole is known.
            return 0.0
        return min(1.0, (self._through + sum(self._fractions.values())) / self._total)

    def seconds_left(self) -> float | None:
        """By what this run has done so far; None as long as that says nothing."""
        done = self._through - (self._total - self._todo) + sum(self._fractions.values())
        if done <= 0.5 or self._todo <= 0:
            return None
        return (time.monotonic() - self._started) / done * (self._todo - done)

    def _plan(self, event: events.Planned) -> None:
        self._total, self._todo = event.total, event.left
        self._started = time.monotonic()
        if self._skipped:
            self._tell(f"{self._skipped} of {event.total} assets are finished and skipped")
        if self._bar is not None:
            self._task = self._bar.add_task("", total=1.0)

    def _end(self, event: events.Ended) -> None:
        self._fractions.pop(event.asset.id, None)
        self._through += 1
        record = event.record
        where = f"[{self._through}/{self._total}] {event.asset.source}"
        if record.status == "done":
            if self._bar is None:
                self._tell(f"{where}: done in {duration(record.attempts[-1].seconds)}")
            return
        self._failed += 1
        say(f"error: {_named(event)}")

    def _draw(self) -> None:
        if self._bar is None or self._task is None:
            return
        left = self.seconds_left()
        words = f"{self._through} of {self._total} assets" + (
            f", {self._failed} failed" if self._failed else ""
        )
        if left is not None:
            words += f", {duration(left)} left"
        self._bar.update(self._task, completed=self.fraction(), description=clean(words))


def _named(event: events.Ended) -> str:
    """Why an asset failed, beginning with its name."""
    reason = event.record.reason
    sentence = reason if event.asset.source in reason else f"{event.asset.source}: {reason}"
    tried = len(event.record.attempts)
    return sentence + (
        f" (quarantined after {tried} attempts)" if event.record.status == "quarantined" else ""
    )


def _rich_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.description}", markup=False),
        console=Console(stderr=True),
    )
