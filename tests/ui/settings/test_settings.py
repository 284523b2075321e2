"""Looks, advanced settings, settings that follow the artist, and those of a variant taken up again."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest

from tests.ui.conftest import SAMPLES
from texture_stylizer.descriptions import Compute
from texture_stylizer.scene.baking.base_color import materials_to_bake
from texture_stylizer.scene.materials.records import record_of
from texture_stylizer.settings import Settings
from texture_stylizer.ui.settings.presets import LOOKS
from texture_stylizer.ui.settings.settings_again import values_of
from texture_stylizer.ui.window.text_lines import about, duration, text_width, wrapped

MOSAIC = str(SAMPLES / "styles" / "mosaic.jpg")


@pytest.fixture
def settings(addon: None) -> bpy.types.PropertyGroup:
    return bpy.context.scene.texture_stylizer


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_known_again(settings: bpy.types.PropertyGroup, look: str) -> None:
    settings.look = "BOLD" if look != "BOLD" else "SUBTLE"
    settings.look = look
    assert settings.look == look


def test_settings_of_ones_own_are_no_look(settings: bpy.types.PropertyGroup) -> None:
    settings.look = "BOLD"
    settings.content_weight = 0.77
    assert settings.look == "CUSTOM"


def test_a_first_run_is_a_draft(settings: bpy.types.PropertyGroup) -> None:
    assert settings.look == "FAST"
    assert settings.to_settings() == Settings.preset("draft")
    assert settings.compute().features == "embedded"
    settings.quality = "standard"
    assert settings.compute().features == "auto"


def test_what_the_advanced_panel_says_reaches_the_engine(settings: bpy.types.PropertyGroup) -> None:
    settings.features, settings.device, settings.precision = "embedded", "cpu", "float32"
    settings.seed, settings.scales, settings.iterations, settings.wrap = 7, 2, 55, "both"
    settings.max_size = 128
    assert settings.compute() == Compute("embedded", "cpu", "float32")
    made = settings.to_settings()
    assert (made.seed, made.scales, made.iterations, made.wrap, made.max_size) == (7, 2, 55, "both", 128)


def test_another_seed_is_another(settings: bpy.types.PropertyGroup) -> None:
    bpy.ops.texture_stylizer.other_seed()
    assert settings.seed != 0


def test_settings_follow_into_a_new_file(
    preferences: bpy.types.AddonPreferences, make_painted_plane, tmp_path: Path
) -> None:
    make_painted_plane("wall")
    settings = bpy.context.scene.texture_stylizer
    settings.style_path, settings.features, settings.content_weight = MOSAIC, "embedded", 0.5
    settings.iterations = 2
    bpy.ops.texture_stylizer.stylize()
    bpy.ops.wm.read_homefile(use_empty=True)
    following = bpy.context.scene.texture_stylizer
    assert following.style_path == MOSAIC
    assert following.content_weight == pytest.approx(0.5)


def test_what_a_file_keeps_stays(preferences: bpy.types.AddonPreferences, tmp_path: Path) -> None:
    bpy.context.scene.texture_stylizer.content_weight = 1.5
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "kept.blend"))
    preferences.last_used = '{"content_weight": 0.2, "style_scale": 3.0, "unknown": 1}'
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "kept.blend"), load_ui=False)
    settings = bpy.context.scene.texture_stylizer
    assert settings.content_weight == pytest.approx(1.5)
    assert settings.style_scale == pytest.approx(3.0)


def test_a_variants_settings_are_used_again(settings: bpy.types.PropertyGroup, make_painted_plane) -> None:
    plane = make_painted_plane("wall")
    settings.style_path, settings.features = MOSAIC, "embedded"
    settings.look, settings.iterations, settings.seed = "BOLD", 2, 5
    bpy.ops.texture_stylizer.stylize()
    (name,) = [record_of(slot.material).variant for slot in plane.material_slots]
    settings.look, settings.iterations, settings.seed, settings.style_path = "SUBTLE", 0, 0, ""
    bpy.ops.texture_stylizer.use_settings(name=name)
    assert settings.look == "BOLD"
    assert (settings.iterations, settings.seed, settings.style_path) == (2, 5, MOSAIC)


def test_an_image_of_the_file_is_the_style_again(
    settings: bpy.types.PropertyGroup, make_painted_plane
) -> None:
    plane = make_painted_plane("wall")
    image = bpy.data.images["wall image"]
    settings.style_image, settings.features, settings.iterations = image, "embedded", 2
    bpy.ops.texture_stylizer.stylize()
    name = record_of(plane.material_slots[0].material).variant
    settings.style_path = MOSAIC
    bpy.ops.texture_stylizer.use_settings(name=name)
    assert settings.style_image == image


@pytest.mark.parametrize("quality", ["draft", "standard", "high"])
def test_a_records_quality_is_known_again(quality: str) -> None:
    values = values_of({"settings": Settings.preset(quality, seed=3).to_json()})
    assert (values["quality"], values["iterations"], values["max_size"]) == (quality, 0, 0)
    assert values["seed"] == 3


def test_a_cache_of_the_preferences_is_the_workers(
    preferences: bpy.types.AddonPreferences, tmp_path: Path
) -> None:
    from texture_stylizer.ui.setup.worker_questions import AsksWorker

    preferences.cache_folder = str(tmp_path / "elsewhere")
    preferences.python_path = sys.executable
    asking = AsksWorker()
    assert asking.ask(bpy.context, lambda client: None)
    try:
        assert asking._client.describe()["cache_folder"] == str(tmp_path / "elsewhere")
    finally:
        asking._client.close()


def test_the_list_names_what_will_be_baked(settings: bpy.types.PropertyGroup, make_painted_plane) -> None:
    plane = make_painted_plane("wall", "plain")
    tree = bpy.data.materials["plain"].node_tree
    tree.links.remove(tree.nodes["Principled BSDF"].inputs["Base Color"].links[0])
    bpy.ops.texture_stylizer.find()
    rows = bpy.context.window_manager.texture_stylizer_run.textures
    assert [row.name for row in rows] == ["wall image"]
    settings.bake = True
    bpy.ops.texture_stylizer.find()
    assert [(row.name, row.role) for row in rows] == [("wall image", "base_color"), ("plain", "bake")]
    assert list(materials_to_bake([plane])) == [bpy.data.materials["plain"]]


def test_all_none_and_one_role(settings: bpy.types.PropertyGroup, make_painted_plane) -> None:
    make_painted_plane("wall", "lamp")
    tree = bpy.data.materials["lamp"].node_tree
    principled = tree.nodes["Principled BSDF"]
    image_output = principled.inputs["Base Color"].links[0].from_socket
    tree.links.remove(principled.inputs["Base Color"].links[0])
    tree.links.new(image_output, principled.inputs["Emission Color"])
    bpy.ops.texture_stylizer.find()
    bpy.ops.texture_stylizer.tick(which="NONE")
    assert settings.unwanted() == {"wall image", "lamp image"}
    bpy.ops.texture_stylizer.tick(which="emission")
    assert settings.unwanted() == {"wall image"}
    bpy.ops.texture_stylizer.tick(which="ALL")
    assert settings.unwanted() == set()


def test_sentences_are_wrapped_at_words() -> None:
    lines = wrapped("Select one or more objects with textures first", 100)
    assert len(lines) > 2
    assert " ".join(lines) == "Select one or more objects with textures first"


@pytest.mark.parametrize(
    "path", ["/home/somebody/projects/game/textures/wood", "C:\\Users\\Me\\textures", "x" * 90]
)
def test_a_path_that_is_wider_than_a_line_goes_on_in_the_next(path: str) -> None:
    lines = wrapped(path, 100)
    assert "".join(lines) == path
    assert max(text_width(line) for line in lines) <= 100


def test_lengths_of_time_are_said_as_people_do() -> None:
    assert duration(2237) == "37 min 17 s"
    assert duration(42.4) == "42 s"
    assert duration(4000) == "1 h 7 min"
    assert about(2237) == "37 min"
    assert about(2) == "5 s"
