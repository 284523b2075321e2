"""A batch from its plan to its end: what is finished is found, the rest is worked on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..commands.outputs.stage import remove_stage
from ..jobs.protocol import FOLDER_PREFIX
from . import events
from .events import Emit, Tally
from .executors.contract import Executor
from .recognition import Recognition, Verdict
from .scheduler import Limits, Scheduler
from .state.assets import Asset
from .state.batch_plan import Plan
from .state.claims import STALE_SECONDS, Claims
from .state.layout import Layout
from .state.ledger import Ledger
from .stopping import Stopping

_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Shard:
    """A part of a batch: assets number - 1, number - 1 + count, ... come first, then what others leave."""

    number: int = 1
    count: int = 1

    def split(self, assets: Sequence[Asset]) -> tuple[list[Asset], list[Asset]]:
        """Its own assets, and those of the other shards from the next one on."""
        first = self.number - 1
        own = list(assets[first :: self.count])
        # Of more shards than assets most have none.
        after, before = range(first + 1, min(self.count, len(assets))), range(min(first, len(assets)))
        others = [asset for start in (*after, *before) for asset in assets[start :: self.count]]
        return own, others


@dataclass(frozen=True)
class RunOptions:
    """How a plan is run. stale_seconds: see `claims.STALE_SECONDS`."""

    limits: Limits = Limits()
    shard: Shard = Shard()
    stale_seconds: float = STALE_SECONDS


def look(plan: Plan, assets: Sequence[Asset] | None = None) -> list[Verdict]:
    """What a run would do to each asset; nothing is written. Raises BadInput."""
    recognition = Recognition(plan, Ledger(Layout(plan.request.output)))
    return list(recognition.judge_all(plan.assets if assets is None else assets))


def run_plan(
    plan: Plan, options: RunOptions, start: Callable[[], Executor], emit: Emit, stopping: Stopping
) -> Tally:
    """Work on all that is not finished. start: makes the executor, if there is anything to do.

    Returns how many assets are where. Raises CannotWork, BadInput, and KeyboardInterrupt when it is asked to
    stop for the second time.
    """
    layout = Layout(plan.request.output)
    ledger = Ledger(layout)
    tally = Tally()

    def tell(event: events.Event) -> None:
        tally.on_event(event)
        emit(event)

    with Claims(layout, stale_seconds=options.stale_seconds) as claims:
        recognition = Recognition(plan, ledger)
        own, others = options.shard.split(plan.assets)
        _clear_what_the_dead_left(plan, ledger, claims)
        todo = _skip_finished(recognition, own, stopping, tell)
        tell(events.Planned(len(plan.assets), len(todo) + len(others)))
        if stopping.asked or not (todo or others):
            return tally
        if not todo and not _unsettled(recognition, others, lambda _: None):
            _unsettled(recognition, others, tell)
            return tally
        executor = start()
        try:
            parts = (plan, recognition, ledger, claims, executor, options.limits, tell)
            _work(Scheduler(*parts), recognition, claims, todo, others, stopping, tell)
        finally:
            executor.close()
        return tally


def _clear_what_the_dead_left(plan: Plan, ledger: Ledger, claims: Claims) -> None:
    """Delete the private folders beside results of runs that a machine took with it, worker and all."""
    if claims.are_others_alive():
        return
    for asset in ledger.interrupted(plan.assets):
        for folder in plan.target(asset).parent.glob(f".{FOLDER_PREFIX}*"):
            remove_stage(folder)


def _skip_finished(
    recognition: Recognition, assets: Sequence[Asset], stopping: Stopping, tell: Emit
) -> list[Asset]:
    """The assets that are to be done."""
    todo = []
    for verdict in recognition.judge_all(assets):
        stopping.raise_if_pressed_again()
        if stopping.asked:
            break
        if verdict.finished:
            assert verdict.record is not None
            tell(events.Skipped(verdict.asset, verdict.record, verdict.why))
        else:
            todo.append(verdict.asset)
    return todo


def _work(
    scheduler: Scheduler,
    recognition: Recognition,
    claims: Claims,
    todo: Sequence[Asset],
    others: Sequence[Asset],
    stopping: Stopping,
    tell: Emit,
) -> None:
    """First this shard's own assets, then those that no other has begun, then those of shards that died."""
    scheduler.run(todo, stopping)
    rest = [*scheduler.busy, *_unsettled(recognition, others, tell)]
    watched: dict[str, float] = {}
    while rest and not stopping.asked:
        scheduler.busy = []
        scheduler.run([asset for asset in rest if claims.last_sign(asset) is None], stopping)
        rest = _unsettled(recognition, [*_left(rest, claims, watched), *scheduler.busy], tell)
        if rest and not stopping.asked:
            time.sleep(_LOOK_SECONDS)
            stopping.raise_if_pressed_again()


def _unsettled(recognition: Recognition, assets: Sequence[Asset], tell: Emit) -> list[Asset]:
    """The assets that no run has brought to an end."""
    left = []
    for asset in assets:
        record = recognition.settled(asset)
        if record is None:
            left.append(asset)
        else:
            tell(events.Skipped(asset, record, "another shard has done it"))
    return left


def _left(rest: Sequence[Asset], claims: Claims, watched: dict[str, float]) -> list[Asset]:
    """Those of `rest` that another process may have died with: its claim has not been renewed since it was
    first seen. One that is renewed is in good hands, and this shard need not wait for it."""
    left = []
    for asset in rest:
        sign = claims.last_sign(asset)
        if sign is not None and watched.setdefault(asset.id, sign) == sign:
            left.append(asset)
    return left
