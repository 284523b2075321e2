"""Objects -> the materials they show: slots, modifiers and instances, and which of them can be relinked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import bpy

from ..node_trees.uv_maps import render_uv_map
from .geometry_nodes import names_material
from .records import original_of


@dataclass
class MaterialUsers:
    """Who shows a material.

    objects: those that show it, in any way; editable: those whose slots can be pointed at a copy;
    reasons: why each of the others cannot, one sentence each, by object name.
    """

    by_name: dict[str, Any] = field(default_factory=dict)
    editable_by_name: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def objects(self) -> list[Any]:
        return list(self.by_name.values())

    @property
    def editable(self) -> list[Any]:
        return list(self.editable_by_name.values())


def material_users(objects: Iterable[Any], *, skip_hidden: bool = False) -> dict[Any, MaterialUsers]:
    """The materials that the objects show, each with its users, in the order found.

    A stylised copy stands for its original: a new run starts from what the artist made. skip_hidden: objects
    that are hidden or excluded in the view layer are listed, but count as not editable.
    """
    users: dict[Any, MaterialUsers] = {}
    shown = dict.fromkeys(objects)
    hidden = set(shown) - _visible_objects() if skip_hidden else set()
    for object_ in _with_instances(shown):
        reason = _why_not_editable(object_)
        if object_ in hidden:
            reason = f"the object {object_.name} is hidden; show it or name it"
        slot_materials = list(_slot_materials(object_))
        for material in slot_materials:
            _add(users, material, object_, reason)
        for material in _modifier_materials(object_):
            if material not in slot_materials:
                _add(users, material, object_, reason or _why_not_replaceable(object_, material))
    return users


def render_uv_map_of(users: MaterialUsers) -> str:
    """Name of the UV map that is meant where a material's nodes name none, or "" where no user has one."""
    meshes = (object_ for object_ in users.objects if object_.type == "MESH")
    return next((name for mesh in meshes if (name := render_uv_map(mesh)) is not None), "")


def materials_of(objects: Iterable[Any]) -> list[Any]:
    """The materials that the objects show, originals in place of stylised copies."""
    return list(material_users(objects))


def editable_objects(objects: Iterable[Any]) -> list[Any]:
    """The objects and their local instances whose slots can be pointed at copies."""
    return [object_ for object_ in _with_instances(objects) if _why_not_editable(object_) is None]


def _add(users: dict[Any, MaterialUsers], material: Any, object_: Any, reason: str | None) -> None:
    entry = users.setdefault(material, MaterialUsers())
    entry.by_name[object_.name_full] = object_
    if reason is not None:
        entry.reasons.setdefault(object_.name, reason)
    else:
        entry.editable_by_name[object_.name_full] = object_


def _slot_materials(object_: Any) -> Iterator[Any]:
    for slot in object_.material_slots:
        if slot.material is not None:
            yield original_of(slot.material)


def _why_not_replaceable(object_: Any, material: Any) -> str | None:
    if names_material(object_, material):
        return None
    return (
        f"a modifier of {object_.name} takes the material {material.name} from elsewhere; "
        "apply the modifier, or put the material into a slot"
    )


def _with_instances(objects: Iterable[Any]) -> list[Any]:
    """The objects, and those that they instance: collections, and what geometry nodes take from outside."""
    found: dict[Any, None] = {}
    waiting = list(objects)
    instancers = set()
    for object_ in waiting:
        if object_.instance_type != "NONE" or any(m.type == "NODES" for m in object_.modifiers):
            instancers.add(object_)
    while waiting:
        object_ = waiting.pop(0)
        if object_ in found:
            continue
        found[object_] = None
        if object_.instance_type == "COLLECTION" and object_.instance_collection is not None:
            waiting.extend(object_.instance_collection.all_objects)
    if instancers:
        for instance in bpy.context.evaluated_depsgraph_get().object_instances:
            if instance.is_instance and instance.parent and instance.parent.original in instancers:
                original = instance.object.original
                if original.name in bpy.data.objects:
                    found[original] = None
    return list(found)


def _modifier_materials(object_: Any) -> list[Any]:
    """Materials on the evaluated geometry: what Set Material and Replace Material put there."""
    if not any(modifier.type == "NODES" and modifier.show_viewport for modifier in object_.modifiers):
        return []
    evaluated = object_.evaluated_get(bpy.context.evaluated_depsgraph_get())
    materials = [slot.material for slot in evaluated.material_slots]
    if evaluated.data is not None and hasattr(evaluated.data, "materials"):
        materials += list(evaluated.data.materials)
    return [original_of(m.original) for m in dict.fromkeys(materials) if m is not None]


def _visible_objects() -> set[Any]:
    """The objects that are neither hidden nor excluded in some view layer of their scenes."""
    layers = [layer for scene in bpy.data.scenes for layer in scene.view_layers]
    return {object_ for layer in layers for object_ in layer.objects if object_.visible_get(view_layer=layer)}


def _why_not_editable(object_: Any) -> str | None:
    if object_.library is None:
        return None
    return (
        f"the object {object_.name} is linked from {object_.library.name}; "
        "make a library override of it, or work on that file"
    )
