"""Walking a material's nodes back from its active output, through groups, reroutes and muted nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ...settings import COLOR_ROLES
from .cursor import Cursor, inputs_behind, sources
from .non_color import is_blended_data, is_looked_up_by_shading
from .roles import Role, is_shader, is_shader_node

_LONGEST_CHAIN = 1000
_GLTF_GROUPS = ("glTF Material Output", "glTF Settings")
_ENGINE_TARGETS = {"CYCLES": "CYCLES", "BLENDER_EEVEE": "EEVEE", "BLENDER_EEVEE_NEXT": "EEVEE"}


@dataclass(frozen=True)
class ImageNodePlace:
    """An image node that reaches the output: the group nodes to enter, by name, and its own name."""

    groups: tuple[str, ...]
    node: str
    role: Role

    @property
    def path(self) -> tuple[str, ...]:
        return (*self.groups, self.node)


def output_node(material: Any, engine: str) -> Any | None:
    """The Material Output that the engine uses, or another one that has something linked."""
    tree = material.node_tree
    # From 5.0 every material uses its nodes, and asking is deprecated.
    if tree is None or (bpy.app.version < (5, 0) and not material.use_nodes):
        return None
    targets = (_ENGINE_TARGETS.get(engine, "ALL"), "ALL", "EEVEE", "CYCLES")
    for target in targets:
        found = tree.get_output_node(target)
        if found is not None:
            return found
    return None


def image_nodes(material: Any, engine: str, rendered_uv_map: str = "") -> list[ImageNodePlace]:
    """Every image node that reaches the active output, once for each role, in the order found.

    rendered_uv_map: the UV map that is meant where a node names none.
    """
    places: dict[ImageNodePlace, None] = {}
    for source, cursor in reached(material, engine):
        if source.node.bl_idname == "ShaderNodeTexImage" and source.node.image is not None:
            role = role_of_image(source, cursor, rendered_uv_map)
            places[ImageNodePlace(cursor.group_names, source.node.name, role)] = None
    return list(places)


def reached(material: Any, engine: str) -> list[tuple[Any, Cursor]]:
    """Every output socket that the active output is made of, with the place that asks for it, once for each
    role, in the order found."""
    output = output_node(material, engine)
    if output is None:
        return []
    starts = [Cursor(socket, (), _role_of_output(socket)) for socket in output.inputs]
    starts += _gltf_output_sockets(material.node_tree)
    found: dict[tuple[Any, ...], tuple[Any, Cursor]] = {}
    waiting = starts[::-1]
    while waiting:
        cursor = waiting.pop()
        for source in sources(cursor):
            key = (cursor.group_names, source.node.name, source.identifier, cursor.role)
            key += (cursor.recombined, bool(cursor.blends))
            if key not in found:
                found[key] = source, cursor
                waiting.extend(reversed(list(inputs_behind(source, cursor))))
    return list(found.values())


def _role_of_output(socket: Any) -> Role | None:
    return "displacement" if socket.name == "Displacement" else None


def _gltf_output_sockets(tree: Any) -> list[Cursor]:
    """Sockets of the group nodes that glTF's exporter reads though nothing links them to the output."""
    return [
        Cursor(socket, (), "other")
        for node in tree.nodes
        if node.type == "GROUP" and node.node_tree is not None and not node.mute
        if node.node_tree.name.startswith(_GLTF_GROUPS)
        for socket in node.inputs
    ]


def role_of_image(source: Any, cursor: Cursor, rendered_uv_map: str) -> Role:
    """What an image's output is for: on a colour's way it may be a mask, a ramp or something blended in."""
    role = cursor.role or "other"
    if role not in COLOR_ROLES:
        return role
    is_data = (
        source.name == "Alpha"
        or is_looked_up_by_shading(source.node, cursor.groups)
        or is_blended_data(source.node, cursor, rendered_uv_map)
    )
    return "other" if is_data else role


@dataclass(frozen=True)
class LeafShader:
    """A node that makes a closure and reaches the output: the group nodes to enter, and its own name."""

    groups: tuple[str, ...]
    node: str
    kind: str


def leaf_shaders(material: Any, engine: str) -> list[LeafShader]:
    """The BSDF, emission and other closures behind the active output's Surface, mixes looked through."""
    output = output_node(material, engine)
    if output is None:
        return []
    leaves: dict[LeafShader, None] = {}
    waiting = [Cursor(output.inputs["Surface"], (), None)]
    seen = set()
    while waiting:
        cursor = waiting.pop()
        for source in sources(cursor):
            key = (cursor.group_names, source.node.name, source.identifier)
            if key in seen:
                continue
            seen.add(key)
            behind = [c for c in inputs_behind(source, cursor) if is_shader(c.socket)]
            is_leaf = is_shader_node(source.node) and source.node.type not in ("GROUP", "GROUP_INPUT")
            if is_leaf and not behind and not source.node.mute and source.node.type != "REROUTE":
                leaves[LeafShader(cursor.group_names, source.node.name, source.node.bl_idname)] = None
            waiting.extend(reversed(behind))
    return list(leaves)


def is_fed_by_image_alone(material: Any, leaf: LeafShader, socket_name: str) -> bool:
    """Whether a leaf's colour is an image as it is, with nothing but reroutes and groups between."""
    groups: list[Any] = []
    tree: Any = material.node_tree
    for name in leaf.groups:
        groups.append(tree.nodes[name])
        tree = tree.nodes[name].node_tree
    cursors = [Cursor(tree.nodes[leaf.node].inputs[socket_name], tuple(groups), None)]
    for _ in range(_LONGEST_CHAIN):
        found = [(source, cursor) for cursor in cursors for source in sources(cursor)]
        if len(found) != 1:
            return False
        source, cursor = found[0]
        node = source.node
        if node.bl_idname == "ShaderNodeTexImage" and not node.mute:
            return source.name == "Color" and node.image is not None
        if not node.mute and node.type not in ("REROUTE", "GROUP", "GROUP_INPUT"):
            return False
        cursors = list(inputs_behind(source, cursor))
    return False


def node_at(material: Any, path: tuple[str, ...]) -> Any:
    """The node at the end of a path of group node names. Raises KeyError when it is gone."""
    return nodes_at(material, path)[-1]


def nodes_at(material: Any, path: tuple[str, ...]) -> list[Any]:
    """The group nodes on a path, and the node at its end. Raises KeyError when one is gone."""
    tree: Any = material.node_tree
    found: list[Any] = []
    for name in path:
        found.append(tree.nodes[name])
        tree = getattr(found[-1], "node_tree", None)
    return found
