"""Batch Folder... does to a folder what the command line does, with the panel's settings."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy
import pytest

from tests.gltf.models import Model, encoded


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, addon: None) -> Path:
    monkeypatch.setenv("TEXTURE_STYLIZER_PYTHON", sys.executable)
    monkeypatch.setenv("TEXTURE_STYLIZER_CACHE", str(tmp_path / "cache"))
    models = tmp_path / "models"
    (models / "props").mkdir(parents=True)
    for number, name in enumerate(("a.glb", "props/a.glb")):
        Model(encoded(number, size=(32, 32)), encoded(number + 9, size=(32, 32))).write(models / name)
    (tmp_path / "style.png").write_bytes(encoded(5, size=(32, 32)))
    settings = bpy.context.scene.texture_stylizer
    settings.style_path = str(tmp_path / "style.png")
    settings.quality = "draft"
    settings.device = "cpu"
    return models


def test_a_folder_is_restyled_and_a_report_lies_beside_it(folder: Path) -> None:
    assert bpy.ops.texture_stylizer.batch_folder(directory=str(folder)) == {"FINISHED"}
    out = folder.with_name("models_stylized")
    assert (out / "a.glb").is_file()
    assert (out / "props" / "a.glb").is_file()
    assert '"a.glb"' in (out / "report.html").read_text()
    before = (out / "a.glb").stat().st_mtime_ns
    assert bpy.ops.texture_stylizer.batch_folder(directory=str(folder)) == {"FINISHED"}
    assert (out / "a.glb").stat().st_mtime_ns == before


def test_a_mask_that_an_asset_lacks_is_said_and_nothing_is_restyled(folder: Path) -> None:
    bpy.context.scene.texture_stylizer.mask = "letters"
    assert bpy.ops.texture_stylizer.batch_folder(directory=str(folder)) == {"FINISHED"}
    out = folder.with_name("models_stylized")
    assert "in a .glb a mask is an image file" in (out / "report.html").read_text()
    assert not list(out.rglob("*.glb"))


def test_a_folder_that_is_not_there_is_one_sentence(folder: Path) -> None:
    with pytest.raises(RuntimeError, match="there is no folder"):
        bpy.ops.texture_stylizer.batch_folder(directory=str(folder / "none"))


def test_it_needs_a_style(addon: None) -> None:
    assert not bpy.ops.texture_stylizer.batch_folder.poll()
