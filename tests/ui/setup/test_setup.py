"""What the Set Up box's buttons do, without a network."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from texture_stylizer.jobs.environment import EnvironmentSetup, Step
from texture_stylizer.ui.setup import setup_operators

pytestmark = pytest.mark.usefixtures("addon")


@pytest.fixture
def under_way(tmp_path: Path) -> Iterator[EnvironmentSetup]:
    """A set-up with one step, of half a second."""
    made = EnvironmentSetup(tmp_path / "environment", "cpu")
    made.steps = [Step("Installing torch", (sys.executable, "-c", "import time; time.sleep(0.5)"))]
    setup_operators.RUNNING.append(made)
    yield made
    setup_operators.RUNNING.clear()


def panel() -> bpy.types.PropertyGroup:
    return bpy.context.window_manager.texture_stylizer_run


def test_a_set_up_goes_on_when_another_file_is_opened(under_way: EnvironmentSetup) -> None:
    setup_operators.move_on()
    assert (panel().setup_active, panel().setup_text) == (True, "Installing torch")
    bpy.ops.wm.read_homefile(use_empty=True)
    deadline = time.monotonic() + 60
    while setup_operators.move_on() is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (panel().setup_active, panel().setup_text) == (False, "Texture Stylizer is ready")
    assert under_way.error is None


def test_a_set_up_is_cancelled_by_its_button(under_way: EnvironmentSetup) -> None:
    setup_operators.move_on()
    bpy.ops.texture_stylizer.cancel_setup()
    assert under_way.done
    assert not panel().setup_active
    assert not under_way.folder.exists()


def test_a_set_up_is_left_when_the_add_on_is_switched_off(under_way: EnvironmentSetup) -> None:
    under_way.folder.mkdir()
    setup_operators.move_on()
    setup_operators.end_all()
    assert under_way.done
    assert under_way.folder.is_dir()


def test_one_click_allows_online_access() -> None:
    system = bpy.context.preferences.system
    system.use_online_access = False
    assert bpy.ops.texture_stylizer.allow_online() == {"FINISHED"}
    assert system.use_online_access
    system.use_online_access = False


def test_the_environment_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "texture_stylizer.ui.setup.setup_operators.environment_folder", lambda: tmp_path / "environment"
    )
    (tmp_path / "environment").mkdir()
    assert bpy.ops.texture_stylizer.remove_environment("EXEC_DEFAULT") == {"FINISHED"}
    assert not (tmp_path / "environment").exists()
    with pytest.raises(RuntimeError, match="cannot be removed"):
        bpy.ops.texture_stylizer.remove_environment("EXEC_DEFAULT")
