"""Every path that a command would write is looked at before any work: none is somebody else's."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pytest

from .conftest import Place, save_noise


def refused(place: Place, *arguments: str) -> str:
    """The sentence of a command that is refused and changes nothing."""
    before = place.files()
    status, error = place.run(*arguments)
    assert status == 2, error
    assert place.files() == before
    (line,) = error.strip().splitlines()
    return line


STYLE = ("--style", "style.png", "--features", "embedded", "--device", "cpu", "--iterations", "1")


@pytest.mark.parametrize(
    "report", ["style.png", "a.png", "out/a.png", "OUT/A.png", "notes.txt", ".", "link.json"]
)
def test_a_report_replaces_nothing(place: Place, report: str) -> None:
    (place.folder / "notes.txt").write_text("mine")
    (place.folder / "link.json").symlink_to("notes.txt")
    out = report.split("/")[0].lower() if "/" in report else "out"
    refused(place, "stylize", "a.png", "-o", out, "--report", report, *STYLE)


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes there")
@pytest.mark.parametrize("arguments", [("-o", "out", "--report", "pipe.png"), ("-o", "pipe.png")])
def test_a_pipe_is_neither_waited_for_nor_replaced(place: Place, arguments: tuple[str, ...]) -> None:
    os.mkfifo(place.folder / "pipe.png")
    assert "pipe.png is a pipe" in refused(place, "stylize", "a.png", *STYLE, *arguments)
    assert (place.folder / "pipe.png").is_fifo()


def test_an_older_report_is_replaced(place: Place) -> None:
    (place.folder / "report.json").write_text('{"version": "0", "textures": [], "failed": []}')
    assert place.stylize("a.png", "-o", "out", "--report", "report.json")[0] == 0
    assert len(json.loads((place.folder / "report.json").read_text())["textures"]) == 1


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("cube.obj", "cube.OBJ"),
        ("cube.blend", "cube.obj"),
        ("cube.blend", "cube.gltf"),
        ("cube.blend", "CUBE.blend"),
        ("cube.blend", "folder"),
        ("a.png", "folder"),
        ("a.png", "link.png"),
        ("a.png", "linked"),
        ("cube.blend", "elsewhere/cube.blend"),
    ],
)
def test_a_file_that_no_run_made_stays(model_place: Place, source: str, output: str) -> None:
    folder = model_place.folder
    for name in ("folder", "linked", "elsewhere"):
        (folder / name).mkdir()
    shutil.copy(folder / "b.png", folder / "folder" / "a.png")
    shutil.copy(folder / "b.png", folder / "folder" / "cube.blend")
    (folder / "link.png").symlink_to("b.png")
    (folder / "linked" / "a.png").symlink_to(folder / "b.png")
    (folder / "elsewhere" / "textures").symlink_to(folder / "folder")
    refused(model_place, "stylize", source, "-o", output, *STYLE)


@pytest.mark.parametrize("output", [".", "folder", "cube.BLEND"])
def test_variants_replace_no_namesake(model_place: Place, output: str) -> None:
    (model_place.folder / "folder").mkdir()
    (model_place.folder / "folder" / "cube.blend").write_text("mine")
    refused(model_place, "variants", "cube.blend", "original", "-o", output)


def test_the_same_run_again_replaces_its_own_files(model_place: Place) -> None:
    for _ in range(2):
        assert model_place.stylize("cube.obj", "cube.gltf", "a.png", "-o", "out") == (0, "")
    (model_place.folder / "out" / "cube.mtl").write_text("changed by hand")
    refused(model_place, "stylize", "cube.obj", "-o", "out", *STYLE)


def test_two_inputs_of_one_name_but_for_its_case(place: Place) -> None:
    save_noise(place.folder / "A.png", 5)
    assert "A.png" in refused(place, "stylize", "a.png", "A.png", "-o", "out", *STYLE)


@pytest.mark.parametrize(
    "uri", ["/{folder}/paint.png", "link/paint.png", "../here/../outside.png", "C:/paint.png"]
)
def test_a_gltf_writes_nothing_outside_of_the_output(model_place: Place, uri: str) -> None:
    folder = model_place.folder
    save_noise(folder.parent / "outside.png", 3)
    (folder / "link").symlink_to(folder.parent)
    save_noise(folder.parent / "paint.png", 3)
    document = json.loads((folder / "cube.gltf").read_text())
    document["images"][0]["uri"] = uri.format(folder=str(folder).lstrip("/"))
    (folder / "cube.gltf").write_text(json.dumps(document))
    before, outside = model_place.files(), sorted(os.listdir(folder.parent))
    status, error = model_place.stylize("cube.gltf", "-o", "out")
    assert status == 1
    assert "cube.gltf" in error
    assert model_place.files() == before
    assert sorted({*os.listdir(folder.parent)} - {"cache"}) == [name for name in outside if name != "cache"]


def test_a_gltf_does_not_follow_a_link_in_the_output(model_place: Place) -> None:
    folder = model_place.folder
    (folder / "textures").mkdir()
    shutil.move(folder / "paint.png", folder / "textures" / "paint.png")
    document = json.loads((folder / "cube.gltf").read_text())
    document["images"][0]["uri"] = "textures/paint.png"
    (folder / "cube.gltf").write_text(json.dumps(document))
    (folder / "out").mkdir()
    (folder / "theirs").mkdir()
    (folder / "out" / "textures").symlink_to(folder / "theirs")
    before = model_place.files()
    assert model_place.stylize("cube.gltf", "-o", "out")[0] == 1
    assert model_place.files() == before
