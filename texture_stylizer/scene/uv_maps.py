"""Which UV map of a mesh is meant: the one that renders, or that an image node names."""

from __future__ import annotations

from typing import Any


def render_uv_map(object_: Any) -> str | None:
    """Name of the UV map that the renderer uses where a node names none; None when there is no map."""
    layers = object_.data.uv_layers
    return next((layer.name for layer in layers if layer.active_render), None)


def plain_uv_map(node: Any) -> str | None:
    """The UV map that an image node takes as it is, "" for the one that renders; None for any other place."""
    if node.projection != "FLAT":
        return None
    socket = node.inputs["Vector"]
    while socket.links and not socket.links[0].is_muted:
        source, output = socket.links[0].from_node, socket.links[0].from_socket
        if source.bl_idname == "NodeReroute":
            socket = source.inputs[0]
            continue
        if source.bl_idname == "ShaderNodeUVMap" and not source.from_instancer:
            return source.uv_map
        plain = source.bl_idname == "ShaderNodeTexCoord" and output.identifier == "UV"
        return "" if plain and not source.from_instancer else None
    return ""
