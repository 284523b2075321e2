"""Nothing that lies in the current folder is run, whatever Python is started."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from texture_stylizer.jobs.client import WorkerClient
from texture_stylizer.jobs.environment import EnvironmentSetup, setup_steps
from texture_stylizer.jobs.python import safe_environment

HOSTILE = "import pathlib; pathlib.Path(__file__).with_suffix('.ran').touch()\nraise ImportError('hostile')\n"
NAMES = ("psutil", "torch", "numpy", "scipy", "PIL", "pip", "venv", "typing", "dataclasses", "safetensors")


@pytest.fixture
def hostile_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(HOSTILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def what_ran(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.ran"))


@pytest.mark.parametrize("search_path", [None, f".{os.pathsep}"])
def test_a_worker_takes_no_library_from_the_current_folder(
    hostile_folder: Path, monkeypatch: pytest.MonkeyPatch, search_path: str | None
) -> None:
    if search_path is not None:
        monkeypatch.setenv("PYTHONPATH", search_path)
    with WorkerClient() as client:
        assert client.describe()["type"] == "machine"
    assert what_ran(hostile_folder) == []


def test_a_folder_that_pythonpath_names_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["libraries", "", "."]))
    assert safe_environment(sys.executable)["PYTHONPATH"] == str(tmp_path / "libraries")
    assert "PYTHONPATH" not in safe_environment("/another/python")


def test_the_set_up_takes_nothing_from_the_current_folder(hostile_folder: Path) -> None:
    steps = setup_steps(hostile_folder / "environment", "cpu", sys.executable)
    assert all(step.command[1] == "-I" for step in steps)
    setup = EnvironmentSetup(hostile_folder / "environment", "cpu")
    setup.steps = setup.steps[:1]
    deadline = time.monotonic() + 60
    while not setup.done and time.monotonic() < deadline:
        setup.poll()
        time.sleep(0.05)
    assert setup.error is None
    assert what_ran(hostile_folder) == []


def test_the_worker_leaves_no_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "from texture_stylizer.jobs.client import WorkerClient\n"
        "with WorkerClient() as client: client.describe()\n"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=120)
    assert list(tmp_path.iterdir()) == []
