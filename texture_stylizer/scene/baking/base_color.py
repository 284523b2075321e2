"""Which materials have a colour that is no image, and the sockets that hold it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ..materials.material_users import material_users
from ..node_trees.walk import LeafShader, is_fed_by_image_alone, leaf_shaders

_LIGHTS = ("ShaderNodeEmission", "ShaderNodeBackground")
SEE_THROUGH = ("ShaderNodeBsdfTransparent", "ShaderNodeHoldout")


def color_socket(leaf: LeafShader, node: Any) -> Any | None:
    """The socket that holds a BSDF's colour; None for lights, transparency and what has none."""
    if leaf.kind in (*_LIGHTS, *SEE_THROUGH):
        return None
    return node.inputs.get("Base Color") or node.inputs.get("Color")


def colored_leaves(material: Any, engine: str) -> list[tuple[LeafShader, str]]:
    """The BSDFs of a material and the names of their colour sockets."""
    found = []
    for leaf in leaf_shaders(material, engine):
        socket = color_socket(leaf, leaf_node(material, leaf))
        if socket is not None:
            found.append((leaf, socket.name))
    return found


def needs_baking(material: Any, engine: str) -> bool:
    """Whether the colour of one of the BSDFs is a constant, or anything but an image alone."""
    leaves = colored_leaves(material, engine)
    return any(not is_fed_by_image_alone(material, leaf, socket) for leaf, socket in leaves)


def leaf_node(material: Any, leaf: LeafShader) -> Any:
    """The node of a leaf within the material's own or a copied tree."""
    tree = material.node_tree
    for name in leaf.groups:
        tree = tree.nodes[name].node_tree
    return tree.nodes[leaf.node]


def materials_to_bake(objects: Iterable[Any], *, skip_hidden: bool = False) -> dict[Any, list[Any]]:
    """The materials whose colour is to be baked, each with the objects that can show the result."""
    engine = bpy.context.scene.render.engine
    return {
        material: users.editable
        for material, users in material_users(objects, skip_hidden=skip_hidden).items()
        if users.editable and needs_baking(material, engine)
    }
