"""A row for each asset, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..recognition import Verdict
from ..state.assets import Asset
from ..state.batch_plan import Plan
from ..state.ledger import Ledger, Record

COLUMNS = ("source", "output", "state", "seconds", "attempts", "textures", "reason")


@dataclass(frozen=True)
class Row:
    """What a table says of an asset. state: new, working, done, failed or quarantined; in a dry run finished
    or to do. reason: why it failed, or why it is to be done."""

    source: str
    output: str
    state: str
    seconds: float = 0.0
    attempts: int = 0
    textures: int = 0
    reason: str = ""

    def values(self) -> dict[str, Any]:
        """By the column's name."""
        return {name: getattr(self, name) for name in COLUMNS}


def rows_of(plan: Plan, ledger: Ledger) -> Iterable[Row]:
    """What the ledger says of each asset of a plan."""
    for asset in plan.assets:
        yield _row(asset, ledger.read(asset))


def rows_of_verdicts(verdicts: Iterable[Verdict]) -> Iterable[Row]:
    """What a run would do."""
    for verdict in verdicts:
        state = "finished" if verdict.finished else "to do"
        yield Row(verdict.asset.source, verdict.asset.place, state, reason=verdict.why)


def to_json(rows: Sequence[Row], left_out: Sequence[tuple[str, str]] = ()) -> str:
    """`{"assets": [...], "states": {state: how many}, "left_out": [{"source", "reason"}]}`."""
    found = {
        "states": count_states(rows),
        "assets": [row.values() for row in rows],
        "left_out": [{"source": source, "reason": reason} for source, reason in left_out],
    }
    return json.dumps(found, indent=1)


def to_csv(rows: Iterable[Row]) -> str:
    """The columns' names and a line for each asset, as spreadsheets read them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(row.values().values() for row in rows)
    return text.getvalue().rstrip("\n")


def count_states(rows: Iterable[Row]) -> dict[str, int]:
    """How many assets are in each state."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + 1
    return counts


def _row(asset: Asset, record: Record | None) -> Row:
    if record is None:
        return Row(asset.source, asset.place, "new")
    return Row(
        asset.source,
        asset.place,
        record.status,
        round(record.seconds, 3),
        len(record.attempts),
        len(record.textures),
        record.reason if record.status in ("failed", "quarantined") else "",
    )
