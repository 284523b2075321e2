"""Stylize This Image and Stylize This Node, in the editors whose buttons they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from tests.ui.conftest import SAMPLES
from tests.ui.drawn import Layout

pytestmark = pytest.mark.usefixtures("addon")


@pytest.fixture
def planes(make_painted_plane, tmp_path: Path) -> list[bpy.types.Object]:
    """Two planes that share a material, one with another beside it."""
    first = make_painted_plane("wall", "roof")
    bpy.ops.mesh.primitive_plane_add()
    second = bpy.context.object
    second.data.materials.append(bpy.data.materials["wall"])
    bpy.context.preferences.filepaths.use_auto_save_temporary_files = False
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    settings = bpy.context.scene.texture_stylizer
    settings.style_path = str(SAMPLES / "styles" / "mosaic.jpg")
    settings.features, settings.iterations = "embedded", 2
    return [first, second]


@pytest.fixture
def editor() -> Iterator[bpy.types.Area]:
    """An area of the window, with its operators' context."""
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    with bpy.context.temp_override(window=window, area=area):
        yield area
    area.type = "VIEW_3D"


def shown(object_: bpy.types.Object) -> list[str]:
    return [slot.material.name for slot in object_.material_slots]


def test_an_image_is_restyled_wherever_it_is_shown(
    planes: list[bpy.types.Object], editor: bpy.types.Area
) -> None:
    editor.type = "IMAGE_EDITOR"
    editor.spaces.active.image = bpy.data.images["wall image"]
    with bpy.context.temp_override(area=editor):
        assert bpy.ops.texture_stylizer.stylize_image() == {"FINISHED"}
    assert shown(planes[0]) == ["wall [mosaic]", "roof"]
    assert shown(planes[1]) == ["wall [mosaic]"]


def test_an_image_that_no_material_shows_is_one_sentence(
    planes: list[bpy.types.Object], editor: bpy.types.Area
) -> None:
    editor.type = "IMAGE_EDITOR"
    editor.spaces.active.image = bpy.data.images.new("loose", 8, 8)
    told = pytest.raises(RuntimeError, match="no material of this scene shows the image loose")
    with bpy.context.temp_override(area=editor), told:
        bpy.ops.texture_stylizer.stylize_image()


def test_an_editor_without_an_image_has_a_grey_button(
    planes: list[bpy.types.Object], editor: bpy.types.Area
) -> None:
    editor.type = "IMAGE_EDITOR"
    editor.spaces.active.image = None
    with bpy.context.temp_override(area=editor):
        assert not bpy.ops.texture_stylizer.stylize_image.poll()


def test_a_node_is_restyled_in_the_active_material(
    planes: list[bpy.types.Object], editor: bpy.types.Area
) -> None:
    bpy.context.view_layer.objects.active = planes[0]
    planes[0].active_material_index = 1
    nodes = bpy.data.materials["roof"].node_tree.nodes
    nodes.active = next(node for node in nodes if node.type == "TEX_IMAGE")
    with bpy.context.temp_override(active_node=nodes.active):
        assert bpy.ops.texture_stylizer.stylize_node() == {"FINISHED"}
        nodes.active = nodes["Principled BSDF"]
    with bpy.context.temp_override(active_node=nodes.active):
        assert not bpy.ops.texture_stylizer.stylize_node.poll()
    assert shown(planes[0]) == ["wall", "roof [mosaic]"]
    assert shown(planes[1]) == ["wall"]


@pytest.mark.parametrize("name", ["options", "advanced"])
def test_material_properties_offer_the_options_of_the_sidebar(name: str) -> None:
    layouts = []
    for panel in (f"TEXTURE_STYLIZER_PT_{name}", f"TEXTURE_STYLIZER_PT_material_{name}"):
        layouts.append(Layout())
        getattr(bpy.types, panel).draw(SimpleNamespace(layout=layouts[-1]), bpy.context)
    sidebar, material = (list(layout.texts()) for layout in layouts)
    assert sidebar == material != []
    assert getattr(bpy.types, panel).bl_context == "material"
