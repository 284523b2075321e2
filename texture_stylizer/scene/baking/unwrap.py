"""The UV map that a colour is baked through: the renderer's, or one by Smart UV Project."""

from __future__ import annotations

from typing import Any

import bpy

from ...descriptions import BakeOptions
from ...errors import BadInput
from ..materials.records import original_of
from ..node_trees.uv_maps import render_uv_map
from .temporary_scene import as_active, removed_afterwards, temporary_scene


def has_no_uv_map(object_: Any) -> bool:
    return object_.type == "MESH" and render_uv_map(object_) is None


def uv_map_of(object_: Any, material: Any, options: BakeOptions) -> str:
    """The map that the renderer uses, made when asked for. Raises BadInput when there is none."""
    if object_.type != "MESH":
        raise BadInput(
            f"{material.name} on {object_.name} cannot be baked: it is no mesh; convert it to one first"
        )
    if not object_.data.polygons:
        raise BadInput(f"{material.name} on {object_.name} cannot be baked: the mesh has no faces")
    if not any(original_of(slot.material) == material for slot in object_.material_slots):
        raise BadInput(
            f"{material.name} on {object_.name} cannot be baked: a modifier puts it there; apply that first"
        )
    found = render_uv_map(object_)
    if found is None and options.unwrap:
        found = smart_uv_map(object_)
    if found is None:
        raise BadInput(
            f"{material.name} on {object_.name} cannot be baked: it has no UV map; unwrap it, "
            "or ask for Smart UV Project"
        )
    return found


def smart_uv_map(object_: Any) -> str:
    """Add a UV map by Smart UV Project to an object without one. Returns its name."""
    if not object_.data.is_editable:
        raise BadInput(f"the mesh of {object_.name} is linked and cannot get a UV map; unwrap it in its file")
    with temporary_scene() as scene, removed_afterwards() as temporary:
        helper = bpy.data.objects.new("unwrap", object_.data)
        temporary.append((bpy.data.objects, helper))
        scene.collection.objects.link(helper)
        layer = object_.data.uv_layers.new(name="UVMap")
        name = layer.name
        with as_active(scene, helper):
            bpy.ops.object.mode_set(mode="EDIT")
            try:
                with bpy.context.temp_override(edit_object=helper, mode="EDIT_MESH"):
                    bpy.ops.mesh.select_all(action="SELECT")
                    bpy.ops.uv.smart_project(island_margin=0.02)
            finally:
                bpy.ops.object.mode_set(mode="OBJECT")
    return name
