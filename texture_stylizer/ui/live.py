"""The picture of the moment while a run is under way: in the panel, and drawn over the model in the viewport.

Nothing enters the user's file: the viewport's picture is drawn by the GPU over the object's own faces, so an
undo or a save during a run finds the scene as it is.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any

import bpy

LARGEST_MESH = 400_000
"""Triangles beyond which an object's picture is not drawn: gathering them would hold up the window."""


@dataclass
class Picture:
    """A texture's picture of the moment, and whose faces it is drawn on."""

    texture: Any
    material_uids: set[int]
    object_uids: tuple[int, ...]


_shown: dict[str, Any] = {"previews": None, "icon": 0, "number": 0, "pictures": {}, "handle": None}
_batches: dict[tuple[int, int], Any] = {}


def show(key: int, message: dict[str, Any], material_uids: set[int], object_uids: tuple[int, ...]) -> None:
    """Take a preview of the worker: `path` is a small PNG for the panel, `pixels` the picture as raw float32
    RGBA, bottom row first, of `width` x `height`."""
    import bpy.utils.previews

    if _shown["previews"] is None:
        _shown["previews"] = bpy.utils.previews.new()
    _shown["number"] += 1
    thumbnail = _shown["previews"].load(f"preview {_shown['number']}", message["path"], "IMAGE")
    # Read now: the worker's folder goes when the run ends.
    if len(thumbnail.image_pixels) and len(thumbnail.icon_pixels):
        _shown["icon"] = thumbnail.icon_id
    if not bpy.app.background:
        _shown["pictures"][key] = Picture(_texture(message), material_uids, object_uids)
        if _shown["handle"] is None:
            _shown["handle"] = bpy.types.SpaceView3D.draw_handler_add(_draw, (), "WINDOW", "POST_VIEW")


def icon() -> int:
    """The icon to draw, or 0 while there is none."""
    return _shown["icon"]


def clear() -> None:
    """Forget the pictures of a run that ended."""
    import bpy.utils.previews

    if _shown["handle"] is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_shown["handle"], "WINDOW")
    if _shown["previews"] is not None:
        bpy.utils.previews.remove(_shown["previews"])
    _shown.update(previews=None, icon=0, handle=None, pictures={})
    _batches.clear()


def _texture(message: dict[str, Any]) -> Any:
    import gpu

    width, height = message["width"], message["height"]
    values = array("f")
    with open(message["pixels"], "rb") as file:
        values.fromfile(file, width * height * 4)
    buffer = gpu.types.Buffer("FLOAT", width * height * 4, values)
    return gpu.types.GPUTexture((width, height), format="RGBA16F", data=buffer)


def _draw() -> None:
    """Draw every picture over the faces that use it; called by the viewport."""
    import gpu

    from ..scene.records import original_of

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
            for index, slot in enumerate(object_.material_slots):
                # A variant's copy on show stands for its original, which the run works on.
                if (
                    slot.material is None
                    or original_of(slot.material).session_uid not in picture.material_uids
                ):
                    continue
                batch = _batch(object_, index, shader)
                if batch is not None:
                    shader.bind()
                    shader.uniform_float("toClip", view @ object_.matrix_world)
                    shader.uniform_float("toWorld", object_.matrix_world)
                    shader.uniform_sampler("picture", picture.texture)
                    batch.draw(shader)
    gpu.state.depth_test_set("NONE")


def _batch(object_: Any, slot_index: int, shader: Any) -> Any:
    """The object's triangles of one slot with their UVs, gathered once in a run; None when there are none."""
    key = (object_.session_uid, slot_index)
    if key not in _batches:
        _batches[key] = _gather(object_, slot_index, shader)
    return _batches[key]


def _gather(object_: Any, slot_index: int, shader: Any) -> Any:
    from gpu_extras.batch import batch_for_shader

    evaluated = object_.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.data
    layer = next((layer for layer in mesh.uv_layers if layer.active_render), None)
    if layer is None or len(mesh.loop_triangles) > LARGEST_MESH:
        return None
    mesh.calc_loop_triangles()
    last = max(0, len(object_.material_slots) - 1)
    chosen = [t for t in mesh.loop_triangles if min(t.material_index, last) == slot_index]
    if not chosen:
        return None
    vertices, uvs = mesh.vertices, layer.uv
    return batch_for_shader(
        shader,
        "TRIS",
        {
            "position": [vertices[v].co[:] for t in chosen for v in t.vertices],
            "normal": [n[:] for t in chosen for n in t.split_normals],
            "uv": [uvs[loop].vector[:] for t in chosen for loop in t.loops],
        },
    )


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
