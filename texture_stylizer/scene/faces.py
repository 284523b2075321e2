"""The surface behind a texture: the faces that show it through a UV map, copied for the worker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from .materials.material_users import material_users
from .materials.records import original_of
from .node_trees.uv_maps import UvPlace, render_uv_map, uv_place
from .node_trees.walk import nodes_at
from .texture_uses import TextureUse

Faces = tuple[Any, Any, UvPlace]
"""An object, the material whose faces are meant, and the place in a UV map that shows them."""


def copy_meshes(faces: Iterable[Faces]) -> dict[str, NDArray[Any]]:
    """What `jobs.mesh_file` reads of faces from `faces_of`, as plain arrays for `np.savez`.

    The meshes are the evaluated ones: modifiers make faces and move UVs. Raises BadInput, saying why, where
    some object has no such UV map: what is not known to be on a face must not count as unused.
    """
    depsgraph = bpy.context.evaluated_depsgraph_get()
    arrays: dict[str, NDArray[Any]] = {}
    for number, (object_, material, place) in enumerate(faces):
        evaluated = object_.evaluated_get(depsgraph)
        name = place.uv_map or render_uv_map(evaluated)
        if object_.mode == "EDIT":
            raise BadInput(f"{object_.name} is in edit mode")
        if name is None or name not in evaluated.data.uv_layers:
            raise BadInput(f"{object_.name} has no UV map {place.uv_map}".rstrip())
        for key, array in copy_mesh(evaluated, material, name).items():
            arrays[f"{key}.{number}"] = array
        uvs = arrays[f"uvs.{number}"]
        if place != UvPlace(place.uv_map):
            transform = np.array(place.transform, dtype=np.float32)
            uvs[:] = uvs @ transform[:, :2].T + transform[:, 2]
    return arrays


def faces_of(uses: Sequence[TextureUse], objects: Iterable[Any]) -> list[Faces]:
    """All faces that show an image. Raises BadInput, saying why, when something shows it otherwise than
    through a UV map.

    What is not known to be on a face must not count as unused: the image is then a flat picture.
    """
    users = {material.session_uid: (material, found) for material, found in material_users(objects).items()}
    faces: dict[tuple[int, int, UvPlace], Faces] = {}
    for row in (row for use in uses for row in use.places):
        if row.session_uid not in users:
            continue
        material, found = users[row.session_uid]
        *groups, node = nodes_at(material, row.path)
        place = uv_place(node, tuple(groups))
        if place is None:
            raise BadInput(
                f"{material.name} does not place it by a UV map that is moved, turned or scaled alone"
            )
        for object_ in found.editable:
            if object_.type != "MESH":
                raise BadInput(f"{object_.name} is no mesh")
            faces[object_.session_uid, row.session_uid, place] = object_, material, place
    return list(faces.values())


def copy_mesh(evaluated: Any, material: Any, uv_map: str) -> dict[str, NDArray[Any]]:
    """The arrays of an evaluated object's mesh, as `jobs.mesh_file.ARRAYS` names them.

    Faces are chosen that show `material`, an original one, or a variant of it.
    """
    mesh = evaluated.data
    # Stored arrays are copied as they are: others take a hundred times as long, and the window waits.
    uvs = np.empty((len(mesh.loops), 2), dtype=np.float32)
    corners = np.empty(len(mesh.loops), dtype=np.int32)
    starts = np.empty(len(mesh.polygons), dtype=np.int32)
    slots = np.zeros(len(mesh.polygons), dtype=np.int32)
    positions = np.empty((len(mesh.vertices), 3), dtype=np.float32)
    if len(mesh.polygons):
        mesh.uv_layers[uv_map].uv.foreach_get("vector", uvs.ravel())
        mesh.attributes[".corner_vert"].data.foreach_get("value", corners)
        mesh.attributes["position"].data.foreach_get("vector", positions.ravel())
        mesh.polygons.foreach_get("loop_start", starts)
        # The attribute is left out where every face has the first material.
        if "material_index" in mesh.attributes:
            mesh.attributes["material_index"].data.foreach_get("value", slots)
    shows = [
        slot.material is not None and original_of(slot.material.original) == material
        for slot in evaluated.material_slots
    ] or [False]
    return {
        "uvs": uvs,
        "corners": corners,
        "starts": starts,
        "chosen": np.array(shows)[np.minimum(slots, len(shows) - 1)],
        "positions": positions,
        "matrix": np.array(evaluated.matrix_world),
    }
