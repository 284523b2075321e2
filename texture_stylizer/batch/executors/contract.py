"""What every executor does: it places tasks and says what becomes of them.

Attempts, deadlines, the ledger and the claims are the scheduler's, once for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ...errors import BadMachine
from ..work.asset_task import Result, Task


class CannotWork(BadMachine):
    """No worker can work here, whatever the asset: exit status 3."""


@dataclass(frozen=True)
class Advanced:
    """How much of a task's drawing is done, in [0, 1]."""

    id: str
    fraction: float


@dataclass(frozen=True)
class Said:
    """A sentence for people; id: the task that it is about, or None."""

    id: str | None
    text: str


@dataclass(frozen=True)
class Finished:
    """A task came to its end, well or not. host, worker: where."""

    id: str
    host: str
    worker: str
    result: Result


@dataclass(frozen=True)
class Lost:
    """A task's worker died, hung, or went away with its machine."""

    id: str
    host: str
    worker: str
    why: str


Report = Advanced | Said | Finished | Lost


class Executor(Protocol):
    """A place where tasks are worked on. It is closed in any case."""

    @property
    def free(self) -> int:
        """How many tasks it takes at this moment."""
        ...

    def submit(self, task: Task) -> None:
        """Take a task; only while something is free."""
        ...

    def poll(self, wait: float) -> list[Report]:
        """What has happened; waits up to `wait` seconds for the first of it. Raises CannotWork when nothing
        is left that could work."""
        ...

    def stop(self, task_id: str, why: str) -> None:
        """End a task with its worker; a `Lost` that says `why` follows."""
        ...

    def close(self) -> None:
        """End everything, at once where something is under way."""
        ...
