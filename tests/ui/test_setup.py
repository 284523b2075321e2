"""What the Set Up box's buttons do, without a network."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from texture_stylizer.ui.addon_paths import environment_folder
from texture_stylizer.ui.setup_box import in_lines

pytestmark = pytest.mark.usefixtures("addon")


def test_one_click_allows_online_access() -> None:
    system = bpy.context.preferences.system
    system.use_online_access = False
    assert bpy.ops.texture_stylizer.allow_online() == {"FINISHED"}
    assert system.use_online_access
    system.use_online_access = False


def test_the_environment_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("texture_stylizer.ui.setup.environment_folder", lambda: tmp_path / "environment")
    (tmp_path / "environment").mkdir()
    assert bpy.ops.texture_stylizer.remove_environment("EXEC_DEFAULT") == {"FINISHED"}
    assert not (tmp_path / "environment").exists()
    with pytest.raises(RuntimeError, match="cannot be removed"):
        bpy.ops.texture_stylizer.remove_environment("EXEC_DEFAULT")


def test_a_long_path_is_told_in_lines_that_lose_nothing() -> None:
    path = str(environment_folder())
    lines = in_lines(path, 20)
    assert "".join(lines) == path
    assert len(lines) > 1
    assert in_lines("C:\\Users\\Me\\environment", 12) == ["C:\\Users\\Me\\", "environment"]
