"""A real worker process: its events, its cancelling, and the death of either side."""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from texture_stylizer.descriptions import Compute, Destination, Job, Outcome, Source, StyleImage
from texture_stylizer.errors import BadInput, BadMachine, Cancelled, from_message
from texture_stylizer.jobs.client import WorkerClient, private_folder, remove_folder
from texture_stylizer.jobs.environment import environment_python
from texture_stylizer.settings import Settings

LONG = Settings(iterations=5000, scales=1)


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    with WorkerClient() as started:
        yield started


@pytest.fixture
def make_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEXTURE_STYLIZER_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    for name in ("texture", "style"):
        array = random.integers(0, 256, (96, 96, 3), dtype=np.uint8)
        Image.fromarray(array).save(tmp_path / f"{name}.png")
    folder = private_folder()

    def make(
        name: str, settings: Settings, source: str = "texture.png", device: str = "cpu", cache: bool = False
    ) -> Job:
        return Job(
            id=f"{name}-{time.monotonic_ns()}",
            name=name,
            source=Source(str(tmp_path / source)),
            destination=Destination(str(tmp_path / "out" / f"{name}.png")),
            styles=(StyleImage(str(tmp_path / "style.png")),),
            settings=settings,
            compute=Compute(features="embedded", device=device, cache=cache),
            folder=str(folder),
            preview_size=64,
        )

    yield make
    remove_folder(folder)


def wait_for(client: WorkerClient, kind: str, seconds: float = 60.0) -> dict:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for message in client.poll(wait=0.1):
            if message["type"] == kind:
                return message
    raise AssertionError(f"no {kind} within {seconds} s")


def test_a_job_is_done_with_progress(client: WorkerClient, make_job) -> None:
    kinds: list[str] = []
    (outcome,) = client.run([make_job("a", Settings(iterations=4))], lambda m: kinds.append(m["type"]))
    assert isinstance(outcome, Outcome)
    assert Path(outcome.output).is_file()
    assert {"started", "progress"} <= set(kinds)
    assert kinds[-1] == "done"


def test_no_iterations_return_the_same_values(client: WorkerClient, make_job, tmp_path: Path) -> None:
    (outcome,) = client.run([make_job("same", Settings(iterations=0))])
    assert isinstance(outcome, Outcome)
    before = np.asarray(Image.open(tmp_path / "texture.png"))
    assert np.array_equal(np.asarray(Image.open(outcome.output)), before)


def test_a_bad_input_fails_alone(client: WorkerClient, make_job) -> None:
    quick = Settings(iterations=1)
    bad, good = client.run([make_job("bad", quick, "none.png"), make_job("good", quick)])
    assert isinstance(bad, BadInput)
    assert isinstance(good, Outcome)


def test_a_device_that_is_not_there_is_a_bad_machine(client: WorkerClient, make_job) -> None:
    (result,) = client.run([make_job("gpu", Settings(iterations=1), device="cuda:99")])
    assert isinstance(result, BadMachine)


def test_cancel_is_quick_and_leaves_no_file(client: WorkerClient, make_job) -> None:
    job = make_job("long", LONG)
    client.submit(job)
    wait_for(client, "progress")
    client.cancel(job.id)
    started = time.monotonic()
    assert isinstance(from_message(wait_for(client, "failed")), Cancelled)
    assert time.monotonic() - started < 2.0
    assert not Path(job.destination.path).exists()


def test_a_killed_worker_fails_its_job_alone(make_job) -> None:
    with WorkerClient() as client:
        first, second = make_job("first", LONG), make_job("second", Settings(iterations=1))
        client.submit(first)
        client.submit(second)
        wait_for(client, "progress")
        assert client.pid is not None
        psutil.Process(client.pid).kill()
        failed = wait_for(client, "failed")
        assert failed["id"] == first.id
        assert "the worker died" in failed["message"]
        assert wait_for(client, "done")["id"] == second.id


def test_a_worker_does_not_outlive_its_parent() -> None:
    program = (
        "import os; from texture_stylizer.jobs.client import WorkerClient; "
        "c = WorkerClient(); c.describe(); print(c.pid, flush=True); os._exit(1)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    pid = int(found.stdout)
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_closing_during_a_job_removes_its_folder(make_job) -> None:
    client = WorkerClient()
    job = make_job("orphan", LONG)
    client.submit(job)
    wait_for(client, "progress")
    client.close()
    assert not Path(job.folder).exists()


def test_an_interpreter_that_is_not_there_is_named() -> None:
    with pytest.raises(BadMachine, match="no Python at"):
        WorkerClient("/nowhere/python")


def test_an_interpreter_without_the_libraries_says_which(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    (packages,) = (tmp_path / "bare").rglob("site-packages")
    (packages / "torch.py").touch()
    lacking = pytest.raises(BadMachine, match="lacks numpy>=.*, pillow>=.*; install them there with pip")
    with WorkerClient(str(environment_python(tmp_path / "bare"))) as client, lacking:
        client.describe()


def test_the_same_work_comes_from_the_cache(make_job) -> None:
    with WorkerClient() as client:
        quick = Settings(iterations=3)
        first, second = client.run([make_job("one", quick, cache=True), make_job("two", quick, cache=True)])
    assert isinstance(first, Outcome)
    assert isinstance(second, Outcome)
    assert (first.cached, second.cached) == (False, True)
    assert first.output_sha256 == second.output_sha256
