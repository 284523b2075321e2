"""What every executor does, whether tasks are worked on here, in processes, or in a Ray cluster."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from texture_stylizer.batch.executors.contract import Advanced, Executor, Finished, Lost, Report
from texture_stylizer.batch.work.asset_task import Task
from texture_stylizer.commands.request import Request
from texture_stylizer.descriptions import Compute, StyleImage
from texture_stylizer.settings import Settings

from .conftest import Studio

ENGINES = ("in process", "local", "ray")
LONG = 100_000
"""Steps that nobody waits for."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    studio = Studio(tmp_path_factory.mktemp("executors"))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TEXTURE_STYLIZER_CACHE", "OMP_NUM_THREADS"):
            patch.setenv(name, studio.environment[name])
        yield studio


@pytest.fixture(scope="module", params=ENGINES)
def executor(studio: Studio, request: pytest.FixtureRequest) -> Iterator[Executor]:
    made = MAKERS[request.param]()
    yield made
    made.close()


def in_process() -> Executor:
    from texture_stylizer.batch.executors.in_process import InProcess

    return InProcess()


def local() -> Executor:
    from texture_stylizer.batch.executors.local import Local

    return Local()


def ray() -> Executor:
    pytest.importorskip("ray")
    from texture_stylizer.batch.executors.ray import Ray

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    return Ray(jobs=1)


MAKERS: dict[str, Callable[[], Any]] = {"in process": in_process, "local": local, "ray": ray}


def task(studio: Studio, name: str, *, iterations: int = 1) -> Task:
    request = Request(
        inputs=(),
        output=studio.out,
        styles=(StyleImage(str(studio.folder / "style.png")),),
        settings=Settings.preset("standard", iterations=iterations),
        compute=Compute(features="embedded", device="cpu", cache=False),
        roles=("base_color", "emission"),
        objects=(),
        variant="style",
        report=None,
        jpeg=None,
        bake=None,
        frames=False,
        seams=True,
        verbose=False,
    )
    return Task(name, studio.models / name, studio.out / name, studio.models, request)


def wait_for(executor: Executor, kind: type, identity: str, seconds: float = 120.0) -> Report:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for report in executor.poll(0.1):
            if isinstance(report, kind) and report.id == identity:
                return report
    raise AssertionError(f"no {kind.__name__} of {identity} came")


def submit(executor: Executor, one: Task) -> None:
    deadline = time.monotonic() + 120.0
    while executor.free < 1:
        executor.poll(0.1)
        assert time.monotonic() < deadline, "nothing became free"
    executor.submit(one)


def test_a_task_comes_back_with_what_was_made(studio: Studio, executor: Executor) -> None:
    studio.add("a.glb", 1)
    submit(executor, task(studio, "a.glb"))
    assert executor.free == 0
    finished = wait_for(executor, Finished, "a.glb")
    assert isinstance(finished, Finished)
    assert finished.result.problems == ()
    assert [output.path for output in finished.result.outputs] == ["a.glb"]
    assert set(finished.result.phases) == {"open", "draw", "write"}
    assert (studio.out / "a.glb").stat().st_size == finished.result.outputs[0].size
    assert executor.free == 1


def test_every_engine_makes_the_same_bytes(studio: Studio, executor: Executor) -> None:
    studio.add("same.glb", 5)
    submit(executor, task(studio, "same.glb"))
    wait_for(executor, Finished, "same.glb")
    first = studio.folder / "first.glb"
    if first.exists():
        assert (studio.out / "same.glb").read_bytes() == first.read_bytes()
    (studio.out / "same.glb").rename(first)


def test_a_bad_asset_is_a_result(studio: Studio, executor: Executor) -> None:
    (studio.models / "broken.glb").write_bytes(b"nothing")
    submit(executor, task(studio, "broken.glb"))
    finished = wait_for(executor, Finished, "broken.glb")
    assert isinstance(finished, Finished)
    (problem,) = finished.result.problems
    assert problem["kind"] == "bad_input"
    assert "it is no glTF 2.0 file" in problem["message"]


@pytest.mark.skipif(sys.platform == "win32", reason="links differ")
def test_what_nobody_foresaw_costs_no_worker(studio: Studio, executor: Executor) -> None:
    (studio.models / "loop.glb").unlink(missing_ok=True)
    (studio.models / "loop.glb").symlink_to("loop.glb")
    submit(executor, task(studio, "loop.glb"))
    finished = wait_for(executor, Finished, "loop.glb")
    assert isinstance(finished, Finished)
    (problem,) = finished.result.problems
    assert problem["kind"] == "bad_input"
    assert "loop.glb" in problem["message"]


def test_a_result_in_a_folder_of_its_name_is_one_file(studio: Studio, executor: Executor) -> None:
    studio.add("x.png/x.png", 6)
    (studio.out / "x.png").mkdir(parents=True, exist_ok=True)
    (studio.out / "x.png" / "another.png").write_bytes(b"another asset's")
    submit(executor, task(studio, "x.png/x.png"))
    finished = wait_for(executor, Finished, "x.png/x.png")
    assert isinstance(finished, Finished)
    assert [output.path for output in finished.result.outputs] == ["x.png/x.png"]


def test_a_task_that_is_stopped_is_lost_and_the_next_is_done(studio: Studio, executor: Executor) -> None:
    studio.add("long.glb", 2)
    studio.add("next.glb", 3)
    submit(executor, task(studio, "long.glb", iterations=LONG))
    wait_for(executor, Advanced, "long.glb")
    executor.stop("long.glb", "it took too long")
    lost = wait_for(executor, Lost, "long.glb")
    assert isinstance(lost, Lost)
    assert lost.why == "it took too long"
    submit(executor, task(studio, "next.glb"))
    finished = wait_for(executor, Finished, "next.glb")
    assert isinstance(finished, Finished)
    assert finished.result.problems == ()
    assert not Path(studio.out / "long.glb").exists()
