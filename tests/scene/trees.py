"""Short ways to write node trees."""

from __future__ import annotations

from typing import Any

import bpy


def node(tree: Any, kind: str, **inputs: Any) -> Any:
    """A ShaderNode; `inputs` are settings, or links and values by the names of sockets."""
    made = tree.nodes.new(f"ShaderNode{kind}")
    for name, value in inputs.items():
        if name in made.bl_rna.properties:
            setattr(made, name, value)
    for name, value in inputs.items():
        if name not in made.bl_rna.properties:
            socket = made.inputs[int(name[1:])] if name[0] == "_" else made.inputs[name.replace("_", " ")]
            if isinstance(value, bpy.types.NodeSocket):
                tree.links.new(value, socket)
            else:
                socket.default_value = value
    return made


def picture(tree: Any, image: Any, place: Any = None) -> Any:
    """An image node's colour. place: the socket that says where, or None."""
    made = node(tree, "TexImage", image=image)
    if place is not None:
        tree.links.new(place, made.inputs["Vector"])
    return made.outputs["Color"]


def mix(tree: Any, first: Any, second: Any, blend: str = "MULTIPLY") -> Any:
    """The result of a Mix node; sockets or colours."""
    made = node(tree, "Mix", data_type="RGBA", blend_type=blend)
    made.inputs["Factor"].default_value = 1.0
    for identifier, value in (("A_Color", first), ("B_Color", second)):
        socket = next(s for s in made.inputs if s.identifier == identifier)
        if isinstance(value, bpy.types.NodeSocket):
            tree.links.new(value, socket)
        else:
            socket.default_value = value
    return next(s for s in made.outputs if s.identifier == "Result_Color")


def group(name: str, inputs: dict[str, str], outputs: dict[str, str]) -> tuple[Any, Any, Any]:
    """A new node group with its Group Input and Group Output; sockets by name, as in Color or Vector."""
    tree = bpy.data.node_groups.new(name, "ShaderNodeTree")
    for way, sockets in (("INPUT", inputs), ("OUTPUT", outputs)):
        for socket, kind in sockets.items():
            tree.interface.new_socket(socket, in_out=way, socket_type=f"NodeSocket{kind}")
    return tree, tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")


def shader_of(material: Any) -> Any:
    return next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
