"""Copies of materials that show other images: the node groups on the way are copied too, each once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import bpy

from ..baking.base_color import colored_leaves
from ..materials.records import STANDS_FOR, mark_made, write_record


def copy_material(
    original: Any,
    variant: str,
    details: dict[str, Any],
    fake_users: dict[Any, bool],
    objects: Sequence[str] = (),
) -> Any:
    """A copy of a material with the variant's record.

    fake_users: what `former_fake_users` gave before the first copy of a variant; an original that has no copy
    yet is added. details, objects: as in `records.Record`.
    """
    copy = original.copy()
    copy.name = f"{original.name} [{variant}]"
    had_fake_user = fake_users.setdefault(original, original.use_fake_user)
    if original.library is None:
        original.use_fake_user = True
    write_record(copy, variant, original, had_fake_user, details, objects)
    # A variant that is not shown on any object must survive saving too.
    copy.use_fake_user = True
    return copy


def set_color(material: Any, image: Any, uv_map: str, groups: dict[Any, Any], variant: str) -> None:
    """Let every BSDF of a copied material take its colour from an image through a UV map."""
    engine = bpy.context.scene.render.engine
    for leaf, socket_name in colored_leaves(material, engine):
        tree = _own_tree(material, leaf.groups, groups, variant)
        socket = tree.nodes[leaf.node].inputs[socket_name]
        if socket.links and getattr(socket.links[0].from_node, "image", None) == image:
            continue
        node, uv_node = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeUVMap")
        node[STANDS_FOR] = json.dumps(_place_of_color(socket))
        node.image, uv_node.uv_map = image, uv_map
        node.location = tree.nodes[leaf.node].location[0] - 300, tree.nodes[leaf.node].location[1]
        uv_node.location = node.location[0] - 200, node.location[1]
        tree.links.new(uv_node.outputs["UV"], node.inputs["Vector"])
        tree.links.new(node.outputs["Color"], socket)
        _activate(material, leaf.groups, node)


def _activate(material: Any, path: tuple[str, ...], image_node: Any) -> None:
    """Let Solid and Texture view show an image: they take that of the active image node."""
    tree = material.node_tree
    for name in path:
        tree.nodes.active = tree.nodes[name]
        tree = tree.nodes[name].node_tree
    tree.nodes.active = image_node


def _place_of_color(socket: Any) -> list[str]:
    """The node and the output that a socket's colour comes from; nothing for a colour of its own."""
    links = [link for link in socket.links if not link.is_muted]
    return [links[0].from_node.name, links[0].from_socket.identifier] if links else []


def _own_tree(material: Any, path: tuple[str, ...], groups: dict[Any, Any], variant: str) -> Any:
    """The node tree at the end of a path of group nodes; shared groups on the way are copied, each once."""
    tree = material.node_tree
    for name in path:
        node = tree.nodes[name]
        if node.node_tree not in groups.values():
            if node.node_tree not in groups:
                shared = node.node_tree
                groups[shared] = shared.copy()
                mark_made(groups[shared], variant)
            node.node_tree = groups[node.node_tree]
        tree = node.node_tree
    return tree
