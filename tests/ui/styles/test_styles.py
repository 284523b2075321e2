"""The style of the panel: one choice, however it was made, that gallery and field show alike."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest
from PIL import Image

from tests.ui.conftest import SAMPLES
from texture_stylizer.ui.styles import gallery

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


@pytest.fixture
def second(settings: bpy.types.PropertyGroup) -> bpy.types.PropertyGroup:
    """A further style of the mix."""
    settings.gallery = MOSAIC
    bpy.ops.texture_stylizer.add_style()
    return settings.more_styles[0]


def test_a_further_style_is_typed_by_its_name(second: bpy.types.PropertyGroup) -> None:
    second.title = "Ink Wash"
    assert Path(second.path).stem == "ink_wash"
    assert second.title == "ink wash"


def test_a_further_style_may_be_an_image_of_the_file(second: bpy.types.PropertyGroup) -> None:
    second.title = MOSAIC
    image = bpy.data.images.new("painted", 8, 8)
    second.title = "painted"
    assert (second.image, second.path) == (image, "")


def test_a_further_style_is_browsed_for(second: bpy.types.PropertyGroup, elsewhere: str) -> None:
    bpy.ops.texture_stylizer.browse_style(filepath=elsewhere, index=0)
    assert second.path == elsewhere
    assert bpy.context.scene.texture_stylizer.style_path == MOSAIC


def folder_of(parent: Path, name: str) -> str:
    """A folder with one picture of the same name."""
    folder = parent / name
    folder.mkdir()
    Image.new("RGB", (32, 32), (20, 60, 200)).save(folder / f"{name}.png")
    return str(folder)


def gallery_names() -> list[str]:
    """The styles of the gallery in their order."""
    items = gallery.items(bpy.context.scene.texture_stylizer, bpy.context)
    return [Path(item[0]).stem for item in items[1:]]


def test_the_gallery_shows_every_folder_that_was_added(
    preferences: bpy.types.AddonPreferences, tmp_path: Path
) -> None:
    for name in ("first", "second", "second"):
        folder = tmp_path / name
        bpy.ops.texture_stylizer.add_style_folder(
            directory=str(folder) if folder.exists() else folder_of(tmp_path, name)
        )
    assert [Path(row.path).name for row in preferences.style_folders] == ["first", "second"]
    assert gallery_names()[-2:] == ["first", "second"]


def test_a_folder_that_was_removed_is_shown_no_more(
    preferences: bpy.types.AddonPreferences, tmp_path: Path
) -> None:
    bpy.ops.texture_stylizer.add_style_folder(directory=folder_of(tmp_path, "first"))
    bpy.ops.texture_stylizer.remove_style_folder(index=0)
    assert "first" not in gallery_names()
    assert (tmp_path / "first" / "first.png").is_file()


def test_favorite_styles_come_first(preferences: bpy.types.AddonPreferences, elsewhere: str) -> None:
    settings = bpy.context.scene.texture_stylizer
    for style in (MOSAIC, elsewhere):
        settings.style_path = style
        bpy.ops.texture_stylizer.favorite_style()
    assert gallery_names()[:2] == ["mosaic", "my_own_style"]
    assert gallery_names().count("mosaic") == 1
    assert settings.gallery == elsewhere


def test_a_second_press_makes_it_one_of_many_again(preferences: bpy.types.AddonPreferences) -> None:
    bpy.context.scene.texture_stylizer.style_path = MOSAIC
    before = gallery_names()
    for _ in range(2):
        bpy.ops.texture_stylizer.favorite_style()
    assert gallery_names() == before
