"""Every name in a batch's folder; nothing else makes one up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATE_FOLDER = ".batch"


@dataclass(frozen=True)
class Layout:
    """Where things lie in the folder that a batch writes to.

    .batch/plan.json              what is to be done; a new plan takes its place, and it goes to plans/
    .batch/ledger/ab/abcd.json    what became of the asset abcd
    .batch/claims/ab/abcd.1       who works on it, since when: the file's time is the last sign of life
    .batch/clock.HOST.PID         touched to learn the time of the disk's own clock
    report.html, report_pictures/ the page
    """

    out: Path

    @property
    def state(self) -> Path:
        return self.out / STATE_FOLDER

    @property
    def plan(self) -> Path:
        return self.state / "plan.json"

    @property
    def plans(self) -> Path:
        return self.state / "plans"

    @property
    def report(self) -> Path:
        return self.out / "report.html"

    @property
    def pictures(self) -> Path:
        return self.out / "report_pictures"

    def record(self, asset: str) -> Path:
        """The ledger's file of an asset; folders of two digits keep a million of them quick to open."""
        return self.state / "ledger" / asset[:2] / f"{asset}.json"

    @property
    def claims(self) -> Path:
        return self.state / "claims"

    def claim(self, asset: str, generation: int) -> Path:
        return self.claims / asset[:2] / f"{asset}.{generation}"

    def clock(self, owner: str) -> Path:
        return self.state / f"clock.{owner}"

    def picture(self, asset: str, which: str) -> Path:
        """A thumbnail of the page; which: before or after."""
        return self.pictures / asset[:2] / f"{asset}_{which}.jpg"
