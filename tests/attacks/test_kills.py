"""A run that is ended, at whatever moment and however, leaves no file, no folder and no process."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from .conftest import ALL, QUICK, Place

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals differ")

LONG = ("--style", "style.png", "--features", "embedded", "--device", "cpu", "--iterations", "100000")

Phase = Callable[[Place, int], bool]


def stage_is_there(place: Place, _pid: int) -> bool:
    return any(place.folder.glob("out/.texture_stylizer_*"))


def blender_runs(place: Place, _pid: int) -> bool:
    return any(place.temporary.glob("texture_stylizer_*/blender_*"))


def worker_works(place: Place, _pid: int) -> bool:
    return any(place.temporary.glob("texture_stylizer_*/texture_stylizer_*/*_meshes.npz"))


def result_is_there(place: Place, _pid: int) -> bool:
    return any(place.folder.glob("out/.texture_stylizer_*/textures/*.png"))


def model_is_there(place: Place, _pid: int) -> bool:
    return any(place.folder.glob("out/.texture_stylizer_*/cube.obj"))


PHASES: list[Phase] = [stage_is_there, blender_runs, worker_works, result_is_there, model_is_there]
FEW = [
    (signal.SIGKILL, blender_runs),
    (signal.SIGKILL, worker_works),
    (signal.SIGKILL, result_is_there),
    (signal.SIGTERM, result_is_there),
    (signal.SIGHUP, worker_works),
]


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.002)


def check_nothing_is_left(place: Place, before: dict[str, bytes]) -> None:
    until(lambda: not place.processes(), 10.0)
    until(lambda: not any(place.temporary.iterdir()), 5.0)
    assert place.processes() == []
    assert place.files() == before
    assert list(place.temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "phase"),
    [(number, phase) for number in (9, 15, 1, 2) for phase in PHASES] if ALL else FEW,
)
def test_a_signal_at_any_moment(model_place: Place, number: int, phase: Phase) -> None:
    arguments = LONG if phase is worker_works else QUICK
    before = model_place.files()
    with model_place.start("stylize", "cube.blend", "-o", "out/cube.obj", *arguments) as process:
        until(lambda: phase(model_place, process.pid) or process.poll() is not None)
        process.send_signal(number)
        if number != signal.SIGKILL:
            process.send_signal(number)
        error = process.communicate(timeout=30)[1]
    if process.returncode == 0:
        # It was through before the signal came.
        assert {"out/cube.obj", "out/cube.mtl"} <= model_place.files().keys()
        return
    assert process.returncode == (-9 if number == signal.SIGKILL else 130), error
    assert error == ("" if number == signal.SIGKILL else "cancelled\n")
    check_nothing_is_left(model_place, before)


def test_the_signal_comes_to_images_too(place: Place) -> None:
    before = place.files()
    with place.start("stylize", "a.png", "b.png", "-o", "out", *LONG) as process:
        until(lambda: any(place.temporary.iterdir()))
        time.sleep(2.0)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30)[1].splitlines()[-1] == "cancelled"
    assert process.returncode == 130
    check_nothing_is_left(place, before)


def test_a_blender_that_crashes_is_one_sentence_and_the_others_are_done(model_place: Place) -> None:
    with model_place.start("stylize", "cube.blend", "a.png", "-o", "out", *QUICK) as process:
        until(lambda: any("inside_blender" in " ".join(p.cmdline()) for p in children_of(process.pid)))
        for child in children_of(process.pid):
            if "inside_blender" in " ".join(child.cmdline()):
                child.send_signal(signal.SIGSEGV)
        error = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    (line,) = error.strip().splitlines()
    assert line.startswith("error: cube.blend: Blender crashes on it")
    assert sorted(path.name for path in (model_place.folder / "out").iterdir()) == ["a.png"]
    assert list(model_place.temporary.iterdir()) == []


def children_of(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children()
    except psutil.Error:
        return []


def test_a_run_with_blender_leaves_no_folder(model_place: Place) -> None:
    for arguments in (("inspect", "cube.blend"), ("inspect", "cube.obj"), ("variants", "cube.blend", "list")):
        assert model_place.run(*arguments) == (0, "")
    assert list(model_place.temporary.iterdir()) == []
    assert not Path(model_place.folder / "out").exists()
