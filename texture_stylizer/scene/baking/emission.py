"""A copy of a material that emits its colour.

The colour is baked as emission: Blender's DIFFUSE pass is black for metals and tinted by coats, while the
emission of a rewired copy is exactly the colour. Mix Shaders keep mixing, since emissions mix linearly.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..node_trees.walk import LeafShader, leaf_shaders, output_node
from .base_color import SEE_THROUGH, color_socket, leaf_node


def emitting_copy(material: Any, engine: str, temporary: list[tuple[Any, Any]]) -> Any:
    """A copy of the material that emits the colour of its BSDFs."""
    copy = material.copy()
    temporary.append((bpy.data.materials, copy))
    output = output_node(copy, engine)
    assert output is not None, "a material with colours has an output"
    for node in [n for n in copy.node_tree.nodes if n.type == "OUTPUT_MATERIAL" and n != output]:
        copy.node_tree.nodes.remove(node)
    output.target, output.is_active_output = "ALL", True
    leaves = leaf_shaders(copy, "CYCLES")
    _own_groups(copy.node_tree, {leaf.groups for leaf in leaves}, temporary)
    for leaf in leaves:
        _emit_color(leaf, leaf_node(copy, leaf))
    return copy


def _own_groups(tree: Any, paths: set[tuple[str, ...]], temporary: list[tuple[Any, Any]]) -> None:
    """Give the tree copies of the node groups on the paths, so that rewiring them changes no other."""
    for name in {path[0] for path in paths if path}:
        node = tree.nodes[name]
        node.node_tree = node.node_tree.copy()
        temporary.append((bpy.data.node_groups, node.node_tree))
        _own_groups(node.node_tree, {path[1:] for path in paths if path and path[0] == name}, temporary)


def _emit_color(leaf: LeafShader, node: Any) -> None:
    """Put an Emission of a BSDF's colour in its place; lights go dark, transparency is looked through."""
    tree = node.id_data
    if leaf.kind in SEE_THROUGH:
        _bypass_mixes(tree, node)
        return
    socket = color_socket(leaf, node)
    emission = tree.nodes.new("ShaderNodeEmission")
    if socket is None:
        emission.inputs["Strength"].default_value = 0.0
    elif any(not link.is_muted for link in socket.links):
        tree.links.new(socket.links[0].from_socket, emission.inputs["Color"])
    else:
        emission.inputs["Color"].default_value = socket.default_value
    for output in node.outputs:
        for target in [link.to_socket for link in output.links]:
            tree.links.new(emission.outputs[0], target)


def _bypass_mixes(tree: Any, node: Any) -> None:
    """A Mix Shader with transparency is a cut-out: its colour is the other shader's."""
    mixes = [link.to_node for link in node.outputs[0].links if link.to_node.type == "MIX_SHADER"]
    for mix in mixes:
        others = [
            link.from_socket for socket in mix.inputs[1:] for link in socket.links if link.from_node != node
        ]
        if others:
            for target in [link.to_socket for link in mix.outputs[0].links]:
                tree.links.new(others[0], target)
