"""The faces of a glTF file that show an image, as `jobs.mesh_file` reads them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from ..jobs.mesh_file import MARKS
from .accessors import Accessors
from .container import Container
from .used_images import GltfTexture

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_COMPRESSED = {
    "KHR_draco_mesh_compression": "Draco",
    "EXT_meshopt_compression": "meshopt",
    "KHR_meshopt_compression": "meshopt",
}

Arrays = dict[str, NDArray[Any]]


class UvSet(NamedTuple):
    """Which UVs a texture takes, and the affine map (2, 3) from these into the image."""

    number: int
    transform: tuple[tuple[float, ...], ...]


def meshes_showing(
    container: Container, textures: Iterable[GltfTexture], marked: Sequence[str] = ()
) -> Arrays:
    """The arrays of `jobs.mesh_file.ARRAYS` of every node with faces that show one of the textures; and where
    materials are to be `marked`, by name, `MARKS` with 1 in the column of each face's.

    Raises BadInput, saying why, where the faces cannot be read.
    """
    try:
        return _meshes_showing(container, textures, marked)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, MemoryError) as reason:
        raise BadInput("a mesh that shows it is damaged") from reason


def _meshes_showing(container: Container, textures: Iterable[GltfTexture], marked: Sequence[str]) -> Arrays:
    document, accessors = container.document.value, Accessors(container)
    uv_sets: dict[int, list[UvSet]] = {}
    for slot in (slot for texture in textures for slot in texture.slots):
        found = uv_set(document, slot.path[:-1])
        if found not in uv_sets.setdefault(slot.material, []):
            uv_sets[slot.material].append(found)
    arrays: Arrays = {}
    number = 0
    for mesh, matrix in _placed_meshes(document):
        parts = [
            faces
            for primitive in document["meshes"][mesh]["primitives"]
            # Materials of variants often share their UVs; a face counts once.
            for found in dict.fromkeys(each for m in materials_of(primitive) for each in uv_sets.get(m, ()))
            if (faces := _faces(document, accessors, primitive, found, marked)) is not None
        ]
        if parts:
            joined = _joined(parts) | {"matrix": matrix}
            arrays |= {f"{key}.{number}": array for key, array in joined.items()}
            number += 1
    return arrays


def _joined(parts: list[Arrays]) -> Arrays:
    """The primitives of a mesh as one, so that the surface goes on from one material to the next."""
    vertices = np.cumsum([0] + [len(part["positions"]) for part in parts])
    corners = np.cumsum([0] + [len(part["corners"]) for part in parts])
    whole = [name for name in parts[0] if name not in ("corners", "starts")]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in whole}
    for name, firsts in (("corners", vertices), ("starts", corners)):
        moved = [part[name] + first for part, first in zip(parts, firsts, strict=False)]
        arrays[name] = np.concatenate(moved)
    return arrays


def _faces(
    document: dict[str, Any],
    accessors: Accessors,
    primitive: dict[str, Any],
    uv_set: UvSet,
    marked: Sequence[str] = (),
) -> Arrays | None:
    """One primitive's triangles; None for points and lines."""
    mode = primitive.get("mode", _TRIANGLES)
    if mode not in (_TRIANGLES, _STRIP, _FAN):
        return None
    _refuse_compression(document, primitive)
    attributes = primitive["attributes"]
    if f"TEXCOORD_{uv_set.number}" not in attributes:
        raise BadInput("a mesh that shows it has no UVs for it")
    positions = accessors.read(attributes["POSITION"])
    uvs = accessors.read(attributes[f"TEXCOORD_{uv_set.number}"])
    if "indices" in primitive:
        order = accessors.read(primitive["indices"]).astype(np.int64)[:, 0]
    else:
        order = np.arange(len(positions))
    if positions.shape[1] != 3 or uvs.shape[1] != 2:
        raise ValueError("positions or UVs have other components")
    if len(uvs) != len(positions) or (len(order) and order.max() >= len(positions)):
        raise ValueError("UVs or corners do not fit the vertices")
    corners = _as_triangles(order, mode)
    transform = np.array(uv_set.transform)
    placed = uvs[corners] @ transform[:, :2].T + transform[:, 2]
    # Blender and this project count V upward.
    placed[:, 1] = 1.0 - placed[:, 1]
    count = len(corners) // 3
    return {
        **_marks_of(document, primitive, marked, 3 * count),
        "uvs": placed,
        "corners": corners,
        "starts": 3 * np.arange(count),
        "chosen": np.ones(count, dtype=bool),
        "positions": positions,
    }


def _marks_of(
    document: dict[str, Any], primitive: dict[str, Any], marked: Sequence[str], corners: int
) -> Arrays:
    """1 at every corner in the columns of those `marked` materials that a primitive has."""
    if not marked:
        return {}
    names = {document["materials"][number].get("name") for number in materials_of(primitive)}
    marks = np.array([name in names for name in marked], dtype=np.float32)
    return {MARKS: np.broadcast_to(marks, (corners, len(marked))).copy()}


def _as_triangles(order: NDArray[np.int64], mode: int) -> NDArray[np.int64]:
    """Vertex numbers, three for each triangle."""
    if mode == _TRIANGLES:
        return order[: len(order) // 3 * 3]
    count = max(0, len(order) - 2)
    each = np.arange(count)
    if mode == _FAN:
        return order[np.stack([np.zeros_like(each), each + 1, each + 2], axis=1)].reshape(-1)
    # Every second triangle of a strip is turned round, so that all face the same way.
    odd = each % 2
    return order[np.stack([each, each + 1 + odd, each + 2 - odd], axis=1)].reshape(-1)


def _refuse_compression(document: dict[str, Any], primitive: dict[str, Any]) -> None:
    numbers = [*primitive["attributes"].values(), primitive.get("indices")]
    accessors = [document["accessors"][number] for number in numbers if number is not None]
    views = [document["bufferViews"][a["bufferView"]] for a in accessors if "bufferView" in a]
    for holder in (primitive, *views):
        for extension in holder.get("extensions", {}):
            if extension in _COMPRESSED:
                raise BadInput(f"its mesh is compressed as {_COMPRESSED[extension]}")


def uv_set(document: dict[str, Any], path: tuple[Any, ...]) -> UvSet:
    """The UVs of a `textureInfo`, moved by KHR_texture_transform where it has one; VRM 0 has but one set."""
    info: Any = document
    for key in path:
        info = info[key]
    if path[0] == "extensions":
        info = {}
    moved = info.get("extensions", {}).get("KHR_texture_transform", {})
    scale, offset = moved.get("scale", (1.0, 1.0)), moved.get("offset", (0.0, 0.0))
    cosine, sine = math.cos(moved.get("rotation", 0.0)), math.sin(moved.get("rotation", 0.0))
    # Counter-clockwise as one sees it: V is downward in glTF.
    transform = (
        (cosine * scale[0], sine * scale[1], offset[0]),
        (-sine * scale[0], cosine * scale[1], offset[1]),
    )
    return UvSet(moved.get("texCoord", info.get("texCoord", 0)), transform)


def materials_of(primitive: dict[str, Any]) -> list[int]:
    """The material of a primitive, and those that its variants have."""
    variants = primitive.get("extensions", {}).get("KHR_materials_variants", {})
    found = [primitive.get("material"), *(m.get("material") for m in variants.get("mappings", []))]
    return list(dict.fromkeys(material for material in found if material is not None))


def _placed_meshes(document: dict[str, Any]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Every node's mesh with its matrix to Blender's world space, where Z is upward."""
    nodes = document.get("nodes", [])
    children = {child for node in nodes for child in node.get("children", [])}
    upward = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    waiting = [(index, upward) for index in range(len(nodes)) if index not in children]
    seen: set[int] = set()
    while waiting:
        index, parent = waiting.pop()
        if index in seen:
            continue
        seen.add(index)
        matrix = parent @ _local_matrix(nodes[index])
        if "mesh" in nodes[index]:
            yield nodes[index]["mesh"], matrix
        waiting += [(child, matrix) for child in nodes[index].get("children", [])]


def _local_matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    """A node's matrix, or the product of its translation, rotation (a quaternion x, y, z, w) and scale."""
    if "matrix" in node:
        return np.array(node["matrix"], dtype=float).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    rotation = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(rotation) * np.array(node.get("scale", (1.0, 1.0, 1.0)))
    matrix[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return matrix
