"""How long a run still takes, by the steps that were measured."""

from __future__ import annotations


class Remaining:
    """Measures the steps of the level at hand, which tell most about those to come.

    A level's first step is left out: it makes the level's tables, and the run's very first one starts the
    network, which may take as long as a hundred steps.
    """

    def __init__(self) -> None:
        self._level = -1
        self._first = (0.0, 0.0)
        self._seconds_per_work: float | None = None

    def after_step(self, level: int, seconds: float, done: float, total: float) -> float:
        """Seconds left. seconds: since the run's start; done, total: the run's work in any one unit."""
        if level != self._level:
            self._level, self._first = level, (seconds, done)
        elif done > self._first[1]:
            self._seconds_per_work = (seconds - self._first[0]) / (done - self._first[1])
        measured = self._seconds_per_work
        return max(total - done, 0.0) * (seconds / done if measured is None else measured)
