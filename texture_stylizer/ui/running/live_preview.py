"""The picture of the moment while a run is under way: in the panel, and drawn over the model in the viewport.

Nothing enters the user's file: the viewport's picture is drawn by the GPU over the object's own faces, so an
undo or a save during a run finds the scene as it is.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import bpy

from ...jobs.background import in_background
from ...scene.materials.records import original_of
from ...scene.node_trees.uv_maps import render_uv_map
from ..window.thumbnails import Thumbnails

CHUNK = 20_000
"""Triangles that are handed to the GPU at a time."""


@dataclass
class Picture:
    """A texture's picture of the moment, and whose faces it is drawn on."""

    texture: Any
    material_uids: set[int]
    object_uids: tuple[int, ...]


class Faces:
    """The faces of an object that show one material, on their way to the GPU: chunk by chunk, so that no
    redraw takes long."""

    def __init__(self, chunks: Future[list[dict[str, Any]]] | None) -> None:
        self.batches: list[Any] = []
        self._chunks = chunks

    def take_one(self, shader: Any) -> bool:
        """Hand over one more chunk, if a thread has it ready. Returns whether all are there."""
        from gpu_extras.batch import batch_for_shader

        if self._chunks is None:
            return True
        if not self._chunks.done():
            return False
        chunks = self._chunks.result()
        if len(self.batches) < len(chunks):
            self.batches.append(batch_for_shader(shader, "TRIS", chunks[len(self.batches)]))
        if len(self.batches) < len(chunks):
            return False
        self._chunks = None
        return True


_shown: dict[str, Any] = {"icon": 0, "pictures": {}, "handle": None}
_thumbnails = Thumbnails()
_faces: dict[tuple[int, int], Faces] = {}
"""By object and material."""


def show_icon(path: str) -> None:
    """Take a preview of the worker for the panel: a small PNG."""
    _shown["icon"] = _thumbnails.icon_of_passing(path) or _shown["icon"]


def show_on_model(
    key: Hashable, message: dict[str, Any], material_uids: set[int], object_uids: tuple[int, ...]
) -> None:
    """Take a preview of the worker for the viewport: the file `pixels` is the picture as raw float32 RGBA,
    bottom row first, of `width` x `height`."""
    if not bpy.app.background:
        _shown["pictures"][key] = Picture(_texture(message), material_uids, object_uids)
        if _shown["handle"] is None:
            _shown["handle"] = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")


def icon() -> int:
    """The icon to draw, or 0 while there is none."""
    return _shown["icon"]


def clear() -> None:
    """Forget the pictures of a run that ended."""
    if _shown["handle"] is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_shown["handle"], "WINDOW")
    _thumbnails.free()
    _shown.update(icon=0, handle=None, pictures={})
    _faces.clear()


def _texture(message: dict[str, Any]) -> Any:
    import gpu

    width, height = message["width"], message["height"]
    values = array("f")
    with open(message["pixels"], "rb") as file:
        values.fromfile(file, width * height * 4)
    buffer = gpu.types.Buffer("FLOAT", width * height * 4, values)
    return gpu.types.GPUTexture((width, height), format="RGBA32F", data=buffer)


def _draw() -> None:
    """Draw every picture over the faces that use it; called by the viewport."""
    import gpu

    shader = _shader()
    gpu.state.depth_test_set("LESS_EQUAL")
    gpu.state.blend_set("NONE")
    view = bpy.context.region_data.perspective_matrix
    for object_ in bpy.context.visible_objects:
        if object_.type != "MESH" or object_.mode == "EDIT":
            continue
        for picture in _shown["pictures"].values():
            if object_.session_uid not in picture.object_uids:
                continue
            for batch in _batches_of(object_, picture, shader):
                shader.bind()
                shader.uniform_float("toClip", view @ object_.matrix_world)
                shader.uniform_float("toWorld", object_.matrix_world)
                shader.uniform_sampler("picture", picture.texture)
                batch.draw(shader)
    gpu.state.depth_test_set("NONE")


def _batches_of(object_: Any, picture: Picture, shader: Any) -> list[Any]:
    """What is drawn of an object for a picture; more with every call while its faces come."""
    batches = []
    # A variant's copy on show stands for its original, which the run works on.
    materials = {original_of(slot.material) for slot in object_.material_slots if slot.material is not None}
    for material in materials:
        if material.session_uid not in picture.material_uids:
            continue
        key = object_.session_uid, material.session_uid
        if key not in _faces:
            _faces[key] = Faces(_gather(object_, material))
        faces = _faces[key]
        if not faces.take_one(shader) and bpy.context.region is not None:
            bpy.context.region.tag_redraw()
        batches += faces.batches
    return batches


def _gather(object_: Any, material: Any) -> Future[list[dict[str, Any]]] | None:
    """Copy a mesh and begin to divide its faces into triangles; None where there is nothing to draw."""
    from ...scene.faces import copy_mesh

    evaluated = object_.evaluated_get(bpy.context.evaluated_depsgraph_get())
    name = render_uv_map(evaluated)
    if name is None or not len(evaluated.data.polygons):
        return None
    arrays = copy_mesh(evaluated, material, name)
    return in_background(lambda: _divide(arrays))


def _divide(arrays: dict[str, Any]) -> list[dict[str, Any]]:
    """What the shader takes for each corner of the triangles that are drawn, in chunks."""
    import numpy as np

    from ...jobs.mesh_file import chosen_triangles

    triangles = chosen_triangles(arrays)
    vertices = arrays["corners"][triangles]
    positions = arrays["positions"][vertices]
    across = np.cross(positions[:, 1] - positions[:, 0], positions[:, 2] - positions[:, 0])
    normals = np.zeros_like(arrays["positions"])
    for corner in range(3):
        np.add.at(normals, vertices[:, corner], across)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    whole = {"position": positions, "normal": normals[vertices], "uv": arrays["uvs"][triangles]}
    return [
        {name: values[first : first + CHUNK].reshape(-1, values.shape[2]) for name, values in whole.items()}
        for first in range(0, len(triangles), CHUNK)
    ]


def _shader() -> Any:
    """Texture times a soft light from the viewer's upper left; made once."""
    if "shader" in _shown:
        return _shown["shader"]
    import gpu

    interface = gpu.types.GPUStageInterfaceInfo("texture_stylizer_preview")
    interface.smooth("VEC2", "uvOut")
    interface.smooth("VEC3", "normalOut")
    info = gpu.types.GPUShaderCreateInfo()
    info.push_constant("MAT4", "toClip")
    info.push_constant("MAT4", "toWorld")
    info.sampler(0, "FLOAT_2D", "picture")
    info.vertex_in(0, "VEC3", "position")
    info.vertex_in(1, "VEC3", "normal")
    info.vertex_in(2, "VEC2", "uv")
    info.vertex_out(interface)
    info.fragment_out(0, "VEC4", "fragColor")
    # A little nearer than the surface itself, so that it wins over it.
    info.vertex_source(
        "void main() { uvOut = uv; normalOut = mat3(toWorld) * normal;"
        " gl_Position = toClip * vec4(position, 1.0); gl_Position.z -= 2e-4 * gl_Position.w; }"
    )
    info.fragment_source(
        "void main() { vec3 lamp = normalize(vec3(-0.3, -0.5, 0.8));"
        " float light = 0.75 + 0.25 * dot(normalize(normalOut), lamp);"
        " vec3 c = texture(picture, uvOut).rgb * light;"
        " fragColor = vec4(mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c)), 1.0); }"
    )
    _shown["shader"] = gpu.shader.create_from_info(info)
    return _shown["shader"]
