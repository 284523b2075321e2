"""Scenes in a batch: a Blender each, files beside them, and what they use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.attacks.conftest import MAKE_CUBE
from tests.gltf.models import encoded

from .conftest import QUICK, SIZE, Studio, until

pytest.importorskip("bpy")


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with cube.blend and the picture that it uses."""
    folder = tmp_path_factory.mktemp("cube")
    (folder / "paint.png").write_bytes(encoded(1, size=SIZE))
    subprocess.run([sys.executable, "-c", MAKE_CUBE], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def scenes(studio: Studio, cube: Path) -> Studio:
    """Two scenes in one folder, whose textures have the same name."""
    for name in ("one.blend", "two.blend"):
        (studio.models / name).write_bytes((cube / "cube.blend").read_bytes())
    (studio.models / "paint.png").write_bytes((cube / "paint.png").read_bytes())
    return studio


def test_scenes_do_not_meet_and_know_what_they_use(scenes: Studio) -> None:
    done = scenes.batch()
    assert done.returncode == 0, done.stderr
    results = sorted(scenes.results())
    assert results == [
        "one.blend/one.blend",
        "one.blend/textures/paint_style.png",
        "two.blend/textures/paint_style.png",
        "two.blend/two.blend",
    ]
    shown = scenes.run("variants", "out/one.blend/one.blend", "list").stdout
    assert shown.startswith("style: 1 material")
    used = [Path(file["path"]).name for file in scenes.records()["one.blend"]["uses"]]
    assert used == ["paint.png"]
    assert scenes.ask_batch("--dry-run").stdout.splitlines()[-1] == "0 assets to do, 2 finished"
    (scenes.models / "paint.png").write_bytes(encoded(2, size=SIZE))
    assert "paint.png, which it uses, has changed" in scenes.ask_batch("--dry-run").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_all_processes_killed_at_once_leave_nothing_that_a_rerun_does_not_clear(scenes: Studio) -> None:
    command = ("batch", "models", "--style", "style.png", "-o", "out", *QUICK)
    with scenes.start(*command) as driver:
        until(scenes.unfinished)
        for process in [*scenes.processes()]:
            process.kill()
        driver.communicate()
    assert scenes.unfinished()
    assert scenes.batch().returncode == 0
    assert not scenes.unfinished()
    assert [name for name in sorted(scenes.results()) if name.endswith(".blend")] == [
        "one.blend/one.blend",
        "two.blend/two.blend",
    ]
