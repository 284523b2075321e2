"""Which UV map of a mesh is meant, and how a node tree moves it before an image takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cursor import Cursor, inputs_behind, sources

Transform = tuple[tuple[float, float, float], tuple[float, float, float]]
UNMOVED: Transform = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
_LONGEST_CHAIN = 200
_HANDS_ON = ("REROUTE", "GROUP", "GROUP_INPUT")


@dataclass(frozen=True)
class UvPlace:
    """Where an image lies on a mesh: the UV map, "" for the one that renders, and the affine map, (2, 3) by
    rows, from its UVs into the image."""

    uv_map: str
    transform: Transform = UNMOVED


def render_uv_map(object_: Any) -> str | None:
    """Name of the UV map that the renderer uses where a node names none; None when there is no map."""
    layers = object_.data.uv_layers
    return next((layer.name for layer in layers if layer.active_render), None)


def uv_place(node: Any, groups: tuple[Any, ...] = ()) -> UvPlace | None:
    """The place that an image node takes, through mappings, groups and reroutes; None for anything but a UV
    map that is moved, turned and scaled.

    groups: the group nodes that lead to the node's tree.
    """
    from mathutils import Matrix

    if node.projection != "FLAT" or not _is_unmoved(node.texture_mapping):
        return None
    moved = Matrix.Identity(4)
    cursor = Cursor(node.inputs["Vector"], groups, None)
    for step in range(_LONGEST_CHAIN):
        found = list(sources(cursor))
        if not found:
            # Only the image node itself takes the rendered map of its own accord.
            return UvPlace("", _flat(moved)) if step == 0 else None
        source = found[0]
        uv_map = None if source.node.mute else _named_map(source)
        if uv_map is not None:
            return UvPlace(uv_map, _flat(moved))
        at, change = _step_back(source, cursor)
        if at is None or change is None:
            return None
        cursor, moved = at, moved @ change
    return None


def _named_map(source: Any) -> str | None:
    """The UV map that a node gives out as it is; None when it is no such node."""
    node = source.node
    if node.bl_idname == "ShaderNodeUVMap" and not node.from_instancer:
        return node.uv_map
    if node.bl_idname == "ShaderNodeTexCoord" and source.identifier == "UV" and not node.from_instancer:
        return ""
    if node.bl_idname == "ShaderNodeAttribute" and source.name == "Vector":
        return node.attribute_name if node.attribute_type == "GEOMETRY" and node.attribute_name else None
    return None


def _step_back(source: Any, cursor: Cursor) -> tuple[Cursor | None, Any]:
    """The socket behind an output, and the matrix from its value to the output's; None for what is neither
    handed on nor affine."""
    from mathutils import Matrix

    node = source.node
    if node.mute or node.type in _HANDS_ON:
        behind = list(inputs_behind(source, cursor))
        return (behind[0], Matrix.Identity(4)) if len(behind) == 1 else (None, None)
    if node.bl_idname == "ShaderNodeMapping":
        return Cursor(node.inputs["Vector"], cursor.groups, None), _mapping_matrix(node)
    if node.bl_idname == "ShaderNodeVectorMath":
        linked = [socket for socket in node.inputs if socket.enabled and socket.links]
        if len(linked) == 1:
            return Cursor(linked[0], cursor.groups, None), _vector_math_matrix(node, linked[0])
    return None, None


def _mapping_matrix(node: Any) -> Any | None:
    """What a Mapping node does, as (4, 4); None where its values are linked, or it is no affine map."""
    from mathutils import Euler, Matrix

    constants = [node.inputs[name] for name in ("Location", "Rotation", "Scale")]
    if any(socket.enabled and socket.links for socket in constants):
        return None
    location, rotation, scale = (tuple(socket.default_value) for socket in constants)
    if node.vector_type == "NORMAL":
        return None
    if node.vector_type == "VECTOR":
        location = (0.0, 0.0, 0.0)
    matrix = Matrix.LocRotScale(location, Euler(rotation), scale)
    if node.vector_type == "TEXTURE":
        return matrix.inverted(None)
    return matrix


def _vector_math_matrix(node: Any, linked: Any) -> Any | None:
    """What a Vector Math node of one linked input does, as (4, 4); None where that is not affine."""
    from mathutils import Matrix

    enabled = [socket for socket in node.inputs if socket.enabled]
    others = [socket.default_value for socket in enabled if socket != linked]
    first = linked == enabled[0]
    if node.operation == "ADD":
        return Matrix.Translation(others[0])
    if node.operation == "SUBTRACT":
        return Matrix.Translation([-x for x in others[0]]) if first else None
    if node.operation == "MULTIPLY":
        return Matrix.Diagonal((*others[0], 1.0))
    if node.operation == "SCALE" and first:
        return Matrix.Diagonal((others[0], others[0], others[0], 1.0))
    if node.operation == "MULTIPLY_ADD" and first:
        return Matrix.Translation(others[1]) @ Matrix.Diagonal((*others[0], 1.0))
    return None


def _flat(matrix: Any) -> Transform:
    """The part of a (4, 4) matrix that moves U and V, which lie at a height of 0."""
    (a, b, _, c), (d, e, _, f) = matrix[0], matrix[1]
    return (a, b, c), (d, e, f)


def _is_unmoved(mapping: Any) -> bool:
    """Whether the old mapping within an image node does nothing."""
    axes = (mapping.mapping_x, mapping.mapping_y, mapping.mapping_z) == ("X", "Y", "Z")
    return (
        axes
        and not any(mapping.translation)
        and not any(mapping.rotation)
        and tuple(mapping.scale) == (1.0, 1.0, 1.0)
    )
