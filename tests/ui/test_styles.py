"""The style of the panel: one choice, however it was made, that gallery and field show alike."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from PIL import Image

from .conftest import SAMPLES

MOSAIC = str(SAMPLES / "styles" / "mosaic.jpg")


@pytest.fixture
def settings(addon: None) -> bpy.types.PropertyGroup:
    return bpy.context.scene.texture_stylizer


@pytest.fixture
def elsewhere(tmp_path: Path) -> str:
    """A picture that lies in none of the gallery's folders."""
    path = tmp_path / "my_own_style.png"
    Image.new("RGB", (32, 32), (200, 60, 20)).save(path)
    return str(path)


def test_without_a_style_the_gallery_has_words(settings: bpy.types.PropertyGroup) -> None:
    assert settings.gallery == "NONE"
    assert settings.style_name == ""


def test_what_is_chosen_in_the_gallery_is_named(settings: bpy.types.PropertyGroup) -> None:
    settings.gallery = MOSAIC
    assert settings.style_path == MOSAIC
    assert settings.style_name == "mosaic"


@pytest.mark.parametrize("how", ["browse_style", "drop_style"])
def test_a_file_from_elsewhere_is_shown_in_the_gallery(
    settings: bpy.types.PropertyGroup, elsewhere: str, how: str
) -> None:
    settings.gallery = MOSAIC
    getattr(bpy.ops.texture_stylizer, how)(filepath=elsewhere)
    assert settings.gallery == elsewhere
    assert settings.style_name == "my own style"


def test_a_typed_name_is_one_of_the_gallery(settings: bpy.types.PropertyGroup) -> None:
    settings.style_name = "Mosaic"
    assert settings.gallery == MOSAIC


def test_a_typed_path_is_taken(settings: bpy.types.PropertyGroup, elsewhere: str) -> None:
    settings.style_name = elsewhere
    assert settings.gallery == elsewhere


def test_a_typed_name_may_be_an_image_of_the_file(settings: bpy.types.PropertyGroup) -> None:
    settings.gallery = MOSAIC
    image = bpy.data.images.new("painted", 8, 8)
    settings.style_name = "painted"
    assert settings.style_image == image
    assert settings.style_path == ""
    assert settings.gallery == "image:painted"


def test_a_file_that_is_chosen_after_an_image_replaces_it(settings: bpy.types.PropertyGroup) -> None:
    settings.style_image = bpy.data.images.new("painted", 8, 8)
    settings.gallery = MOSAIC
    assert settings.style_image is None
    assert settings.style_name == "mosaic"


def test_an_emptied_field_is_no_style(settings: bpy.types.PropertyGroup) -> None:
    settings.gallery = MOSAIC
    settings.style_name = ""
    assert not settings.has_style()
    assert settings.gallery == "NONE"


def test_another_file_shows_its_own_style(
    settings: bpy.types.PropertyGroup, elsewhere: str, tmp_path: Path
) -> None:
    settings.style_path = elsewhere
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "first.blend"))
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.texture_stylizer.gallery = MOSAIC
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "first.blend"), load_ui=False)
    assert bpy.context.scene.texture_stylizer.gallery == elsewhere


def test_recent_styles_stay_in_the_gallery(preferences: bpy.types.AddonPreferences, elsewhere: str) -> None:
    settings = bpy.context.scene.texture_stylizer
    settings.style_path = elsewhere
    settings.gallery = MOSAIC
    assert preferences.recent_styles.split("\n") == [elsewhere]
    settings.gallery = elsewhere
    assert settings.style_path == elsewhere


def test_a_folder_from_the_panel_is_shown(
    preferences: bpy.types.AddonPreferences, elsewhere: str, tmp_path: Path
) -> None:
    bpy.ops.texture_stylizer.style_folder(directory=str(tmp_path))
    settings = bpy.context.scene.texture_stylizer
    settings.gallery = elsewhere
    assert settings.style_name == "my own style"
