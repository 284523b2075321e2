"""What a texture is for, told by the shader socket it reaches."""

from __future__ import annotations

from typing import Any, Literal

Role = Literal["base_color", "emission", "roughness", "metallic", "normal", "alpha", "displacement", "other"]

ROLES: tuple[Role, ...] = (
    "base_color",
    "emission",
    "roughness",
    "metallic",
    "normal",
    "alpha",
    "displacement",
    "other",
)

# Sockets of shader nodes by their name, which is the same in 4.2 to 5.2; all others are "other".
_ROLE_OF_SOCKET: dict[str, Role] = {
    "Base Color": "base_color",
    "Color": "base_color",
    "Emission Color": "emission",
    "Emissive Color": "emission",
    "Roughness": "roughness",
    "Metallic": "metallic",
    "Normal": "normal",
    "Coat Normal": "normal",
    "Clear Coat Normal": "normal",
    "Tangent": "normal",
    "Alpha": "alpha",
    "Transparency": "alpha",
    "Displacement": "displacement",
}

_LIGHT_NODES = {"ShaderNodeEmission", "ShaderNodeBackground"}


def is_shader(socket: Any) -> bool:
    """Whether a socket carries a closure rather than a value."""
    return socket.type == "SHADER"


def is_shader_node(node: Any) -> bool:
    """Whether a node makes or mixes closures."""
    return any(is_shader(socket) for socket in node.outputs)


def role_of_shader_input(node: Any, socket: Any) -> Role:
    """The role of what is linked to a value socket of a shader node."""
    if node.bl_idname in _LIGHT_NODES and socket.name == "Color":
        return "emission"
    if node.bl_idname == "ShaderNodeMixShader":
        # A Mix Shader with a Transparent BSDF is how a cut-out is built.
        sources = {link.from_node.bl_idname for input_ in node.inputs for link in input_.links}
        return "alpha" if "ShaderNodeBsdfTransparent" in sources else "other"
    if node.bl_idname == "ShaderNodeBsdfTransparent":
        return "other"
    return _ROLE_OF_SOCKET.get(socket.name, "other")


def role_of_value_input(node: Any, socket: Any, role: Role) -> Role:
    """The role behind an input of a colour, vector or converter node whose output has `role`.

    A factor or another number beside the colours of a node is a mask or an amount, not the colour.
    """
    if node.bl_idname == "ShaderNodeTexImage":
        return "other"
    if node.bl_idname == "ShaderNodeMix":
        return "other" if socket.identifier.startswith("Factor") else role
    if node.bl_idname.startswith("ShaderNodeTex") and socket.type != "RGBA":
        # What a procedural texture is looked up by is no colour of its own.
        return "other"
    has_color = any(item.type == "RGBA" and item.enabled for item in node.inputs)
    if has_color and socket.type != "RGBA":
        return "other"
    return role
