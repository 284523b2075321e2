"""One texture in several styles, small and side by side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest
from PIL import Image

from tests.ui.conftest import SAMPLES
from texture_stylizer.settings import Settings
from texture_stylizer.ui.try_styles import trials

STYLES = [str(SAMPLES / "styles" / f"{name}.jpg") for name in ("mosaic", "woodcut", "circuit")]


@pytest.fixture
def tried(addon: None, make_painted_plane, tmp_path: Path) -> Iterator[trials.Trials]:
    make_painted_plane("wall")
    bpy.data.images["wall image"].scale(300, 300)
    made = trials.Trials(bpy.data.images["wall image"], STYLES, Settings(), None, tmp_path / "cache")
    yield made
    made.end()


def wait_for(made: trials.Trials) -> None:
    deadline = time.monotonic() + 100
    while not made.poll() and time.monotonic() < deadline:
        time.sleep(0.05)


def test_every_style_has_its_picture(tried: trials.Trials) -> None:
    assert trials.icons() == dict.fromkeys(STYLES, 0)
    wait_for(tried)
    assert tried.failed == []
    assert tried.made == STYLES
    assert trials.texture() == "wall image"
    sizes = {Image.open(path).size for path in tried._folder.glob("*.png")}
    assert sizes == {(trials.SIZE, trials.SIZE)}


def test_nothing_of_the_file_changes(tried: trials.Trials) -> None:
    wait_for(tried)
    assert [image.name for image in bpy.data.images] == ["wall image"]
    assert [material.name for material in bpy.data.materials] == ["wall"]


def test_the_chosen_style_is_tried_first_and_no_more_than_eight(tmp_path: Path) -> None:
    paths = []
    for number in range(12):
        path = tmp_path / f"{number}.png"
        path.touch()
        paths.append(str(path))
    assert trials.styles_to_try(["NONE", *paths, "image:painted"], paths[9]) == [paths[9], *paths[:7]]


def test_the_operator_tries_the_row_at_hand(addon: None, make_painted_plane) -> None:
    make_painted_plane("wall", "roof")
    bpy.ops.texture_stylizer.find()
    run = bpy.context.window_manager.texture_stylizer_run
    run.active_texture = run.textures.find("roof image")
    assert bpy.ops.texture_stylizer.try_styles() == {"FINISHED"}
    assert trials.texture() == "roof image"
    assert not run.trying


def test_one_click_goes_on_at_full_quality(addon: None, make_painted_plane) -> None:
    plane = make_painted_plane("wall")
    settings = bpy.context.scene.texture_stylizer
    settings.features, settings.iterations = "embedded", 2
    assert bpy.ops.texture_stylizer.use_trial(style=STYLES[1]) == {"FINISHED"}
    assert settings.quality == "standard"
    assert plane.material_slots[0].material.name == "wall [woodcut]"
