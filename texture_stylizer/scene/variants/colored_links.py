"""Stylised images in a copied material, on the links that carry colour alone.

A role belongs to a way through the nodes. Where an image, or a node behind which it is, serves a colour and
data too, it gets a second node for the colour, and the links of the data stay as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import bpy

from ..materials.records import STANDS_FOR, mark_made
from ..node_trees.cursor import Cursor, by_identifier, inputs_behind, sources
from ..node_trees.duplicate_node import duplicate_node
from ..node_trees.roles import Role
from ..node_trees.walk import output_node, reached, role_of_image

Path = tuple[str, ...]
Out = tuple[Any, str]
"""A node and the identifier of one of its outputs: sockets are made anew when a group's interface changes."""

_TIMING = ("frame_duration", "frame_start", "frame_offset", "use_cyclic", "use_auto_refresh")


def show_images(
    material: Any,
    images: Mapping[tuple[Path, Role], Any],
    groups: dict[Any, Any],
    variant: str,
    rendered_uv_map: str = "",
) -> list[str]:
    """Let a copied material show other images in some roles.

    images: by the path of the image node and the role. groups: copies of node groups by their originals, to
    be used again. Returns a sentence for each node that had to be divided but cannot be.
    """
    engine = bpy.context.scene.render.engine
    output = output_node(material, engine)
    if output is None:
        return []
    work = _Rewiring(material, engine, images, groups, variant, rendered_uv_map)
    for socket in output.inputs:
        if socket.name != "Displacement":
            work.rewire(Cursor(socket, (), None))
    return work.problems


class _Rewiring:
    """One material's way: what is needed in two versions, and the second version of what was met."""

    def __init__(
        self,
        material: Any,
        engine: str,
        images: Mapping[tuple[Path, Role], Any],
        groups: dict[Any, Any],
        variant: str,
        rendered_uv_map: str,
    ) -> None:
        self.images, self.groups, self.variant = images, groups, variant
        self.rendered_uv_map = rendered_uv_map
        self.roles = {None, *(role for _, role in images)}
        self.problems: list[str] = []
        self.contested = self._contested(material, engine)
        self._original_names: dict[Path, str] = {}
        self._twins: dict[Path, Any] = {}
        self._done: dict[tuple[Any, ...], Out] = {}

    def rewire(self, cursor: Cursor) -> bool:
        """Link a socket to the coloured version of what it is linked to. Returns whether that is another."""
        changed = False
        for source in list(sources(cursor)):
            old = source.node, source.identifier
            new = self._version(source, cursor)
            if new != old:
                _link(new, cursor.socket)
                changed = True
        return changed

    def _contested(self, material: Any, engine: str) -> set[Path]:
        """What serves a changed colour and something else: nodes, outputs of groups and inputs of groups."""
        colored: set[Path] = set()
        others: set[Path] = set()
        for source, cursor in reached(material, engine):
            key = _key(source, cursor)
            if source.node.bl_idname == "ShaderNodeTexImage" and not source.node.mute:
                if source.name == "Alpha":
                    # A stylised image keeps its alpha.
                    continue
                role = role_of_image(source, cursor, self.rendered_uv_map)
                path = (*cursor.group_names, source.node.name)
                (colored if (path, role) in self.images else others).add(key)
            else:
                (colored if cursor.role in self.roles else others).add(key)
        return colored & others

    def _version(self, source: Any, cursor: Cursor) -> Out:
        node = source.node
        key = (
            cursor.group_names,
            node.name,
            source.identifier,
            cursor.role,
            cursor.recombined,
            bool(cursor.blends),
        )
        if key not in self._done:
            # A cycle comes back to what is still worked on.
            self._done[key] = node, source.identifier
            self._done[key] = self._new_version(source, cursor)
        return self._done[key]

    def _new_version(self, source: Any, cursor: Cursor) -> Out:
        node = source.node
        if node.mute or node.type == "REROUTE":
            return self._behind(source, cursor)
        if node.bl_idname == "ShaderNodeTexImage":
            return self._image(source, cursor)
        if node.type == "GROUP":
            return self._group(source, cursor)
        if node.type == "GROUP_INPUT":
            return self._group_input(source, cursor)
        return self._node(source, cursor)

    def _behind(self, source: Any, cursor: Cursor) -> Out:
        """The coloured version of what a muted node or a reroute hands on; itself where that is the same."""
        for behind in inputs_behind(source, cursor):
            for further in sources(behind):
                new = self._version(further, behind)
                if new != (further.node, further.identifier):
                    return new
        return source.node, source.identifier

    def _image(self, source: Any, cursor: Cursor) -> Out:
        node, identifier = source.node, source.identifier
        if source.name == "Alpha":
            return node, identifier
        role = role_of_image(source, cursor, self.rendered_uv_map)
        image = self.images.get((self._original_path(cursor.group_names, node.name), role))
        if image is None:
            return node, identifier
        if _key(source, cursor) in self.contested:
            node = self._twin((*cursor.group_names, node.name), node)
        if node.image != image:
            node[STANDS_FOR] = node.image
            set_image(node, image)
        return node, identifier

    def _node(self, source: Any, cursor: Cursor) -> Out:
        """A node that calculates or shades, in place or, where it serves others too, as a second one."""
        node, identifier = source.node, source.identifier
        cursors = [behind for behind in inputs_behind(source, cursor) if behind.role in self.roles]
        if _key(source, cursor) not in self.contested:
            for behind in cursors:
                self.rewire(behind)
            return node, identifier
        found = [(behind, *self._new_source(behind)) for behind in cursors]
        if not any(is_new for _, _, is_new in found):
            return node, identifier
        twin = self._twin((*cursor.group_names, node.name), node)
        if twin == node:
            return node, identifier
        for behind, new, is_new in found:
            if is_new and new is not None:
                index = next(i for i, socket in enumerate(node.inputs) if socket == behind.socket)
                _link(new, twin.inputs[index])
        return twin, identifier

    def _new_source(self, cursor: Cursor) -> tuple[Out | None, bool]:
        """What a socket should be linked to, and whether that is another thing than now."""
        for source in sources(cursor):
            new = self._version(source, cursor)
            return new, new != (source.node, source.identifier)
        return None, False

    def _group(self, source: Any, cursor: Cursor) -> Out:
        node, identifier = source.node, source.identifier
        if node.node_tree is None or any(group.node_tree == node.node_tree for group in cursor.groups):
            return node, identifier
        path = (*cursor.group_names, node.name)
        leads = self._leads(self._original_path(*_parted(path)))
        if _key(source, cursor) in self.contested and leads:
            node = self._twin(path, node)
            self._give_own_tree(node, private=True)
        elif leads or self._is_contested_within(path):
            self._give_own_tree(node, private=self._is_contested_within(path))
        inner = _active_output(node, identifier)
        if inner is not None:
            self.rewire(replace(cursor, socket=inner, groups=(*cursor.groups, node)))
        return node, identifier

    def _group_input(self, source: Any, cursor: Cursor) -> Out:
        """What comes into a group: the group node's own input, or a second one where that feeds data too."""
        node, identifier = source.node, source.identifier
        for behind in inputs_behind(source, cursor):
            if behind.role not in self.roles:
                continue
            if _key(source, cursor) not in self.contested:
                self.rewire(behind)
                continue
            new, is_new = self._new_source(behind)
            if is_new and new is not None:
                return node, self._added_input(cursor.groups[-1], behind.socket, new)
        return node, identifier

    def _added_input(self, group: Any, like: Any, new: Out) -> str:
        """Add an input to a group, linked to `new`. Returns its identifier."""
        interface = group.node_tree.interface
        item = next(i for i in interface.items_tree if getattr(i, "identifier", "") == like.identifier)
        made = interface.new_socket(f"{item.name} (color)", in_out="INPUT", socket_type=item.socket_type)
        socket = by_identifier(group.inputs, made.identifier)
        _link(new, socket)
        return made.identifier

    def _twin(self, path: Path, node: Any) -> Any:
        """The second node of one at a path, made when it is first asked for; itself where that cannot be."""
        if path not in self._twins:
            try:
                self._twins[path] = duplicate_node(node)
            except ValueError:
                self._twins[path] = node
                self.problems.append(
                    f"the node {node.name} serves a colour and data, and cannot be divided; use two nodes"
                )
            self._original_names[(*path[:-1], self._twins[path].name)] = path[-1]
        return self._twins[path]

    def _give_own_tree(self, node: Any, *, private: bool) -> None:
        """Let a group node have a copy of its tree: one for the whole variant, or for itself alone."""
        tree = node.node_tree
        if private and not self._is_private(tree):
            node.node_tree = tree.copy()
            mark_made(node.node_tree, self.variant)
            self.groups["private", node.node_tree.name] = node.node_tree
        elif not private and tree not in self.groups.values():
            if tree not in self.groups:
                self.groups[tree] = tree.copy()
                mark_made(self.groups[tree], self.variant)
            node.node_tree = self.groups[tree]

    def _is_private(self, tree: Any) -> bool:
        return self.groups.get(("private", tree.name)) == tree

    def _leads(self, path: Path) -> bool:
        return any(place[: len(path)] == path for place, _ in self.images)

    def _is_contested_within(self, path: Path) -> bool:
        return any(key[: len(path)] == path and len(key) > len(path) + 1 for key in self.contested)

    def _original_path(self, groups: Path, name: str) -> Path:
        """A path with the names that nodes had before some were made a second time."""
        whole = (*groups, name)
        return tuple(self._original_names.get(whole[: i + 1], part) for i, part in enumerate(whole))


def _key(source: Any, cursor: Cursor) -> Path:
    """What a version is of: a node as a whole, an output of a group node, or an input of a group."""
    node = source.node
    if node.type == "GROUP" and not node.mute:
        return (*cursor.group_names, node.name, f"output {source.identifier}")
    if node.type == "GROUP_INPUT":
        return (*cursor.group_names, "", f"input {source.identifier}")
    return (*cursor.group_names, node.name, "")


def _parted(path: Path) -> tuple[Path, str]:
    return path[:-1], path[-1]


def _active_output(group: Any, identifier: str) -> Any | None:
    for inner in group.node_tree.nodes:
        if inner.type == "GROUP_OUTPUT" and inner.is_active_output:
            return by_identifier(inner.inputs, identifier)
    return None


def _link(new: Out, socket: Any) -> None:
    node, identifier = new
    node.id_data.links.new(by_identifier(node.outputs, identifier), socket)


def set_image(node: Any, image: Any) -> None:
    """Let an image node show another image at the same frames."""
    # Blender may reset a sequence's frame range when the image changes.
    timing = {name: getattr(node.image_user, name) for name in _TIMING}
    node.image = image
    for name, value in timing.items():
        setattr(node.image_user, name, value)
