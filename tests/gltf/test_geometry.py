"""The faces behind a glTF's texture, wherever and however the file keeps them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.gltf.models import Model, encoded, view_bytes
from texture_stylizer.gltf.container import read_container
from texture_stylizer.gltf.geometry import meshes_showing
from texture_stylizer.gltf.used_images import find_gltf_textures
from texture_stylizer.jobs.mesh_file import Triangles, read_triangles, save_meshes

SQUARE = np.float32([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
UVS = np.float32([[0.25, 0.5], [0.75, 0.5], [0.75, 0.125], [0.25, 0.125]])
ORDER = np.uint16([0, 1, 2, 0, 2, 3])


class Square(Model):
    """A square of two triangles with UVs; `append` adds further numbers."""

    def __init__(self, order: np.ndarray = ORDER) -> None:
        super().__init__(encoded(0, size=(64, 48)), encoded(1))
        primitive: dict[str, Any] = {"attributes": {}, "material": 0}
        primitive["attributes"]["POSITION"] = self.append(SQUARE, "VEC3")
        primitive["attributes"]["TEXCOORD_0"] = self.append(UVS, "VEC2")
        primitive["indices"] = self.append(order, "SCALAR")
        self.document["meshes"] = [{"primitives": [primitive]}]

    @property
    def primitive(self) -> dict[str, Any]:
        return self.document["meshes"][0]["primitives"][0]

    @property
    def color_slot(self) -> dict[str, Any]:
        return self.document["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]

    def append(self, numbers: np.ndarray, kind: str, **more: Any) -> int:
        """Add an accessor. Returns its number."""
        self.binary += b"\0" * (-len(self.binary) % 4)
        views, accessors = self.document["bufferViews"], self.document["accessors"]
        views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": numbers.nbytes})
        self.binary += numbers.tobytes()
        self.document["buffers"][0]["byteLength"] = len(self.binary)
        codes = {"f4": 5126, "u2": 5123, "u1": 5121, "i2": 5122, "u4": 5125}
        code = codes[numbers.dtype.str[1:]]
        accessors.append({"bufferView": len(views) - 1, "componentType": code, "count": len(numbers)})
        accessors[-1] |= {"type": kind} | more
        return len(accessors) - 1


def triangles_of(model: Model, folder: Path) -> Triangles:
    container = read_container(model.write(folder / "model.glb"))
    color = [texture for texture in find_gltf_textures(container) if texture.role == "base_color"]
    path = folder / "meshes.npz"
    save_meshes(path, meshes_showing(container, color))
    found = read_triangles(path)
    assert found is not None
    return found


def bounds(uvs: np.ndarray) -> list[float]:
    return [*uvs.min(axis=(0, 1)).round(5).tolist(), *uvs.max(axis=(0, 1)).round(5).tolist()]


def test_v_is_upward_and_areas_are_those_of_the_faces(tmp_path: Path) -> None:
    found = triangles_of(Square(), tmp_path)
    assert bounds(found.uvs) == [0.25, 0.5, 0.75, 0.875]
    assert found.areas.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(("mode", "order"), [(5, [0, 1, 3, 2]), (6, [0, 1, 2, 3])])
def test_strips_and_fans_are_triangles_of_one_sense(tmp_path: Path, mode: int, order: list[int]) -> None:
    model = Square(np.uint16(order))
    model.primitive["mode"] = mode
    found = triangles_of(model, tmp_path)
    first, second = (corners[1:] - corners[0] for corners in found.uvs)
    assert found.areas.sum() == 1.0
    assert np.linalg.det(first) * np.linalg.det(second) > 0


def test_points_and_lines_show_nothing(tmp_path: Path) -> None:
    model = Square()
    model.document["meshes"][0]["primitives"].append(model.primitive | {"mode": 1})
    assert len(triangles_of(model, tmp_path).uvs) == 2


def test_nodes_are_placed_by_those_above_them(tmp_path: Path) -> None:
    model = Square()
    model.document["nodes"] = [
        {"children": [1], "scale": [2, 2, 2]},
        {"mesh": 0, "rotation": [0, 0, 0.5**0.5, 0.5**0.5]},
        {"mesh": 0, "matrix": [3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 9, 9, 9, 1]},
    ]
    assert sorted(triangles_of(model, tmp_path).areas.round(5).tolist()) == [1.5, 1.5, 2.0, 2.0]


def test_up_in_the_map_is_up_in_space(tmp_path: Path) -> None:
    """glTF's Y is up; the square stands, and its map does not lie on its side."""
    for up in triangles_of(Square(), tmp_path).ups:
        assert up[1] > 0 and abs(up[0]) < 1e-6


def test_vertices_split_along_a_seam_are_one(tmp_path: Path) -> None:
    model = Square()
    split = np.float32(SQUARE[[0, 1, 2, 0, 2, 3]])
    apart = UVS[[0, 1, 2, 0, 2, 3]] + np.float32([[0, 0]] * 3 + [[0.1, 0.1]] * 3)
    model.primitive["attributes"] = {
        "POSITION": model.append(split, "VEC3"),
        "TEXCOORD_0": model.append(apart, "VEC2"),
    }
    del model.primitive["indices"]
    assert len(np.unique(triangles_of(model, tmp_path).vertices)) == 4


def test_primitives_of_a_mesh_are_one_surface(tmp_path: Path) -> None:
    model = Square()
    parts = [model.append(part, "SCALAR") for part in (ORDER[:3], ORDER[3:])]
    halves = [model.primitive | {"indices": part} for part in parts]
    model.document["meshes"][0]["primitives"] = halves
    found = triangles_of(model, tmp_path)
    assert len(found.uvs) == 2 and len(np.unique(found.vertices)) == 4


def test_a_face_counts_once_whatever_variants_show_it(tmp_path: Path) -> None:
    model = Square()
    model.document["materials"].append(dict(model.document["materials"][0], name="other"))
    model.primitive["extensions"] = {
        "KHR_materials_variants": {"mappings": [{"material": 1, "variants": [0]}]}
    }
    assert len(triangles_of(model, tmp_path).uvs) == 2


def test_quantised_and_sparse_numbers(tmp_path: Path) -> None:
    model = Square()
    rounded = model.append(np.rint(UVS * 65535).astype("<u2"), "VEC2", normalized=True)
    model.primitive["attributes"]["TEXCOORD_0"] = rounded
    places, values = model.append(np.uint16([2]), "SCALAR"), model.append(np.float32([[2, 2, 0]]), "VEC3")
    views = [model.document["accessors"][number]["bufferView"] for number in (places, values)]
    model.document["accessors"][model.primitive["attributes"]["POSITION"]]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": views[0], "componentType": 5123},
        "values": {"bufferView": views[1]},
    }
    found = triangles_of(model, tmp_path)
    assert found.areas.tolist() == [1.0, 1.0]
    assert np.allclose(bounds(found.uvs), [0.25, 0.5, 0.75, 0.875], atol=1e-5)


def test_a_material_without_faces_has_none(tmp_path: Path) -> None:
    model = Square()
    model.primitive["material"] = 1
    model.document["materials"].append({"name": "plain"})
    container = read_container(model.write(tmp_path / "model.glb"))
    assert meshes_showing(container, find_gltf_textures(container)) == {}


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda m: m.primitive["attributes"].pop("TEXCOORD_0"), "has no UVs"),
        (lambda m: m.document["accessors"][1].update(count=4000), "is damaged"),
        (lambda m: m.document["bufferViews"][3].update(byteOffset=10**9), "is damaged"),
        (lambda m: m.primitive["attributes"].pop("POSITION"), "is damaged"),
        (lambda m: m.primitive.update(indices=99), "is damaged"),
        (lambda m: m.document["nodes"][0].update(children=[7]), "is damaged"),
        (lambda m: m.document["nodes"][0].update(rotation="none"), "is damaged"),
        (lambda m: m.primitive.update(extensions={"KHR_draco_mesh_compression": {}}), "compressed as Draco"),
        (
            lambda m: m.document["bufferViews"][3].update(extensions={"EXT_meshopt_compression": {}}),
            "compressed as meshopt",
        ),
    ],
)
def test_faces_that_cannot_be_read_leave_a_flat_picture(
    stylize, tmp_path: Path, capsys, damage, reason
) -> None:
    model = Square()
    damage(model)
    assert stylize(model.write(tmp_path / "a.glb"), tmp_path / "out.glb") == 0
    said = capsys.readouterr().err
    assert said.count("warning:") == 1 and reason in said and "paint" in said


def test_unused_texels_stay_on_wish_and_used_ones_change(stylize, tmp_path: Path) -> None:
    model = Square()
    source, target = model.write(tmp_path / "a.glb"), tmp_path / "out.glb"
    assert stylize(source, target, "--keep-unused") == 0
    before, after = (
        np.asarray(Image.open(io.BytesIO(view_bytes(path.read_bytes(), 0)))) for path in (source, target)
    )
    height, width = before.shape[:2]
    used = np.zeros((height, width), dtype=bool)
    used[int(0.15 * height) : int(0.45 * height), int(0.3 * width) : int(0.7 * width)] = True
    assert (before[used] != after[used]).mean() > 0.5
    assert np.array_equal(before[-4:], after[-4:])


@pytest.mark.parametrize(
    "transform",
    [
        {"offset": [0.1, 0.2]},
        {"scale": [0.5, 2.0]},
        {"rotation": 0.7},
        {"offset": [0.1, 0.2], "scale": [0.5, 0.75], "rotation": -0.4, "texCoord": 0},
    ],
)
def test_a_texture_transform_is_blenders(transform: dict[str, Any], tmp_path: Path) -> None:
    """Blender's importer makes a Mapping node of it: both place the same texels on the faces."""
    bpy = pytest.importorskip("bpy")
    model = Square()
    model.color_slot["extensions"] = {"KHR_texture_transform": transform}
    model.document["extensionsUsed"] = ["KHR_texture_transform"]
    found = triangles_of(model, tmp_path)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.import_scene.gltf(filepath=str(tmp_path / "model.glb"))
    nodes = bpy.data.materials["M"].node_tree.nodes
    mapping = next(node for node in nodes if node.type == "MAPPING")
    location, rotation, scale = (
        np.array(mapping.inputs[name].default_value) for name in ("Location", "Rotation", "Scale")
    )
    plain = np.column_stack([UVS[:, 0], 1 - UVS[:, 1]]) * scale[:2]
    cosine, sine = np.cos(rotation[2]), np.sin(rotation[2])
    expected = plain @ np.array([[cosine, sine], [-sine, cosine]]) + location[:2]
    assert np.allclose(found.uvs.reshape(-1, 2), expected[ORDER], atol=1e-5)
