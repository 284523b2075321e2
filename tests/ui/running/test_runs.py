"""A run as the window carries it out, step by step, and what it works on."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import bpy
import pytest

from tests.ui.conftest import SAMPLES
from texture_stylizer.descriptions import Compute, StyleImage
from texture_stylizer.errors import BadInput
from texture_stylizer.scene.run_options import RunOptions
from texture_stylizer.scene.variants.find import list_variants
from texture_stylizer.settings import Settings
from texture_stylizer.ui.run_queue import LINE
from texture_stylizer.ui.running.session import Request, Session

pytestmark = pytest.mark.usefixtures("addon")

NO_LIMIT = pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes there")
EMBEDDED = Compute(features="embedded", device="cpu", cache=False)


@pytest.fixture
def plane(make_painted_plane, tmp_path: Path) -> bpy.types.Object:
    """A plane with two painted materials, in a saved file, and a style to draw it in."""
    object_ = make_painted_plane("wall", "roof")
    bpy.context.preferences.filepaths.use_auto_save_temporary_files = False
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    settings = bpy.context.scene.texture_stylizer
    settings.style_path, settings.features = str(SAMPLES / "styles" / "mosaic.jpg"), "embedded"
    settings.iterations = 2
    return object_


def request(object_: bpy.types.Object, settings: Settings) -> Request:
    style = StyleImage(str(SAMPLES / "styles" / "mosaic.jpg"))
    return Request((object_.session_uid,), [style], settings, RunOptions("mosaic", compute=EMBEDDED))


@contextlib.contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file may become larger than `size` bytes."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def shown(object_: bpy.types.Object) -> list[str]:
    return [slot.material.name for slot in object_.material_slots]


def changed_pixels(name: str) -> None:
    """Painted over and not packed again: the pixels have to be written for the worker."""
    image = bpy.data.images[name]
    image.scale(300, 300)


def test_what_is_ticked_off_stays_so_in_the_reopened_file(plane: bpy.types.Object, tmp_path: Path) -> None:
    bpy.ops.texture_stylizer.find()
    rows = bpy.context.window_manager.texture_stylizer_run.textures
    rows["wall image"].wanted = False
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"), load_ui=False)
    bpy.data.objects["Plane"].select_set(True)
    assert bpy.ops.texture_stylizer.stylize() == {"FINISHED"}
    assert shown(bpy.data.objects["Plane"]) == ["wall", "roof [mosaic]"]


def test_previews_are_deleted_when_they_were_shown(plane: bpy.types.Object) -> None:
    session = Session(request(plane, Settings(iterations=100_000)))
    session.join_line(bpy.context)
    if not session.has_begun:
        session.begin(bpy.context)
    folder, numbers, most = session._run.folder, set(), 0
    deadline = time.monotonic() + 60
    while len(numbers) < 4 and time.monotonic() < deadline:
        session.step()
        pictures = list(folder.glob("preview_*.png"))
        numbers |= {path.stem for path in pictures}
        most = max(most, len(pictures))
        time.sleep(0.02)
    session.end(keep=False)
    assert len(numbers) >= 4
    assert most <= 2


@NO_LIMIT
def test_a_full_disk_while_the_sources_are_written_is_one_sentence(plane: bpy.types.Object) -> None:
    changed_pixels("wall image")
    changed_pixels("roof image")
    with (
        full_disk(100_000),
        pytest.raises(RuntimeError, match="cannot be written to.*make room") as caught,
    ):
        bpy.ops.texture_stylizer.stylize()
    assert "Traceback" not in str(caught.value)
    assert shown(plane) == ["wall", "roof"]


@NO_LIMIT
def test_a_full_disk_leaves_no_run_in_the_line(plane: bpy.types.Object) -> None:
    changed_pixels("wall image")
    changed_pixels("roof image")
    session = Session(request(plane, Settings(iterations=1)))
    session.join_line(bpy.context)
    if not session.has_begun:
        session.begin(bpy.context)
    with full_disk(100_000):
        while not session.step():
            time.sleep(0.02)
    with pytest.raises(BadInput, match="make room"):
        session.apply()
    session.end(keep=False)
    assert LINE == []


def test_a_run_that_cannot_begin_leaves_the_line(plane: bpy.types.Object) -> None:
    refused = request(plane, Settings(iterations=1))
    bpy.data.objects.remove(plane)
    session = Session(refused)
    with pytest.raises(BadInput, match="not in this file any more"):
        session.join_line(bpy.context)
        session.begin(bpy.context)
    session.end(keep=False)
    assert LINE == []


def test_an_active_object_that_is_not_selected_is_not_restyled(plane: bpy.types.Object) -> None:
    plane.select_set(False)
    assert bpy.context.object == plane
    assert not bpy.ops.texture_stylizer.stylize.poll()
    plane.select_set(True)
    assert bpy.ops.texture_stylizer.stylize.poll()


def test_the_material_of_an_active_object_that_is_not_selected(plane: bpy.types.Object) -> None:
    plane.select_set(False)
    plane.active_material_index = 1
    assert bpy.ops.texture_stylizer.stylize_material() == {"FINISHED"}
    assert shown(plane) == ["wall", "roof [mosaic]"]


def test_the_object_may_be_in_another_scene_when_its_run_begins(plane: bpy.types.Object) -> None:
    session = Session(request(plane, Settings(iterations=1)))
    bpy.ops.scene.new(type="EMPTY")
    session.join_line(bpy.context)
    if not session.has_begun:
        session.begin(bpy.context)
    assert session.has_begun
    session.end(keep=False)


def test_the_time_left_counts_every_texture_by_its_size(plane: bpy.types.Object) -> None:
    bpy.data.images["roof image"].scale(48, 48)
    bpy.data.images["roof image"].pack()
    session = Session(request(plane, Settings(iterations=100_000)))
    session.join_line(bpy.context)
    if not session.has_begun:
        session.begin(bpy.context)
    assert sorted(session._work.values()) == [24 * 24, 48 * 48]
    session.end(keep=False)


def test_names_tell_variants_apart(plane: bpy.types.Object) -> None:
    settings = bpy.context.scene.texture_stylizer
    for look in ("FAST", "BOLD"):
        settings.look = look
        settings.iterations = 2
        bpy.ops.texture_stylizer.stylize()
    settings.look = "PAINTERLY"
    bpy.ops.texture_stylizer.stylize()
    bpy.ops.texture_stylizer.stylize()
    assert sorted(list_variants()) == ["mosaic", "mosaic, bold", "mosaic, standard", "mosaic, standard 2"]
