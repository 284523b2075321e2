"""Why an image on a colour's way is data all the same: it is looked up by shading, or blended in as a map."""

from __future__ import annotations

from typing import Any, Literal

from ...settings import COLOR_ROLES
from .cursor import Cursor, inputs_behind, sources
from .roles import is_named_as_blended_map
from .uv_maps import UvPlace, uv_place

Kind = Literal["shading", "place"]

_SHADING_NODES = {
    "ShaderNodeShaderToRGB",
    "ShaderNodeFresnel",
    "ShaderNodeLayerWeight",
    "ShaderNodeLightPath",
    "ShaderNodeNormal",
    "ShaderNodeNormalMap",
    "ShaderNodeBump",
    "ShaderNodeTangent",
    "ShaderNodeAmbientOcclusion",
}
_SHADING_OUTPUTS = {
    "ShaderNodeNewGeometry": {"Normal", "True Normal", "Incoming", "Tangent", "Pointiness", "Backfacing"},
    "ShaderNodeTexCoord": {"Normal", "Reflection"},
}
_PLACE_NODES = {"ShaderNodeNewGeometry", "ShaderNodeTexCoord", "ShaderNodeUVMap", "ShaderNodeAttribute"}
_MOST_SOURCES = 500


def is_looked_up_by_shading(node: Any, groups: tuple[Any, ...]) -> bool:
    """Whether light, view or normals say which texel of an image is taken, and no place on the surface."""
    start = Cursor(node.inputs["Vector"], groups, "other")
    kinds: set[Kind] = set()
    for source in sources(start):
        kinds |= _kinds(source, start, set())
    return kinds == {"shading"}


def _kinds(source: Any, cursor: Cursor, seen: set[Any]) -> set[Kind]:
    """What a value comes from in the end."""
    node = source.node
    key = (cursor.group_names, node.name, source.identifier)
    if key in seen or len(seen) > _MOST_SOURCES:
        return set()
    seen.add(key)
    if not node.mute:
        if node.bl_idname in _SHADING_NODES or source.name in _SHADING_OUTPUTS.get(node.bl_idname, ()):
            return {"shading"}
        if node.bl_idname in _PLACE_NODES:
            return {"place"}
        # The numbers of a texture are no place, but the places that it names are.
        if node.bl_idname.startswith("ShaderNodeTex") and source.name != "Position":
            return set()
    found: set[Kind] = set()
    for behind in inputs_behind(source, cursor):
        if behind.socket.name not in ("Factor", "Fac"):
            for further in sources(behind):
                found |= _kinds(further, behind, seen)
    is_angle = node.bl_idname == "ShaderNodeVectorMath" and node.operation == "DOT_PRODUCT"
    return {"shading"} if is_angle and "shading" in found else found


def is_blended_data(node: Any, cursor: Cursor, rendered_uv_map: str) -> bool:
    """Whether an image is multiplied into a colour, or the like, as ambient occlusion or a light map is.

    Non-Color or a name alone do not decide: there are base colours that have either.
    """
    if not cursor.blends:
        return False
    as_data, named = _is_non_color(node.image), is_named_as_blended_map(node.image.name)
    if as_data and named:
        return True
    own_map = _uv_map(node, cursor.groups, rendered_uv_map)
    for blend in cursor.blends:
        for other, groups in _images_behind(blend.partners):
            if other.image == node.image or is_looked_up_by_shading(other, groups):
                continue
            if (as_data or named) and (blend.is_second or not _is_non_color(other.image)):
                return True
            other_map = _uv_map(other, groups, rendered_uv_map)
            if None not in (own_map, other_map) and own_map != other_map and own_map != rendered_uv_map:
                return True
    return False


def _is_non_color(image: Any) -> bool:
    return image.colorspace_settings.is_data


def _uv_map(node: Any, groups: tuple[Any, ...], rendered_uv_map: str) -> str | None:
    place: UvPlace | None = uv_place(node, groups)
    return None if place is None else place.uv_map or rendered_uv_map


def _images_behind(partners: tuple[Cursor, ...]) -> list[tuple[Any, tuple[Any, ...]]]:
    """The image nodes whose colours a blend's other inputs show, with the groups that they are in."""
    found: dict[tuple[Any, ...], tuple[Any, tuple[Any, ...]]] = {}
    seen = set()
    waiting = list(partners)
    while waiting:
        cursor = waiting.pop()
        for source in sources(cursor):
            key = (cursor.group_names, source.node.name, source.identifier, cursor.role)
            if key in seen or len(seen) > _MOST_SOURCES:
                continue
            seen.add(key)
            node = source.node
            if node.bl_idname == "ShaderNodeTexImage" and node.image is not None and not node.mute:
                found[cursor.group_names, node.name] = node, cursor.groups
            waiting += [behind for behind in inputs_behind(source, cursor) if behind.role in COLOR_ROLES]
    return list(found.values())
