"""What a texture is for, told by the shader socket it reaches and what it passes on the way."""

from __future__ import annotations

import re
from typing import Any, Literal

from ...settings import COLOR_ROLES

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

_DATA_WORDS: dict[str, Role] = {
    "roughness": "roughness",
    "rough": "roughness",
    "metallic": "metallic",
    "metalness": "metallic",
    "normal": "normal",
    "bump": "normal",
    "height": "displacement",
    "displacement": "displacement",
    "ao": "other",
    "occlusion": "other",
    "ambientocclusion": "other",
    "orm": "other",
    "arm": "other",
    "lightmap": "other",
    "cavity": "other",
    "curvature": "other",
    "mask": "other",
    "gloss": "other",
    "glossiness": "other",
    "toon": "other",
    "sphere": "other",
    "matcap": "other",
    "ramp": "other",
}
"""Words by which artists name what is data, in a group's sockets and in files."""

_BLENDED_WORDS = {"ao", "occlusion", "ambientocclusion", "orm", "arm", "lightmap", "cavity", "curvature"}
"""Those of maps that are multiplied into colours, whatever colour space their file was given."""

_COLOR_WORDS = {"color", "colour", "albedo", "diffuse", "basecolor"}

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


def role_of_group_input(socket: Any, role: Role | None) -> Role | None:
    """The role behind a group node's input: a colour's, unless the socket's name says that it is data."""
    return role if role not in COLOR_ROLES else data_role_of_name(socket.name) or role


def data_role_of_name(name: str) -> Role | None:
    """The data role that a socket's name speaks of, as "Sphere Tex" does; None where it does not."""
    words = _words(name)
    if _COLOR_WORDS.intersection(words):
        return None
    return next((_DATA_WORDS[word] for word in words if word in _DATA_WORDS), None)


def is_named_as_blended_map(name: str) -> bool:
    """Whether an image's name, as rock_AO.png, says that it is a map that is multiplied into colours."""
    return bool(_BLENDED_WORDS.intersection(_words(name)))


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    return re.findall(r"[a-z]+", spaced.replace("ambient occlusion", "ao").replace("light map", "lightmap"))


def is_separating(node: Any) -> bool:
    """Whether a node takes a colour apart into channels."""
    return node.bl_idname.startswith("ShaderNodeSeparate")


def is_combining(node: Any) -> bool:
    """Whether a node makes a colour of channels that differ; one channel three times over is a grey."""
    if not node.bl_idname.startswith("ShaderNodeCombine"):
        return False
    return len({link.from_socket for socket in node.inputs for link in socket.links}) > 1


def blended_inputs(node: Any) -> list[Any]:
    """The inputs that a node multiplies, adds and the like; none where it lays one over the other."""
    kind = node.bl_idname
    if kind == "ShaderNodeMix" and node.data_type == "RGBA" and node.blend_type != "MIX":
        return [socket for socket in node.inputs if socket.identifier in ("A_Color", "B_Color")]
    if kind == "ShaderNodeMixRGB" and node.blend_type != "MIX":
        return list(node.inputs)[1:3]
    if kind in ("ShaderNodeMath", "ShaderNodeVectorMath"):
        return [socket for socket in node.inputs if socket.enabled]
    return []
