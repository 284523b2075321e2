"""Normal and roughness maps of a material: the way from the shader to the image, where it is understood."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...descriptions import MapKind
from .cursor import Cursor, inputs_behind, sources
from .roles import is_separating
from .walk import leaf_shaders, nodes_at

_LONGEST_CHAIN = 200
_HANDS_ON = ("REROUTE", "GROUP", "GROUP_INPUT")
_RED, _GREEN, _BLUE = range(3)


@dataclass(frozen=True)
class DataMap:
    """An image in a data role.

    path: the group nodes to enter and the image node, by name. green_down: the tree turns green over before
    the Normal Map node, since the map is in DirectX' convention. channel: the one that roughness is taken
    from; None for the image as a whole. tangents: the UV map that a Normal Map node names, or "".
    """

    path: tuple[str, ...]
    kind: MapKind
    green_down: bool = False
    channel: int | None = None
    tangents: str = ""


@dataclass(frozen=True)
class OpenNormal:
    """A shader, or a Bump node before it, whose Normal nothing is linked to: the names on the way to it."""

    path: tuple[str, ...]


@dataclass(frozen=True)
class UnknownWay:
    """Nodes between a shader and its map that a change of the map cannot be followed through."""

    sentence: str


Found = DataMap | OpenNormal | UnknownWay


def data_maps(material: Any, engine: str, kinds: tuple[MapKind, ...]) -> list[Found]:
    """What lies behind the Normal and Roughness of a material's shaders, each once, in the order found."""
    found: dict[Found, None] = {}
    for leaf in leaf_shaders(material, engine):
        path = (*leaf.groups, leaf.node)
        *groups, shader = nodes_at(material, path)
        if "normal" in kinds and "Normal" in shader.inputs:
            found[_normal(path, Cursor(shader.inputs["Normal"], tuple(groups), None))] = None
        if "roughness" in kinds and "Roughness" in shader.inputs:
            found.update(dict.fromkeys(_roughness(Cursor(shader.inputs["Roughness"], tuple(groups), None))))
    return list(found)


def _normal(path: tuple[str, ...], cursor: Cursor) -> Found:
    for _ in range(_LONGEST_CHAIN):
        if not any(sources(cursor)):
            return OpenNormal(path)
        source, cursor = _through(cursor)
        if source is None:
            break
        node = source.node
        if node.bl_idname == "ShaderNodeBump":
            path = (*cursor.group_names, node.name)
            cursor = Cursor(node.inputs["Normal"], cursor.groups, None)
        elif node.bl_idname == "ShaderNodeNormalMap" and node.space == "TANGENT":
            return _behind_normal_map(node, Cursor(node.inputs["Color"], cursor.groups, None))
        else:
            return UnknownWay(f"its normal comes from the node {node.name}")
    return UnknownWay("its normal comes by several ways")


def _behind_normal_map(normal_map: Any, cursor: Cursor) -> Found:
    source, behind = _through(cursor)
    unknown = UnknownWay(f"what feeds {normal_map.name} is no image, or one that is changed on the way")
    if source is None:
        return unknown
    tangents = normal_map.uv_map
    path = _image_path(source, behind)
    if path is not None:
        return DataMap(path, "normal", tangents=tangents)
    node = source.node
    if node.bl_idname == "ShaderNodeRGBCurve" and _turns_green_over(node):
        source, behind = _through(Cursor(node.inputs["Color"], behind.groups, None))
        path = None if source is None else _image_path(source, behind)
        return unknown if path is None else DataMap(path, "normal", green_down=True, tangents=tangents)
    channels = _combined_channels(node, behind)
    if channels is None:
        return unknown
    paths, numbers, turned = zip(*channels, strict=True)
    fits = (
        len(set(paths)) == 1 and numbers == (_RED, _GREEN, _BLUE) and not turned[_RED] and not turned[_BLUE]
    )
    return DataMap(paths[0], "normal", turned[_GREEN], tangents=tangents) if fits else unknown


def _roughness(cursor: Cursor) -> Iterator[Found]:
    source, behind = _through(cursor)
    if source is None:
        return
    path = _image_path(source, behind)
    if path is not None:
        yield DataMap(path, "roughness")
        return
    channel = _channel(cursor)
    if channel is not None and not channel[2]:
        yield DataMap(channel[0], "roughness", channel=channel[1])
    else:
        yield UnknownWay(f"its roughness is changed by the node {source.node.name}")


def _through(cursor: Cursor) -> tuple[Any, Cursor]:
    """The output that a socket's value comes from, through groups, reroutes and muted nodes, and the socket
    it is linked to; None for one that nothing or more than one thing is linked to."""
    for _ in range(_LONGEST_CHAIN):
        found = list(sources(cursor))
        if len(found) != 1:
            break
        source = found[0]
        if not source.node.mute and source.node.type not in _HANDS_ON:
            return source, cursor
        behind = list(inputs_behind(source, cursor))
        if len(behind) != 1:
            break
        cursor = behind[0]
    return None, cursor


def _image_path(source: Any, cursor: Cursor) -> tuple[str, ...] | None:
    node = source.node
    is_image = node.bl_idname == "ShaderNodeTexImage" and source.name == "Color" and node.image is not None
    return (*cursor.group_names, node.name) if is_image else None


Channel = tuple[tuple[str, ...], int, bool]
"""The path of an image node, the number of its channel, and whether it is turned over on the way."""


def _combined_channels(node: Any, cursor: Cursor) -> list[Channel] | None:
    if not node.bl_idname.startswith("ShaderNodeCombine") or getattr(node, "mode", "RGB") != "RGB":
        return None
    found = [_channel(Cursor(socket, cursor.groups, None)) for socket in list(node.inputs)[:3]]
    channels = [channel for channel in found if channel is not None]
    return channels if len(channels) == 3 else None


def _channel(cursor: Cursor) -> Channel | None:
    turned = False
    for _ in range(_LONGEST_CHAIN):
        source, cursor = _through(cursor)
        if source is None:
            return None
        node = source.node
        if is_separating(node) and getattr(node, "mode", "RGB") == "RGB":
            behind, at = _through(Cursor(node.inputs[0], cursor.groups, None))
            path = None if behind is None else _image_path(behind, at)
            number = [output.identifier for output in node.outputs].index(source.identifier)
            return None if path is None else (path, number, turned)
        following = _turned_over(node)
        if following is None:
            return None
        turned, cursor = not turned, Cursor(following, cursor.groups, None)
    return None


def _turned_over(node: Any) -> Any | None:
    """The socket of a node that gives 1 less its value; None for any other node."""
    if node.bl_idname == "ShaderNodeInvert":
        factor = node.inputs[0]
        return node.inputs["Color"] if not factor.links and factor.default_value == 1.0 else None
    if node.bl_idname == "ShaderNodeMath" and node.operation == "SUBTRACT" and not node.use_clamp:
        first = node.inputs[0]
        return node.inputs[1] if not first.links and first.default_value == 1.0 else None
    return None


def _turns_green_over(node: Any) -> bool:
    factor = node.inputs[0]
    if factor.links or factor.default_value != 1.0:
        return False
    lines = [[tuple(round(part, 4) for part in p.location) for p in c.points] for c in node.mapping.curves]
    straight, over = [(0.0, 0.0), (1.0, 1.0)], [(0.0, 1.0), (1.0, 0.0)]
    return lines[_GREEN] == over and all(lines[n] == straight for n in (_RED, _BLUE, 3))
