"""The time that is left: from measured steps, not from the start of the network."""

from __future__ import annotations

import pytest

from texture_stylizer.engine.remaining import Remaining


def test_the_first_step_of_a_level_does_not_count() -> None:
    remaining = Remaining()
    remaining.after_step(0, 30.0, 1.0, 100.0)
    assert remaining.after_step(0, 31.0, 2.0, 100.0) == pytest.approx(98.0)
    assert remaining.after_step(0, 33.0, 4.0, 100.0) == pytest.approx(96.0)


def test_the_level_at_hand_tells_more_than_those_before() -> None:
    remaining = Remaining()
    for step in range(1, 11):
        remaining.after_step(0, float(step), float(step), 110.0)
    assert remaining.after_step(1, 20.0, 20.0, 110.0) == pytest.approx(90.0)
    assert remaining.after_step(1, 25.0, 30.0, 110.0) == pytest.approx(40.0)


def test_nothing_is_left_at_the_end() -> None:
    remaining = Remaining()
    remaining.after_step(0, 1.0, 1.0, 2.0)
    assert remaining.after_step(0, 2.0, 2.0, 2.0) == 0.0
