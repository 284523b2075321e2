"""The surface behind a texture: the faces that show it through a UV map, written for the worker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..settings import Wrap
from .materials import material_users
from .textures import TextureUse
from .uv import material_corners
from .walk import node_at

_OUTSIDE = 1e-3

Faces = tuple[Any, Any, str]
"""An object, the material whose faces are meant, and the UV map that shows it ("": the rendered one)."""


def write_surface(faces: Iterable[Faces] | None, path: Path) -> tuple[str, Wrap | None]:
    """Write faces for the worker, as `engine.surface.Surface` reads them. faces: from `faces_of`.

    Returns the file's path, or "" where there is no surface to follow; and the axes on which UVs leave the
    unit square: the image is tiled there, and a place in it is many on the surface.
    """
    gathered = None if faces is None else _gather(faces)
    if gathered is None:
        return "", None
    triangles, areas, vertices = gathered
    wrap = tiled_axes(triangles)
    if wrap is not None:
        return "", wrap
    np.savez(path, triangles=triangles, areas=areas, vertices=vertices)
    return str(path), None


def faces_of(uses: Sequence[TextureUse], objects: Iterable[Any]) -> list[Faces] | None:
    """All faces that show an image; None when something shows it otherwise than through a UV map.

    What is not known to be on a face must not count as unused: the image is then a flat picture.
    """
    users = {material.session_uid: (material, found) for material, found in material_users(objects).items()}
    faces: dict[tuple[int, int, str], Faces] = {}
    for place in (place for use in uses for place in use.places):
        if place.session_uid not in users:
            continue
        material, found = users[place.session_uid]
        uv_map = plain_uv_map(node_at(material, place.path))
        if uv_map is None or any(object_.type != "MESH" for object_ in found.editable):
            return None
        for object_ in found.editable:
            faces[object_.session_uid, place.session_uid, uv_map] = object_, material, uv_map
    return list(faces.values())


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


def tiled_axes(triangles: NDArray[Any]) -> Wrap | None:
    """The axes on which UVs (n, 3, 2) leave the unit square; None when they do not."""
    leaving = (triangles.min(axis=(0, 1)) < -_OUTSIDE) | (triangles.max(axis=(0, 1)) > 1 + _OUTSIDE)
    if leaving.all():
        return "both"
    return "x" if leaving[0] else "y" if leaving[1] else None


def _gather(faces: Iterable[Faces]) -> tuple[NDArray[Any], ...] | None:
    """UVs (n, 3, 2), surface areas (n,) and vertex numbers (n, 3); None when some object has no such map.

    The meshes are the evaluated ones: modifiers make faces and move UVs.
    """
    depsgraph = bpy.context.evaluated_depsgraph_get()
    found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    first = 0
    for object_, material, uv_map in faces:
        evaluated = object_.evaluated_get(depsgraph)
        corners = None if object_.mode == "EDIT" else material_corners(evaluated, material, uv_map)
        if corners is None:
            return None
        uvs, positions, vertices = corners
        found.append((uvs, _areas(positions), vertices + first))
        first += len(evaluated.data.vertices)
    if not sum(len(uvs) for uvs, _, _ in found):
        return None
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def _areas(positions: NDArray[Any]) -> NDArray[Any]:
    edges = positions[:, 1:] - positions[:, :1]
    return 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
