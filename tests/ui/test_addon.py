"""The add-on in bpy: operators give what the API gives, in one undo step, and torch stays outside."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest

SAMPLES = Path(__file__).parents[2] / "sample_assets"


pytestmark = pytest.mark.usefixtures("addon")


@pytest.fixture
def crate() -> None:
    bpy.ops.wm.open_mainfile(filepath=str(SAMPLES / "crate.blend"), load_ui=False)
    bpy.context.preferences.filepaths.use_auto_save_temporary_files = False
    bpy.data.objects["Crate"].select_set(True)
    # Small, so that a run takes a moment.
    bpy.data.images["crate_color"].scale(96, 96)
    bpy.data.images["crate_color"].pack()
    bpy.ops.object.select_all(action="DESELECT")
    bpy.data.objects["Crate"].select_set(True)


def test_one_undo_step_takes_everything_back(crate: None, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crate.blend"))
    settings = bpy.context.scene.texture_stylizer
    settings.style_path = str(SAMPLES / "styles" / "mosaic.jpg")
    settings.quality, settings.iterations = "draft", 2
    bpy.ops.ed.undo_push(message="base")
    assert bpy.ops.texture_stylizer.stylize("EXEC_DEFAULT", True) == {"FINISHED"}
    assert bpy.data.objects["Crate"].material_slots[0].material.name == "Crate [mosaic]"
    assert bpy.ops.texture_stylizer.show_variant("EXEC_DEFAULT", True, name="") == {"FINISHED"}
    assert bpy.data.objects["Crate"].material_slots[0].material.name == "Crate"
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    assert [material.name for material in bpy.data.materials] == ["Crate"]
    bpy.ops.ed.redo()
    assert bpy.data.objects["Crate"].material_slots[0].material.name == "Crate [mosaic]"
    assert "torch" not in sys.modules


def test_a_missing_style_is_reported(crate: None, tmp_path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "crate.blend"))
    bpy.context.scene.texture_stylizer.style_path = str(tmp_path / "none.png")
    with pytest.raises(RuntimeError, match="style cannot be used"):
        bpy.ops.texture_stylizer.stylize("EXEC_DEFAULT", True)
    assert [material.name for material in bpy.data.materials] == ["Crate"]


def test_nothing_selected_disables_the_button() -> None:
    assert not bpy.ops.texture_stylizer.stylize.poll()
