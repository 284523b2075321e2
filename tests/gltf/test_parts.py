"""Styles for the materials of a .glb."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.gltf.models import Model, encoded, view_bytes
from texture_stylizer.cli import main


@pytest.fixture
def halves() -> Model:
    """A texture of 48 px whose left half the material M shows, and whose right half N does."""
    model = Model(encoded(0, size=(48, 48)), encoded(1))
    document = model.document
    document["materials"].append({**document["materials"][0], "name": "N"})
    for material, left in ((0, 0.0), (1, 0.5)):
        uvs = np.float32([[left, 0.0], [left + 0.5, 0.0], [left, 1.0]]).tobytes()
        model.binary += b"\0" * (-len(model.binary) % 4)
        view = {"buffer": 0, "byteOffset": len(model.binary), "byteLength": len(uvs)}
        document["bufferViews"].append(view)
        model.binary += uvs
        accessor = {"bufferView": 3 + material, "componentType": 5126, "count": 3, "type": "VEC2"}
        document["accessors"].append(accessor)
        attributes = {"POSITION": 0, "TEXCOORD_0": 1 + material}
        document["meshes"][0]["primitives"][material:] = [{"attributes": attributes, "material": material}]
    document["buffers"][0]["byteLength"] = len(model.binary)
    return model


def stylize(source: Path, *styles: str) -> int:
    named = [part for style in styles for part in ("--style", style)]
    fixed = ["--iterations", "2", "--features", "embedded", "--device", "cpu", "--no-cache", "--keep-unused"]
    return main(["stylize", str(source), *named, "-o", str(source.with_name("out.glb")), *fixed])


def changed(source: Path) -> np.ndarray:
    """Which share of each column of the texture is another."""
    before, after = (
        np.asarray(Image.open(io.BytesIO(view_bytes(path.read_bytes(), 0))))
        for path in (source, source.with_name("out.glb"))
    )
    return (before != after).any(axis=2).mean(axis=0)


def test_a_style_for_one_material_leaves_the_others_texels(halves: Model, tmp_path: Path) -> None:
    style = tmp_path / "style.png"
    style.write_bytes(encoded(9, size=(64, 64)))
    source = halves.write(tmp_path / "in.glb")
    assert stylize(source, f"{style}@N") == 0
    found = changed(source)
    assert not found[:20].any() and found[24:30].mean() > 0.5


def test_a_material_that_is_not_there_is_said_with_those_that_are(
    halves: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    style = tmp_path / "style.png"
    style.write_bytes(encoded(9, size=(64, 64)))
    assert stylize(halves.write(tmp_path / "in.glb"), f"{style}@Wood") == 1
    assert "'Wood' is none; its materials are: M, N" in capsys.readouterr().err
