"""A batch that is ended at any moment goes on where it was: nothing is done twice, lost or half there."""

from __future__ import annotations

import signal
import sys
import time

import pytest

from .conftest import QUICK, Studio, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals differ")

BATCH = ("batch", "models", "--style", "style.png", "-o", "out", *QUICK)
MODELS = [f"props/{number}.glb" for number in range(6)]


@pytest.fixture
def models(studio: Studio) -> Studio:
    for number, name in enumerate(MODELS):
        studio.add(name, number)
    return studio


def check_nothing_runs(studio: Studio) -> None:
    until(lambda: not studio.processes(), 30.0)
    until(lambda: not any(studio.temporary.iterdir()), 10.0)
    assert not studio.unfinished()


@pytest.mark.parametrize("after", [0, 2])
def test_killed_and_run_again(models: Studio, after: int) -> None:
    with models.start(*BATCH) as process:
        until(lambda: len(models.records()) > after and len(models.results()) >= after)
        process.kill()
        process.communicate()
    check_nothing_runs(models)
    before = {name: data for name, data in models.results().items() if record_of(models, name) == "done"}
    attempts = {source: record["attempts"] for source, record in models.records().items()}
    done = models.batch()
    assert done.returncode == 0, done.stderr
    assert sorted(models.results()) == MODELS
    for name, data in before.items():
        assert models.results()[name] == data
        assert models.records()[name]["attempts"] == attempts[name]
    assert all(len(record["attempts"]) == 1 for record in models.records().values())


def record_of(studio: Studio, name: str) -> str:
    return studio.records().get(name, {}).get("status", "")


def test_the_first_signal_finishes_what_is_in_hand(models: Studio) -> None:
    with models.start(*BATCH) as process:
        until(lambda: len(models.results()) >= 1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert {record["status"] for record in models.records().values()} == {"done"}
    assert sorted(models.records()) == sorted(models.results())
    assert 0 < len(models.results()) < len(MODELS)
    check_nothing_runs(models)


def test_the_second_signal_ends_at_once(models: Studio) -> None:
    studio = models
    studio.add("hanging.glb", 9)
    with studio.start(*BATCH) as process:
        until(lambda: record_of(studio, "hanging.glb") == "working")
        process.send_signal(signal.SIGINT)
        # Two signals that wait together are one.
        time.sleep(1.0)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert error.splitlines()[-1] == "cancelled"
    check_nothing_runs(studio)


def test_a_worker_that_is_killed_costs_one_attempt(models: Studio) -> None:
    with models.start(*BATCH) as process:
        until(lambda: models.asset_processes() and len(models.results()) >= 1)
        for worker in models.asset_processes():
            worker.kill()
        error = process.communicate(timeout=200)[1]
    assert process.returncode == 0, error
    assert sorted(models.results()) == MODELS
    assert sum(len(record["attempts"]) for record in models.records().values()) <= len(MODELS) + 1
    check_nothing_runs(models)
