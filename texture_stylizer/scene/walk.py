"""Walking a material's nodes back from its active output, through groups, reroutes and muted nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from .roles import Role, is_shader, is_shader_node, role_of_shader_input, role_of_value_input

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


@dataclass(frozen=True)
class _Cursor:
    """A socket whose value is asked for, within the tree that the stack of group nodes leads to."""

    socket: Any
    groups: tuple[Any, ...]
    role: Role | None


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


def image_nodes(material: Any, engine: str) -> list[ImageNodePlace]:
    """Every image node that reaches the active output, once for each role, in the order found."""
    output = output_node(material, engine)
    if output is None:
        return []
    starts = [_Cursor(socket, (), _role_of_output(socket)) for socket in output.inputs]
    return _walk_back(starts + _gltf_output_sockets(material.node_tree))


def _role_of_output(socket: Any) -> Role | None:
    return "displacement" if socket.name == "Displacement" else None


def _gltf_output_sockets(tree: Any) -> list[_Cursor]:
    """Sockets of the group nodes that glTF's exporter reads though nothing links them to the output."""
    return [
        _Cursor(socket, (), "other")
        for node in tree.nodes
        if node.type == "GROUP" and node.node_tree is not None and not node.mute
        if node.node_tree.name.startswith(_GLTF_GROUPS)
        for socket in node.inputs
    ]


def _walk_back(starts: list[_Cursor]) -> list[ImageNodePlace]:
    places: dict[ImageNodePlace, None] = {}
    seen: set[tuple[Any, ...]] = set()
    waiting = starts[::-1]
    while waiting:
        cursor = waiting.pop()
        for source, groups, role in _sources(cursor):
            key = (tuple(group.name for group in groups), source.node.name, source.identifier, role)
            if key in seen:
                continue
            seen.add(key)
            if source.node.bl_idname == "ShaderNodeTexImage" and source.node.image is not None:
                names = tuple(group.name for group in groups)
                found_role = _role_of_image_output(source, role or "other")
                places[ImageNodePlace(names, source.node.name, found_role)] = None
            waiting.extend(reversed(list(_inputs_behind(source, groups, role))))
    return list(places)


def _role_of_image_output(source: Any, role: Role) -> Role:
    """An image's Alpha output in a colour path is a mask."""
    if source.name == "Alpha" and role in ("base_color", "emission"):
        return "other"
    return role


def _sources(cursor: _Cursor) -> Iterator[tuple[Any, tuple[Any, ...], Role | None]]:
    """Output sockets linked to the cursor's socket; muted links count as none."""
    for link in cursor.socket.links:
        if not link.is_muted and link.is_valid:
            yield link.from_socket, cursor.groups, cursor.role


def _inputs_behind(source: Any, groups: tuple[Any, ...], role: Role | None) -> Iterator[_Cursor]:
    """The sockets whose values make up an output socket's value."""
    node = source.node
    if node.mute:
        for link in node.internal_links:
            if link.to_socket.identifier == source.identifier and link.to_socket.is_output:
                yield _Cursor(link.from_socket, groups, role)
            elif link.from_socket.identifier == source.identifier and link.from_socket.is_output:
                yield _Cursor(link.to_socket, groups, role)
    elif node.type == "GROUP":
        yield from _into_group(node, source, groups, role)
    elif node.type == "GROUP_INPUT":
        if groups:
            outer = _by_identifier(groups[-1].inputs, source.identifier)
            if outer is not None:
                yield _Cursor(outer, groups[:-1], role)
    elif is_shader_node(node):
        for socket in node.inputs:
            if socket.enabled:
                yield _Cursor(
                    socket, groups, None if is_shader(socket) else role_of_shader_input(node, socket)
                )
    else:
        for socket in node.inputs:
            if socket.enabled:
                behind = None if role is None else role_of_value_input(node, socket, role)
                yield _Cursor(socket, groups, behind)


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
    waiting = [_Cursor(output.inputs["Surface"], (), None)]
    seen = set()
    while waiting:
        cursor = waiting.pop()
        for source, groups, role in _sources(cursor):
            key = (tuple(group.name for group in groups), source.node.name, source.identifier)
            if key in seen:
                continue
            seen.add(key)
            behind = [c for c in _inputs_behind(source, groups, role) if is_shader(c.socket)]
            is_leaf = is_shader_node(source.node) and source.node.type not in ("GROUP", "GROUP_INPUT")
            if is_leaf and not behind and not source.node.mute and source.node.type != "REROUTE":
                names = tuple(group.name for group in groups)
                leaves[LeafShader(names, source.node.name, source.node.bl_idname)] = None
            waiting.extend(reversed(behind))
    return list(leaves)


def is_fed_by_image_alone(material: Any, leaf: LeafShader, socket_name: str) -> bool:
    """Whether a leaf's colour is an image as it is, with nothing but reroutes and groups between."""
    groups, tree = [], material.node_tree
    for name in leaf.groups:
        groups.append(tree.nodes[name])
        tree = tree.nodes[name].node_tree
    cursors = [_Cursor(tree.nodes[leaf.node].inputs[socket_name], tuple(groups), None)]
    for _ in range(_LONGEST_CHAIN):
        found = [source for cursor in cursors for source in _sources(cursor)]
        if len(found) != 1:
            return False
        source, groups_of_source, _role = found[0]
        node = source.node
        if node.bl_idname == "ShaderNodeTexImage" and not node.mute:
            return source.name == "Color" and node.image is not None
        if not node.mute and node.type not in ("REROUTE", "GROUP", "GROUP_INPUT"):
            return False
        cursors = list(_inputs_behind(source, groups_of_source, None))
    return False


def _into_group(node: Any, source: Any, groups: tuple[Any, ...], role: Role | None) -> Iterator[_Cursor]:
    if node.node_tree is None or any(group.node_tree == node.node_tree for group in groups):
        return
    for inner in node.node_tree.nodes:
        if inner.type == "GROUP_OUTPUT" and inner.is_active_output:
            socket = _by_identifier(inner.inputs, source.identifier)
            if socket is not None:
                yield _Cursor(socket, (*groups, node), role)


def _by_identifier(sockets: Any, identifier: str) -> Any | None:
    return next((socket for socket in sockets if socket.identifier == identifier), None)


def node_at(material: Any, path: tuple[str, ...]) -> Any:
    """The node at the end of a path of group node names. Raises KeyError when it is gone."""
    tree = material.node_tree
    for name in path[:-1]:
        tree = tree.nodes[name].node_tree
    return tree.nodes[path[-1]]
