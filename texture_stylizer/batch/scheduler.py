"""The one loop: it claims assets, hands them to an executor, counts attempts, and writes the ledger."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import BadInput, BadMachine, Cancelled, MissingWeights, OutOfMemory
from . import events
from .events import Emit
from .executors.contract import Advanced, CannotWork, Executor, Finished, Lost, Report, Said
from .recognition import Recognition, Verdict, check_place
from .state.assets import Asset
from .state.batch_plan import Plan
from .state.claims import Claims
from .state.ledger import Attempt, Ledger, Record
from .stopping import Stopping
from .work.asset_task import Task

_MACHINES_FAULT = (BadMachine.kind, OutOfMemory.kind)
_LEAST_ROOM = 16 * 2**20
"""Bytes; a disk with less is full."""


@dataclass(frozen=True)
class Limits:
    """attempts: how often an asset is tried when its worker ends; asset_timeout: seconds that one try takes
    at most, or None."""

    attempts: int = 3
    asset_timeout: float | None = None


@dataclass
class _Flight:
    """A task that an executor has."""

    asset: Asset
    record: Record
    started: float = field(default_factory=time.time)


class Scheduler:
    """Works on assets until none is left; `busy` are those that another living process has."""

    def __init__(
        self,
        plan: Plan,
        recognition: Recognition,
        ledger: Ledger,
        claims: Claims,
        executor: Executor,
        limits: Limits,
        emit: Emit,
    ) -> None:
        self._plan = plan
        self._recognition = recognition
        self._ledger = ledger
        self._claims = claims
        self._executor = executor
        self._limits = limits
        self._emit = emit
        self._flying: dict[str, _Flight] = {}
        self.busy: list[Asset] = []

    def run(self, assets: Iterable[Asset], stopping: Stopping) -> None:
        """Work until every asset is through, or until a signal asks for an end and what is in hand is done.

        Raises KeyboardInterrupt at the second signal, and CannotWork.
        """
        waiting = deque(assets)
        while waiting or self._flying:
            stopping.raise_if_pressed_again()
            if stopping.asked and not self._flying:
                return
            while waiting and not stopping.asked and self._executor.free > 0:
                self._begin(waiting.popleft())
            for report in self._executor.poll(0.1):
                self._take(report, waiting)
            self._stop_the_late()

    def _begin(self, asset: Asset) -> None:
        """Claim an asset and hand it over, unless it is another's or was finished meanwhile."""
        if not self._claims.take(asset):
            self.busy.append(asset)
            return
        verdict = self._recognition.judge(asset)
        if verdict.finished:
            assert verdict.record is not None
            self._claims.release(asset)
            self._emit(events.Skipped(asset, verdict.record, verdict.why))
            return
        record = self._working(verdict)
        try:
            check_place(self._plan, asset, verdict.record)
        except BadInput as problem:
            # Nothing was begun: what lies there stays foreign.
            self._end(asset, _failed(record, problem.kind, str(problem)))
            return
        self._ledger.write(record)
        self._clear_place(asset)
        self._flying[asset.id] = _Flight(asset, record)
        self._executor.submit(self._task(asset))
        self._emit(events.Started(asset, len(record.attempts) + 1))

    def _working(self, verdict: Verdict) -> Record:
        """The record with which an attempt begins; an earlier run's attempts count if it was ended within."""
        asset, old = verdict.asset, verdict.record
        attempts: tuple[Attempt, ...] = ()
        outputs = old.outputs if old is not None and old.place == asset.place else ()
        if old is not None and old.status == "working" and old.key == verdict.key:
            attempts = old.attempts
        return Record(asset.id, asset.source, asset.place, verdict.key, "working", attempts, outputs=outputs)

    def _clear_place(self, asset: Asset) -> None:
        """An own folder begins empty: names that are taken there would make this result another one."""
        if asset.own_folder is not None:
            shutil.rmtree(self._plan.target(asset).parent, ignore_errors=True)

    def _task(self, asset: Asset) -> Task:
        plan = self._plan
        return Task(asset.id, plan.source(asset), plan.target(asset), plan.root, plan.request)

    def _take(self, report: Report, waiting: deque[Asset]) -> None:
        flight = self._flying.get(report.id) if report.id else None
        if isinstance(report, Said):
            self._emit(events.Note(flight.asset if flight else None, report.text))
        elif flight is None:
            return
        elif isinstance(report, Advanced):
            self._emit(events.Progress(flight.asset, report.fraction))
        elif isinstance(report, Lost):
            del self._flying[report.id]
            self._try_again(flight, _attempt(flight, report, BadMachine.kind, report.why), waiting)
        else:
            del self._flying[report.id]
            self._finish(flight, report, waiting)

    def _finish(self, flight: _Flight, report: Finished, waiting: deque[Asset]) -> None:
        result = report.result
        kinds = {problem["kind"] for problem in result.problems}
        message = "; ".join(problem["message"] for problem in result.problems)
        self._raise_if_it_is_the_machine(kinds, message)
        if Cancelled.kind in kinds:
            kinds, message = {BadMachine.kind}, "its worker was ended"
        machines = next((kind for kind in _MACHINES_FAULT if kind in kinds), None)
        attempt = _attempt(flight, report, machines or next(iter(kinds), ""), message)
        if machines:
            self._try_again(flight, attempt, waiting)
            return
        record = dataclasses.replace(
            flight.record,
            status="failed" if kinds else "done",
            attempts=(*flight.record.attempts, attempt),
            uses=result.uses,
            outputs=result.outputs or flight.record.outputs,
            textures=result.textures,
            warnings=result.warnings,
        )
        self._end(flight.asset, record)

    def _raise_if_it_is_the_machine(self, kinds: set[str], message: str) -> None:
        """Raises CannotWork for what every other asset would meet as well."""
        if MissingWeights.kind in kinds:
            raise CannotWork(message)
        if kinds and shutil.disk_usage(self._plan.request.output).free < _LEAST_ROOM:
            raise CannotWork(f"the disk of {self._plan.request.output} is full; make room ({message})")

    def _try_again(self, flight: _Flight, attempt: Attempt, waiting: deque[Asset]) -> None:
        """Put an asset back in the line, at its end; or quarantine one that was tried often enough."""
        record = dataclasses.replace(flight.record, attempts=(*flight.record.attempts, attempt))
        if len(record.attempts) >= self._limits.attempts:
            self._end(flight.asset, dataclasses.replace(record, status="quarantined"))
            return
        self._ledger.write(record)
        self._claims.release(flight.asset)
        self._emit(events.Retried(flight.asset, attempt.message))
        waiting.append(flight.asset)

    def _end(self, asset: Asset, record: Record) -> None:
        # Where this process stood still for long, another has the asset by now, and its record counts.
        if self._claims.still_holds(asset):
            self._ledger.write(record)
        self._claims.release(asset)
        self._emit(events.Ended(asset, record))

    def _stop_the_late(self) -> None:
        limit = self._limits.asset_timeout
        if limit is None:
            return
        for flight in list(self._flying.values()):
            if time.time() - flight.started > limit:
                self._executor.stop(flight.asset.id, f"it took longer than {limit:g} s; see --asset-timeout")


def _attempt(flight: _Flight, report: Finished | Lost, kind: str, message: str) -> Attempt:
    phases = report.result.phases if isinstance(report, Finished) else {}
    seconds = round(time.time() - flight.started, 4)
    return Attempt(report.host, report.worker, round(flight.started, 3), seconds, phases, kind, message)


def _failed(record: Record, kind: str, message: str) -> Record:
    """A record of an asset that was not begun."""
    attempt = Attempt("", "", round(time.time(), 3), 0.0, {}, kind, message)
    return dataclasses.replace(record, status="failed", attempts=(attempt,))
