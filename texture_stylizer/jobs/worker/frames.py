"""An image sequence, frame by frame, each started from the last one's result so that it does not flicker."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from ...descriptions import Job, Outcome
from ...engine.coarse_to_fine import Iterate
from ...engine.color import Array
from ...errors import BadInput

OnIterate = Callable[[Iterate], None]
OnWarning = Callable[[str], None]
RunSingle = Callable[[Job, Array | None, OnIterate, OnWarning], tuple[Outcome, Array]]

LATER_LEARNING_RATE = 0.2
"""Share of the learning rate for all frames but the first: they start near their goal, and larger steps would
move strokes that have no reason to move."""


def run_frames(job: Job, run_single: RunSingle, on_iterate: OnIterate, on_warning: OnWarning) -> Outcome:
    """Stylise the frames in their order. Returns the first one's outcome with the whole run's time.

    When one fails or the run is cancelled, the frames written so far are deleted.
    """
    started = time.perf_counter()
    outcomes: list[Outcome] = []
    before: Array | None = None
    try:
        for index, frame in enumerate(job.frames):
            settings = job.settings
            if index > 0:
                rate = settings.learning_rate * LATER_LEARNING_RATE
                settings = dataclasses.replace(settings, learning_rate=rate)
            single = dataclasses.replace(
                job, settings=settings, source=frame.source, destination=frame.destination, frames=()
            )
            report = _as_part(on_iterate, index, len(job.frames), started)
            outcome, before = run_single(single, before, report, on_warning)
            outcomes.append(outcome)
            if outcome.output != frame.destination.path:
                raise BadInput(f"{frame.destination.path} was made by another program meanwhile; try again")
    except BaseException:
        for outcome in outcomes:
            with contextlib.suppress(OSError):
                Path(outcome.output).unlink(missing_ok=True)
        raise
    return dataclasses.replace(
        outcomes[0],
        seconds=round(time.perf_counter() - started, 3),
        peak_memory=max(outcome.peak_memory for outcome in outcomes),
        warnings=tuple(dict.fromkeys(warning for outcome in outcomes for warning in outcome.warnings)),
    )


def _as_part(on_iterate: OnIterate, index: int, count: int, started: float) -> OnIterate:
    """Report a frame's progress as its part of the whole run's."""

    def report(iterate: Iterate) -> None:
        fraction = (index + iterate.fraction) / count
        seconds = time.perf_counter() - started
        on_iterate(
            dataclasses.replace(
                iterate, fraction=fraction, seconds=seconds, seconds_left=seconds / fraction - seconds
            )
        )

    return report
