"""What is written is as whole as what was read: lengths, views, and images that others than materials use."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.gltf.models import Model, encoded, glb_bytes, split_glb, view_bytes
from tests.gltf.test_geometry import Square
from texture_stylizer.cli import main
from texture_stylizer.errors import BadInput
from texture_stylizer.gltf.container import parse_container
from texture_stylizer.gltf.faults import faults_of
from texture_stylizer.gltf.replace_images import Change, restyled_files
from texture_stylizer.gltf.used_images import find_gltf_textures

NEW = encoded(7, size=(50, 40))


def restyled(document: dict[str, Any], binary: bytes, *, new: bytes = NEW) -> bytes:
    """The .glb with its colour images replaced."""
    container = parse_container(Path("a.glb"), glb_bytes(document, binary))
    textures = find_gltf_textures(container)
    changes = [Change(texture, new) for texture in textures if texture.skipped is None]
    return restyled_files(container, changes, textures, "oil")[""]


def image_of(data: bytes, texture: int) -> bytes:
    document, _ = split_glb(data)
    return view_bytes(data, document["images"][document["textures"][texture]["source"]]["bufferView"])


def test_two_images_on_one_view_both_show_the_result() -> None:
    model = Square()
    document = model.document
    document["images"].append(dict(document["images"][0], name="twin"))
    document["textures"].append({"source": 2})
    document["materials"].append({"pbrMetallicRoughness": {"baseColorTexture": {"index": 2}}})
    before = glb_bytes(document, model.binary)
    after = restyled(document, model.binary)
    assert image_of(after, 0) == image_of(after, 2) == NEW
    for view in range(1, len(document["bufferViews"])):
        assert view_bytes(after, view) == view_bytes(before, view)


@pytest.mark.parametrize("other", ["normal", "accessor", "overlap"])
def test_a_view_that_something_else_needs_stays(other: str) -> None:
    model = Square()
    document = model.document
    if other == "normal":
        document["images"].append(dict(document["images"][0]))
        document["textures"].append({"source": 2})
        document["materials"][0]["normalTexture"] = {"index": 2}
    if other == "accessor":
        document["accessors"].append({"bufferView": 0, "componentType": 5121, "count": 9, "type": "SCALAR"})
    if other == "overlap":
        document["bufferViews"].append({"buffer": 0, "byteOffset": 8, "byteLength": 40})
    before = glb_bytes(document, model.binary)
    after = restyled(document, model.binary)
    assert view_bytes(after, 0) == view_bytes(before, 0)
    assert (
        image_of(
            after, split_glb(after)[0]["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["index"]
        )
        == NEW
    )
    assert faults_of(parse_container(Path("a.glb"), after), {}) == set()


@pytest.mark.parametrize("stated", [10, -3, 10**6])
def test_a_wrong_length_is_not_carried_on(stated: int) -> None:
    model = Square()
    model.document["buffers"][0]["byteLength"] = max(1, len(model.binary) + stated if stated < 0 else stated)
    document, binary = split_glb(restyled(model.document, model.binary))
    length = document["buffers"][0]["byteLength"]
    assert 0 <= len(binary) - length < 4
    assert all(view["byteOffset"] + view["byteLength"] <= length for view in document["bufferViews"])


@pytest.mark.parametrize("mode", ["MASK", "BLEND"])
def test_an_alpha_tested_material_is_replaced_in_place(mode: str) -> None:
    model = Square()
    model.document["materials"][0]["alphaMode"] = mode
    document, _ = split_glb(after := restyled(model.document, model.binary))
    assert len(document["images"]) == len(model.document["images"])
    assert view_bytes(after, 0) == NEW


def test_an_added_image_is_a_view_of_the_file() -> None:
    model = Square()
    model.document["materials"][0]["occlusionTexture"] = {"index": 0}
    document, _ = split_glb(after := restyled(model.document, model.binary))
    assert "uri" not in document["images"][-1]
    assert view_bytes(after, document["images"][-1]["bufferView"]) == NEW
    assert document["bufferViews"][-1]["byteOffset"] % 4 == 0
    assert view_bytes(after, 0) == view_bytes(glb_bytes(model.document, model.binary), 0)


def test_a_toon_materials_shade_shows_the_result_too() -> None:
    model = Square()
    toon = {"shadeMultiplyTexture": {"index": 0}, "matcapTexture": {"index": 1}}
    model.document["materials"][0]["extensions"] = {"VRMC_materials_mtoon": toon}
    document, _ = split_glb(after := restyled(model.document, model.binary))
    assert len(document["images"]) == 2
    assert view_bytes(after, 0) == NEW


def test_a_fallback_is_not_hidden_behind_the_old_ktx2() -> None:
    model = Square()
    model.document["images"].append({"bufferView": 2, "mimeType": "image/ktx2"})
    model.document["textures"][0]["extensions"] = {"KHR_texture_basisu": {"source": 2}}
    document, _ = split_glb(after := restyled(model.document, model.binary))
    color = document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    assert "extensions" not in document["textures"][color]
    assert image_of(after, color) == NEW


def test_what_vrm_0_says_of_a_material_follows() -> None:
    model = Square()
    model.document["materials"][0]["occlusionTexture"] = {"index": 0}
    properties = [{"name": "M", "textureProperties": {"_MainTex": 0, "_ShadeTexture": 0, "_BumpMap": 1}}]
    model.document["extensions"] = {"VRM": {"materialProperties": properties}}
    document, _ = split_glb(after := restyled(model.document, model.binary))
    found = document["extensions"]["VRM"]["materialProperties"][0]["textureProperties"]
    color = document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    assert found == {"_MainTex": color, "_ShadeTexture": color, "_BumpMap": 1}
    assert image_of(after, color) == NEW


@pytest.mark.parametrize(
    "extension",
    [
        {"VRM": {"meta": {"texture": 0}}},
        {"VRMC_vrm": {"meta": {"thumbnailImage": 0}}},
        {"EXT_lights_image_based": {"lights": [{"specularImages": [[1, 0]]}]}},
        {"UNKNOWN_sky": {"skyTexture": {"index": 0}}},
    ],
)
def test_users_of_an_image_outside_of_materials_keep_it(extension: dict[str, Any]) -> None:
    model = Square()
    model.document["extensions"] = extension
    before = glb_bytes(model.document, model.binary)
    document, _ = split_glb(after := restyled(model.document, model.binary))
    assert document["extensions"] == extension
    assert view_bytes(after, 0) == view_bytes(before, 0)
    assert (
        image_of(after, document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["index"]) == NEW
    )


def test_a_result_with_new_faults_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is the last line: here it is given a result that lost its end."""
    from texture_stylizer.gltf import replace_images as restyle

    whole = restyle.container_bytes
    monkeypatch.setattr(
        restyle, "container_bytes", lambda c, text, data: whole(c, text, data[: len(data) // 2])
    )
    with pytest.raises(BadInput, match="shorter than it says"):
        restyled(Square().document, Square().binary)


def test_sixteen_bits_stay(stylize, tmp_path: Path) -> None:
    import numpy as np

    out = io.BytesIO()
    Image.fromarray(np.arange(24 * 24, dtype=np.uint16).reshape(24, 24) * 100).save(out, "PNG")
    source = Model(out.getvalue(), encoded(1)).write(tmp_path / "a.glb")
    assert stylize(source, tmp_path / "out.glb") == 0
    assert view_bytes((tmp_path / "out.glb").read_bytes(), 0)[24] == 16


def test_a_format_that_gltf_cannot_hold_is_refused_by_name(stylize, tmp_path: Path, capsys) -> None:
    source = Model(encoded(0, "TGA"), encoded(1), "image/tga").write(tmp_path / "a.glb")
    assert stylize(source, tmp_path / "out.glb") == 1
    said = capsys.readouterr().err
    assert "paint: it is TGA, which glTF cannot hold" in said
    assert not (tmp_path / "out.glb").exists()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda d: d["meshes"][0].pop("primitives"), "meshes[0] has no primitives"),
        (lambda d: d["nodes"][0].update(mesh=5), "nodes[0].mesh is 5, but there are only 1 meshes"),
        (lambda d: d["bufferViews"][0].update(byteLength=1000.0), "bufferViews[0].byteLength is 1000.0"),
        (lambda d: d["asset"].update(version="1.0"), "it says that it is glTF 1.0"),
        (lambda d: d.update(materials={"a": {}}), "materials is {'a': {}}, but must be a list"),
    ],
)
def test_what_is_no_gltf_is_said(tmp_path: Path, capsys, damage, sentence: str) -> None:
    model = Model(encoded(0), encoded(1))
    damage(model.document)
    assert main(["inspect", str(model.write(tmp_path / "a.glb"))]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "a.glb" in line and sentence in line


def test_a_vrm_is_a_glb(stylize, tmp_path: Path) -> None:
    source = Model(encoded(0), encoded(1)).write(tmp_path / "a.vrm")
    assert stylize(source, tmp_path / "out.vrm") == 0
    assert (tmp_path / "out.vrm").read_bytes()[:4] == b"glTF"


def test_textures_in_a_folder_beside_the_models_come_below_the_result(stylize, tmp_path: Path) -> None:
    import json

    model = Model(encoded(0), encoded(1))
    for name, data in (
        ("models/a.bin", model.binary),
        ("textures/x.png", encoded(0)),
        ("textures/n.png", encoded(1)),
    ):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_bytes(data)
    model.document["buffers"][0]["uri"] = "a.bin"
    model.document["images"] = [{"uri": "..\\textures\\x.png"}, {"uri": "../textures/n.png"}]
    (tmp_path / "tree" / "models" / "a.gltf").write_text(json.dumps(model.document))
    assert stylize(tmp_path / "tree" / "models" / "a.gltf", tmp_path / "out", "--variant", "oil") == 0
    document = json.loads((tmp_path / "out" / "a.gltf").read_text())
    assert [image["uri"] for image in document["images"]] == ["textures/x_oil.png", "textures/n.png"]
    assert (tmp_path / "out" / "textures" / "n.png").read_bytes() == encoded(1)
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "out", "style.png"}


@pytest.mark.parametrize(
    "uri", ["../../x.png", "/etc/passwd", "C:\\x.png", "file:///x.png", "a/../../../x.png", "a%00b"]
)
def test_uris_that_lead_elsewhere_are_refused(tmp_path: Path, capsys, uri: str) -> None:
    model = Model(encoded(0), encoded(1))
    model.document["images"][0] = {"uri": uri}
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    (tmp_path / "a" / "x.png").write_bytes(encoded(0))
    assert main(["inspect", str(model.write(folder / "a.glb")), "--json"]) == 0
    assert "the URI" in capsys.readouterr().out
