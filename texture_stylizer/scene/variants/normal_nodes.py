"""A new normal map in a stylised copy of a material, whose shader had none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..materials.records import RELIEF


def add_normal_map(material: Any, path: tuple[str, ...], image: Any, uv_map: str) -> None:
    """Link an image to the Normal of a shader, or of the Bump node before it, by a Normal Map node.

    path: the node's name; uv_map: "" for the one that renders.
    """
    tree = material.node_tree
    node, active = tree.nodes[path[-1]], tree.nodes.active
    normal_map, texture = tree.nodes.new("ShaderNodeNormalMap"), tree.nodes.new("ShaderNodeTexImage")
    normal_map[RELIEF] = texture[RELIEF] = True
    normal_map.uv_map, texture.image = uv_map, image
    x, y = node.location
    normal_map.location, texture.location = (x - 220, y - 320), (x - 540, y - 320)
    if uv_map:
        uv_node = tree.nodes.new("ShaderNodeUVMap")
        uv_node[RELIEF] = True
        uv_node.uv_map, uv_node.location = uv_map, (x - 740, y - 320)
        tree.links.new(uv_node.outputs["UV"], texture.inputs["Vector"])
    tree.links.new(texture.outputs["Color"], normal_map.inputs["Color"])
    tree.links.new(normal_map.outputs["Normal"], node.inputs["Normal"])
    # Solid view shows the active image.
    tree.nodes.active = active


def remove_normal_maps(material: Any) -> None:
    """Take back what `add_normal_map` added."""
    for node in [node for node in material.node_tree.nodes if RELIEF in node]:
        material.node_tree.nodes.remove(node)


def set_normal_strength(materials: Iterable[Any], strength: float) -> None:
    """Let the added normal maps of some copies count for a share of 0 to 1."""
    for material in materials:
        for node in material.node_tree.nodes if material.node_tree is not None else ():
            if RELIEF in node and node.bl_idname == "ShaderNodeNormalMap":
                node.inputs["Strength"].default_value = strength
