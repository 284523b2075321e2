"""Setting up the worker's environment: real processes, small commands, and what is left when it ends."""

from __future__ import annotations

import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from texture_stylizer.errors import BadMachine
from texture_stylizer.jobs import environment
from texture_stylizer.jobs.environment import (
    COMPLETE,
    SIZE,
    TORCH,
    EnvironmentSetup,
    Step,
    build_for,
    environment_python,
    other_build,
    remove,
    setup_steps,
    size_in_words,
    size_of,
    steps_through,
)


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


def test_a_set_up_that_was_left_goes_on_with_the_step_that_it_left(tmp_path: Path) -> None:
    steps = [
        Step("make", (sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env"))),
        Step("fetch", python("print('fetched')")),
        Step("wait", python("import time; time.sleep(60)")),
    ]
    left = EnvironmentSetup(tmp_path / "env", "cpu")
    left.steps = list(steps)
    deadline = time.monotonic() + 60
    while left.number < 2 and time.monotonic() < deadline:
        left.poll()
    left.leave()
    goes_on = EnvironmentSetup(tmp_path / "env", "cpu")
    assert goes_on.number == steps_through(tmp_path / "env", "cpu") == 2
    goes_on.steps = [*steps[:2], Step("try", python("print('tried')"))]
    run(goes_on)
    assert goes_on.error is None
    assert (tmp_path / "env" / COMPLETE).is_file()
    assert steps_through(tmp_path / "env", "cpu") == 0


def test_what_was_left_is_not_taken_up_for_another_kind_of_machine(tmp_path: Path) -> None:
    setup = EnvironmentSetup(tmp_path / "env", "cpu")
    setup.steps = [
        Step("make", (sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env"))),
        Step("wait", python("import time; time.sleep(60)")),
    ]
    deadline = time.monotonic() + 60
    while setup.number < 1 and time.monotonic() < deadline:
        setup.poll()
    setup.leave()
    assert EnvironmentSetup(tmp_path / "env", "mps").number == 0


def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    setup = EnvironmentSetup(tmp_path / "env", "cpu", str(tmp_path / "none"))
    run(setup)
    assert "does not start" in (setup.error or "")


def test_too_little_room_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "build_for", lambda kind: replace(build_for(kind), disk=2**60))
    with pytest.raises(BadMachine, match="make room"):
        EnvironmentSetup(tmp_path / "env", "cpu")
    assert not list(tmp_path.iterdir())


def test_the_room_that_is_looked_for_is_that_of_the_build() -> None:
    rooms = {kind: build_for(kind).room for kind in ("cpu", "cuda", "rocm", "mps")}
    assert rooms["cpu"] < 3 * 10**9 < 9 * 10**9 < rooms["cuda"] < rooms["rocm"]


@pytest.mark.skipif(sys.platform != "linux", reason="PyPI's torch fits elsewhere")
def test_a_linux_machine_without_a_gpu_gets_the_small_build_or_pypis(tmp_path: Path) -> None:
    step = EnvironmentSetup(tmp_path / "env", "cpu").steps[1]
    assert step.command[-3:] == ("--index-url", "https://download.pytorch.org/whl/cpu", TORCH)
    assert step.otherwise is not None
    command, build = step.otherwise
    assert "--index-url" not in command
    assert build == other_build(build_for("cpu")) == build_for("cuda")


def test_a_step_that_fails_is_done_the_other_way(tmp_path: Path) -> None:
    setup = EnvironmentSetup(tmp_path / "env", "cpu")
    other = python("print('the other way')"), build_for("mps")
    setup.steps = [Step("Installing torch", python("raise SystemExit(1)"), otherwise=other)]
    run(setup)
    assert setup.error is None
    assert setup.build == build_for("mps")
    assert setup.log.read_text() == "the other way\n"


def test_downloaded_bytes_are_counted_and_not_left(tmp_path: Path) -> None:
    code = (
        "import tempfile, time; open(tempfile.mkdtemp() + '/w.whl', 'wb').write(bytes(9000)); time.sleep(2)"
    )
    setup = EnvironmentSetup(tmp_path / "env", "cpu")
    setup.steps = [Step("Installing torch", python(code))]
    seen = set()
    deadline = time.monotonic() + 60
    while not setup.done and time.monotonic() < deadline:
        setup.poll()
        seen.add(setup.downloaded)
        time.sleep(0.02)
    assert max(seen) == 9000
    assert [path.name for path in tmp_path.iterdir()] == ["env.log"]


def test_an_environment_is_removed_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "env" / "lib").mkdir(parents=True)
    (tmp_path / "env" / SIZE).write_text("1234")
    assert size_of(tmp_path / "env") == 1234
    remove(tmp_path / "env")
    assert not (tmp_path / "env").exists()
    assert size_of(tmp_path / "env") is None


@pytest.mark.parametrize(("size", "words"), [(450e6, "450 MB"), (3_600e6, "3.6 GB")])
def test_sizes_are_put_into_words(size: float, words: str) -> None:
    assert size_in_words(int(size)) == words


@pytest.mark.parametrize("kind", ["cpu", "cuda", "rocm", "mps"])
def test_torch_has_one_floor_everywhere(tmp_path: Path, kind: str) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert TORCH in project["dependencies"]
    command = setup_steps(tmp_path / "env", kind, sys.executable)[1].command
    assert TORCH in command
    assert command.count("--index-url") <= 1
