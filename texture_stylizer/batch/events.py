"""What happens in a batch, as it happens; the bar, the page and other programs are given these."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .state.assets import Asset
from .state.ledger import Record


@dataclass(frozen=True)
class Planned:
    """Everything was looked at. total: assets of this run's part; left: those that are to be done."""

    total: int
    left: int


@dataclass(frozen=True)
class Skipped:
    """An asset needs no work: its record says what it is, and `why` in a sentence."""

    asset: Asset
    record: Record
    why: str


@dataclass(frozen=True)
class Started:
    """An asset's attempt began. number: counted from 1."""

    asset: Asset
    number: int


@dataclass(frozen=True)
class Progress:
    """How much of an asset's drawing is done, in [0, 1]."""

    asset: Asset
    fraction: float


@dataclass(frozen=True)
class Note:
    """A sentence that somebody should read, such as what is skipped in a scene."""

    asset: Asset | None
    text: str


@dataclass(frozen=True)
class Retried:
    """An attempt ended by no fault of the asset that is known; it will be tried again."""

    asset: Asset
    why: str


@dataclass(frozen=True)
class Ended:
    """An asset is through: done, failed or quarantined, as the record says."""

    asset: Asset
    record: Record


Event = Planned | Skipped | Started | Progress | Note | Retried | Ended
Emit = Callable[[Event], None]


def to_json(event: Event) -> dict[str, Any]:
    """The event as plain values, for another program; `type` is its name in lower case."""
    return {"type": type(event).__name__.lower(), **dataclasses.asdict(event)}


@dataclass
class Tally:
    """How many assets are where; it is given every event."""

    total: int = 0
    done: int = 0
    skipped: int = 0
    failed: list[Record] = field(default_factory=list)

    def on_event(self, event: Event) -> None:
        if isinstance(event, Planned):
            self.total = event.total
        elif isinstance(event, Skipped | Ended):
            self.skipped += isinstance(event, Skipped) and event.record.status == "done"
            self.done += event.record.status == "done"
            if event.record.status in ("failed", "quarantined"):
                self.failed.append(event.record)
