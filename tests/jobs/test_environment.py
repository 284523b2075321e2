"""Setting up the worker's environment: real processes, small commands, and what is left when it ends."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from texture_stylizer.errors import BadMachine
from texture_stylizer.jobs import environment
from texture_stylizer.jobs.environment import EnvironmentSetup, Step, environment_python


def run(setup: EnvironmentSetup, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not setup.done and time.monotonic() < deadline:
        setup.poll()
        time.sleep(0.02)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_the_first_step_makes_a_python(tmp_path: Path) -> None:
    setup = EnvironmentSetup(tmp_path / "env", "cpu", sys.executable)
    setup.steps = setup.steps[:1]
    run(setup)
    assert (setup.error, setup.fraction) == (None, 1.0)
    assert environment_python(tmp_path / "env").is_file()


def test_a_failing_step_is_one_sentence_with_its_reason_and_the_log(tmp_path: Path) -> None:
    setup = EnvironmentSetup(tmp_path / "env", "cpu")
    setup.steps = [Step("Installing torch", python("print('ERROR: no matching torch'); raise SystemExit(1)"))]
    run(setup)
    assert "no matching torch" in (setup.error or "")
    assert str(setup.log) in (setup.error or "")


def test_steps_follow_each_other_without_waiting(tmp_path: Path) -> None:
    setup = EnvironmentSetup(tmp_path / "env", "cpu")
    setup.steps = [Step(str(n), python(f"print({n}); import time; time.sleep(0.2)")) for n in range(3)]
    started = time.monotonic()
    setup.poll()
    assert time.monotonic() - started < 0.15
    run(setup)
    assert setup.log.read_text().split() == ["0", "1", "2"]


def test_cancel_ends_the_process_and_leaves_no_environment(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    setup = EnvironmentSetup(tmp_path / "env", "cpu")
    setup.steps = [Step("wait", python("import time; time.sleep(60)"))]
    setup.poll()
    setup.cancel()
    assert setup.done
    assert not (tmp_path / "env").exists()


def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    setup = EnvironmentSetup(tmp_path / "env", "cpu", str(tmp_path / "none"))
    run(setup)
    assert "does not start" in (setup.error or "")


def test_too_little_room_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "NEEDED_BYTES", 2**60)
    monkeypatch.setattr(environment, "NEEDED_BYTES_SMALL", 2**60)
    with pytest.raises(BadMachine, match="make room"):
        EnvironmentSetup(tmp_path / "env", "cpu")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["cpu", "cuda", "rocm", "mps"])
def test_torch_and_torchvision_come_as_a_pair_from_one_index(tmp_path: Path, kind: str) -> None:
    command = EnvironmentSetup(tmp_path / "env", kind).steps[1].command
    assert {"torch>=2.4", "torchvision>=0.19"} <= set(command)
    assert command.count("--index-url") <= 1
