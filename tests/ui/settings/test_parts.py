"""The mask's field, the button From Selected Faces, and a style for each material."""

from __future__ import annotations

import bpy
import pytest

from tests.ui.conftest import SAMPLES
from texture_stylizer.descriptions import StyleImage
from texture_stylizer.ui.settings.part_settings import FACES_NAME, mask_names, variant_names, where_names

pytestmark = pytest.mark.usefixtures("addon")


@pytest.fixture
def grid(make_painted_plane) -> bpy.types.Object:
    """A plane of four faces; two of them are selected."""
    object_ = make_painted_plane("wall")
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.subdivide(number_cuts=1)
    bpy.ops.mesh.select_all(action="DESELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    for face in object_.data.polygons:
        face.select = face.index < 2
    return object_


def marked(object_: bpy.types.Object) -> list[bool]:
    return [element.value for element in object_.data.attributes[FACES_NAME].data]


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_selected_faces_become_the_mask(grid: bpy.types.Object, mode: str) -> None:
    bpy.ops.object.mode_set(mode=mode)
    assert bpy.ops.texture_stylizer.mask_from_faces() == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    assert marked(grid) == [True, True, False, False]
    assert bpy.context.scene.texture_stylizer.mask == FACES_NAME


def test_one_undo_takes_the_mask_back(grid: bpy.types.Object) -> None:
    name = grid.name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.texture_stylizer.mask_from_faces("EXEC_DEFAULT", True)
    bpy.ops.ed.undo()
    assert FACES_NAME not in bpy.data.objects[name].data.attributes
    assert bpy.context.scene.texture_stylizer.mask == ""


def test_without_a_selected_face_nothing_is_marked(grid: bpy.types.Object) -> None:
    for face in grid.data.polygons:
        face.select = False
    with pytest.raises(RuntimeError, match="No face is selected"):
        bpy.ops.texture_stylizer.mask_from_faces()
    assert FACES_NAME not in grid.data.attributes


def test_a_name_that_is_anothers_is_left_alone(grid: bpy.types.Object) -> None:
    grid.vertex_groups.new(name=FACES_NAME)
    bpy.ops.texture_stylizer.mask_from_faces()
    assert bpy.context.scene.texture_stylizer.mask == f"{FACES_NAME} 2"


def test_the_fields_offer_what_there_is(grid: bpy.types.Object, add_variant) -> None:
    grid.vertex_groups.new(name="letters")
    assert mask_names(None, bpy.context, "") == ["letters", "wall image"]
    assert where_names(None, bpy.context, "") == ["wall", "letters", "wall image"]
    add_variant(grid, "mosaic")
    assert variant_names(None, bpy.context, "") == ["mosaic"]


def test_a_style_may_be_for_a_material(grid: bpy.types.Object) -> None:
    settings = bpy.context.scene.texture_stylizer
    settings.style_path, settings.first_where = "oil.jpg", "wall"
    style = settings.more_styles.add()
    style.path, style.weight, style.where = "ink.jpg", 0.5, "roof"
    assert settings.styles() == [
        StyleImage("oil.jpg", where="wall"),
        StyleImage("ink.jpg", 0.5, where="roof"),
    ]


def test_what_a_part_was_made_with_comes_back(grid: bpy.types.Object) -> None:
    bpy.ops.texture_stylizer.mask_from_faces()
    settings = bpy.context.scene.texture_stylizer
    settings.style_path, settings.first_where = str(SAMPLES / "styles" / "mosaic.jpg"), "wall"
    settings.quality, settings.features, settings.iterations = "draft", "embedded", 1
    assert bpy.ops.texture_stylizer.stylize() == {"FINISHED"}
    settings.mask, settings.first_where = "", ""
    assert bpy.ops.texture_stylizer.use_settings(name="mosaic") == {"FINISHED"}
    assert (settings.mask, settings.first_where) == (FACES_NAME, "wall")
