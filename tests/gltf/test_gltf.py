"""A glTF's colour images change; nothing else in the file does."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from PIL import Image

from tests.gltf.models import Model, encoded, glb_bytes, split_glb, view_bytes
from texture_stylizer.cli import main


def test_only_the_colour_image_changes(model: Model, stylize, tmp_path: Path) -> None:
    source = model.write(tmp_path / "a.glb")
    before = source.read_bytes()
    assert stylize(source, tmp_path / "out.glb") == 0
    after = (tmp_path / "out.glb").read_bytes()
    assert source.read_bytes() == before
    assert view_bytes(after, 1) == view_bytes(before, 1)
    assert view_bytes(after, 2) == view_bytes(before, 2)
    changed = Image.open(io.BytesIO(view_bytes(after, 0)))
    assert (changed.format, changed.size) == ("PNG", (33, 21))
    assert view_bytes(after, 0) != view_bytes(before, 0)


def test_the_json_differs_in_lengths_and_offsets_alone(model: Model, stylize, tmp_path: Path) -> None:
    source = model.write(tmp_path / "a.glb")
    stylize(source, tmp_path / "out.glb")
    old, _ = split_glb(source.read_bytes())
    new, binary = split_glb((tmp_path / "out.glb").read_bytes())
    for document in (old, new):
        del document["bufferViews"]
    length = new["buffers"][0].pop("byteLength")
    old["buffers"][0].pop("byteLength")
    assert old == new
    assert 0 <= len(binary) - length < 4
    assert b"1.25e-01" in (tmp_path / "out.glb").read_bytes()


@pytest.mark.parametrize(("jpeg", "kind"), [((), "JPEG"), (("--jpeg", "png"), "PNG")])
def test_a_jpeg_stays_one_unless_png_is_asked_for(stylize, tmp_path: Path, jpeg, kind) -> None:
    source = Model(encoded(0, "JPEG"), encoded(1), "image/jpeg").write(tmp_path / "a.glb")
    assert stylize(source, tmp_path / "out.glb", *jpeg) == 0
    after = (tmp_path / "out.glb").read_bytes()
    assert Image.open(io.BytesIO(view_bytes(after, 0))).format == kind
    assert split_glb(after)[0]["images"][0]["mimeType"] == f"image/{kind.lower()}"


def test_webp_stays_webp(stylize, tmp_path: Path) -> None:
    model = Model(encoded(0, "WEBP"), encoded(1), "image/webp")
    model.document["textures"][0] = {"extensions": {"EXT_texture_webp": {"source": 0}}}
    assert stylize(model.write(tmp_path / "a.glb"), tmp_path / "out.glb") == 0
    assert Image.open(io.BytesIO(view_bytes((tmp_path / "out.glb").read_bytes(), 0))).format == "WEBP"


def test_an_image_that_is_data_too_is_changed_for_the_colour_alone(
    model: Model, stylize, tmp_path: Path
) -> None:
    model.document["materials"][0]["occlusionTexture"] = {"index": 0}
    source = model.write(tmp_path / "a.glb")
    assert stylize(source, tmp_path / "out.glb") == 0
    after = (tmp_path / "out.glb").read_bytes()
    document, _ = split_glb(after)
    material = document["materials"][0]
    assert view_bytes(after, 0) == view_bytes(source.read_bytes(), 0)
    assert material["occlusionTexture"]["index"] == 0
    added = document["textures"][material["pbrMetallicRoughness"]["baseColorTexture"]["index"]]["source"]
    assert "uri" not in document["images"][added]
    made = Image.open(io.BytesIO(view_bytes(after, document["images"][added]["bufferView"])))
    assert made.size == (33, 21)


def test_a_gltf_with_files_beside_it(model: Model, stylize, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "maps").mkdir(parents=True)
    (folder / "maps" / "a b.png").write_bytes(encoded(0))
    (folder / "a.bin").write_bytes(model.binary)
    model.document["buffers"][0]["uri"] = "a.bin"
    model.document["images"][0] = {"uri": "maps/a%20b.png"}
    (folder / "a.gltf").write_text(json.dumps(model.document))
    assert stylize(folder / "a.gltf", tmp_path / "out", "--variant", "oil") == 0
    document = json.loads((tmp_path / "out" / "a.gltf").read_text())
    assert document["images"][0]["uri"] == "maps/a%20b_oil.png"
    assert (tmp_path / "out" / "maps" / "a b_oil.png").is_file()
    assert (tmp_path / "out" / "a.bin").read_bytes() == model.binary


@pytest.mark.parametrize("letter", ["x", "ä", "🪵"])
def test_the_longest_names_that_a_disk_takes(model: Model, stylize, tmp_path: Path, letter: str) -> None:
    """Cut by whole letters, and two that begin alike stay two."""
    folder = tmp_path / "in"
    folder.mkdir()
    stem = letter * (250 // len(letter.encode()) - 1)
    names = [f"{stem}{number}.png" for number in range(2)]
    for number, name in enumerate(names):
        (folder / name).write_bytes(encoded(number))
    (folder / "a.bin").write_bytes(model.binary)
    model.document["buffers"][0]["uri"] = "a.bin"
    model.document["images"][:2] = [{"uri": quote(name)} for name in names]
    model.document["materials"][0]["emissiveTexture"] = {"index": 1}
    model.document["materials"][0].pop("normalTexture")
    (folder / "a.gltf").write_text(json.dumps(model.document))
    assert stylize(folder / "a.gltf", tmp_path / "out", "--variant", "oil") == 0
    written = {path.name for path in (tmp_path / "out").iterdir()} - {"a.gltf", "a.bin"}
    document = json.loads((tmp_path / "out" / "a.gltf").read_text())
    assert {unquote(image["uri"]) for image in document["images"]} == written
    assert len(written) == 2
    assert all("_oil" in name for name in written)


def test_data_uris(model: Model, stylize, tmp_path: Path) -> None:
    uri = "data:image/png;base64," + base64.b64encode(encoded(0)).decode()
    model.document["images"][0] = {"uri": uri, "name": "paint"}
    assert stylize(model.write(tmp_path / "a.glb"), tmp_path / "out.glb") == 0
    document, _ = split_glb((tmp_path / "out.glb").read_bytes())
    assert document["images"][0]["uri"].startswith("data:image/png;base64,")
    assert document["images"][0]["uri"] != uri


def test_inspect_lists_every_role(model: Model, tmp_path: Path, capsys) -> None:
    assert main(["inspect", str(model.write(tmp_path / "a.glb")), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["textures"]
    assert [(row["image"], row["role"], row["size"]) for row in rows] == [
        ("paint", "base_color", [33, 21]),
        ("bumps", "normal", [8, 8]),
    ]
    assert rows[0]["objects"] == ["Thing"]
    assert rows[1]["skipped"] is not None


def test_a_ktx2_texture_is_skipped_with_a_reason(model: Model, stylize, tmp_path: Path, capsys) -> None:
    model.document["textures"][0] = {"extensions": {"KHR_texture_basisu": {"source": 0}}}
    assert stylize(model.write(tmp_path / "a.glb"), tmp_path / "out.glb") == 1
    assert "KTX2" in capsys.readouterr().err
    assert not (tmp_path / "out.glb").exists()


@pytest.mark.parametrize("damage", ["cut", "json", "image", "uri"])
def test_damaged_files_get_one_sentence(model: Model, stylize, tmp_path: Path, capsys, damage) -> None:
    if damage == "image":
        model.document["bufferViews"][0]["byteLength"] = 7
    if damage == "uri":
        model.document["images"][0] = {"uri": "../../etc/passwd"}
    data = glb_bytes(model.document, model.binary)
    source = tmp_path / "a.glb"
    source.write_bytes({"cut": data[:200], "json": data.replace(b'"asset"', b'"asset', 1)}.get(damage, data))
    assert stylize(source, tmp_path / "out.glb") == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert "a.glb" in lines[0]
    assert not (tmp_path / "out.glb").exists()


def test_no_bpy_is_needed(model: Model, tmp_path: Path) -> None:
    source = model.write(tmp_path / "a.glb")
    code = "import sys; sys.modules['bpy'] = None; from texture_stylizer.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "inspect", str(source)], capture_output=True, text=True
    )
    assert "paint" in done.stdout
