"""Normal and roughness maps of a .glb that follow its base colour."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.gltf.models import Model, encoded, split_glb, view_bytes
from tests.gltf.test_validator import validate  # noqa: F401


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.fixture
def packed(model: Model) -> Model:
    """The model, whose second image is occlusion, roughness and metallic, and which has no normal map."""
    material = model.document["materials"][0]
    del material["normalTexture"]
    material["pbrMetallicRoughness"]["metallicRoughnessTexture"] = {"index": 1}
    material["occlusionTexture"] = {"index": 1}
    uvs = np.float32([[0, 0], [1, 0], [0, 1]]).tobytes()
    model.binary += b"\0" * (-len(model.binary) % 4)
    view = {"buffer": 0, "byteOffset": len(model.binary), "byteLength": len(uvs)}
    model.document["bufferViews"].append(view)
    model.binary += uvs
    model.document["buffers"][0]["byteLength"] = len(model.binary)
    accessor = {"bufferView": 3, "componentType": 5126, "count": 3, "type": "VEC2"}
    model.document["accessors"].append(accessor)
    model.document["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = 1
    return model


def test_the_normal_map_follows_and_keeps_its_size(model: Model, stylize, tmp_path: Path) -> None:
    source = model.write(tmp_path / "in.glb")
    assert stylize(source, tmp_path / "out.glb", "--relief", "1") == 0
    before, after = (pixels(view_bytes(path.read_bytes(), 2)) for path in (source, tmp_path / "out.glb"))
    assert before.shape == after.shape
    assert not np.array_equal(before, after)
    length = np.linalg.norm(after / 255 * 2 - 1, axis=2)
    assert np.abs(length - 1).max() < 0.03


def test_without_relief_the_normal_map_keeps_every_byte(model: Model, stylize, tmp_path: Path) -> None:
    source = model.write(tmp_path / "in.glb")
    assert stylize(source, tmp_path / "out.glb") == 0
    assert view_bytes(source.read_bytes(), 2) == view_bytes((tmp_path / "out.glb").read_bytes(), 2)


def test_a_material_without_one_gets_a_normal_map_where_its_colour_lies(
    packed: Model, stylize, tmp_path: Path
) -> None:
    moved = {"KHR_texture_transform": {"scale": [2.0, 2.0]}}
    color = packed.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]
    color |= {"texCoord": 0, "extensions": moved}
    packed.document["extensionsUsed"] = ["KHR_texture_transform"]
    source = packed.write(tmp_path / "in.glb")
    assert stylize(source, tmp_path / "out.glb", "--relief", "0.5") == 0
    document, _ = split_glb((tmp_path / "out.glb").read_bytes())
    normal = document["materials"][0]["normalTexture"]
    assert normal["texCoord"] == 0
    assert normal["extensions"] == moved
    image = document["images"][document["textures"][normal["index"]]["source"]]
    made = pixels(view_bytes((tmp_path / "out.glb").read_bytes(), image["bufferView"]))
    assert made.shape == (21, 33, 3)
    assert made[..., 2].mean() > 200


def test_of_a_packed_map_green_alone_is_written(packed: Model, stylize, tmp_path: Path) -> None:
    source = packed.write(tmp_path / "in.glb")
    assert stylize(source, tmp_path / "out.glb", "--roughness-follow", "1") == 0
    before = pixels(view_bytes(source.read_bytes(), 2))
    document, _ = split_glb((tmp_path / "out.glb").read_bytes())
    material = document["materials"][0]
    rough = material["pbrMetallicRoughness"]["metallicRoughnessTexture"]["index"]
    view = document["images"][document["textures"][rough]["source"]]["bufferView"]
    after = pixels(view_bytes((tmp_path / "out.glb").read_bytes(), view))
    assert np.array_equal(before[..., [0, 2]], after[..., [0, 2]])
    assert not np.array_equal(before[..., 1], after[..., 1])


def test_one_normal_map_beside_two_colours_follows_each(model: Model, stylize, tmp_path: Path) -> None:
    """The materials share their normal map and have colours of their own."""
    third = encoded(5)
    document = model.document
    model.binary += b"\0" * (-len(model.binary) % 4)
    view = {"buffer": 0, "byteOffset": len(model.binary), "byteLength": len(third)}
    document["bufferViews"].append(view)
    model.binary += third
    document["buffers"][0]["byteLength"] = len(model.binary)
    document["images"].append({"name": "other", "bufferView": 3, "mimeType": "image/png"})
    document["textures"].append({"source": 2})
    second = {"name": "N", "pbrMetallicRoughness": {"baseColorTexture": {"index": 2}}}
    document["materials"].append(second | {"normalTexture": {"index": 1}})
    document["meshes"][0]["primitives"].append({"attributes": {"POSITION": 0}, "material": 1})
    source = model.write(tmp_path / "in.glb")
    assert stylize(source, tmp_path / "out.glb", "--relief", "1") == 0
    made, _ = split_glb((tmp_path / "out.glb").read_bytes())
    views = [
        made["images"][made["textures"][material["normalTexture"]["index"]]["source"]]["bufferView"]
        for material in made["materials"]
    ]
    one, two = (pixels(view_bytes((tmp_path / "out.glb").read_bytes(), view)) for view in views)
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, pixels(view_bytes(source.read_bytes(), 2)))


def test_the_validator_finds_nothing_new(packed: Model, stylize, validate, tmp_path: Path) -> None:  # noqa: F811
    source = packed.write(tmp_path / "in.glb")
    assert stylize(source, tmp_path / "out.glb", "--relief", "1", "--roughness-follow", "1") == 0
    new = validate(tmp_path / "out.glb") - validate(source)
    # Tangents are the viewer's to make, by MikkTSpace, as the specification wants it.
    assert {code for code, _ in new} <= {"MESH_PRIMITIVE_GENERATED_TANGENT_SPACE"}
