"""Which part of the textures is restyled: the mask's field, the variant beneath, and masks from faces."""

# No `from __future__ import annotations`: Blender reads properties from evaluated annotations.

from collections.abc import Iterable
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt

FACES_NAME = "Stylize Mask"
"""The attribute that From Selected Faces writes."""


def _chosen(context: bpy.types.Context) -> list[Any]:
    if context.scene.texture_stylizer.scope == "SCENE":
        return list(context.scene.objects)
    return list(context.selected_objects)


def mask_names(_owner: Any, context: bpy.types.Context, _typed: str) -> list[str]:
    """The names that the mask's field offers: vertex groups, attributes and images."""
    from ...scene.masks import marks_named

    images = [image.name for image in bpy.data.images if image.type == "IMAGE"]
    return list(dict.fromkeys([*marks_named(_chosen(context)), *images]))


def where_names(owner: Any, context: bpy.types.Context, typed: str) -> list[str]:
    """The names that the field of a style's part offers: materials first, and what can be a mask."""
    from ...scene.materials.material_users import materials_of

    materials = [material.name for material in materials_of(_chosen(context))]
    return list(dict.fromkeys([*materials, *mask_names(owner, context, typed)]))


def variant_names(_owner: Any, _context: bpy.types.Context, _typed: str) -> list[str]:
    """The variants of the file."""
    from ...scene.variants.find import list_variants

    return sorted(list_variants())


def where_field() -> Any:
    """A property that names the part that a style is for."""
    return bpy.props.StringProperty(
        name="Only On",
        description="A material, or a mask, that this style is for; empty means whatever has no other",
        search=where_names,
        search_options={"SUGGESTION"},
    )


class PartSettings:
    """Properties that `StylizerSettings` takes in."""

    mask: bpy.props.StringProperty(
        name="Mask",
        description="A vertex group, a color attribute, marked faces or an image: what is white in it is "
        "restyled, what is black stays exactly as it is",
        search=mask_names,
        search_options={"SUGGESTION"},
    )  # type: ignore[valid-type]
    base: bpy.props.StringProperty(
        name="On Variant",
        description="The variant that is seen outside of the mask; empty means the original",
        search=variant_names,
        search_options={"SUGGESTION"},
    )  # type: ignore[valid-type]
    first_where: where_field()  # type: ignore[valid-type]

    protect_detail: bpy.props.FloatProperty(
        name="Protect Detail",
        description="How firmly lettering and other sharp lines of the original stay",
        subtype="FACTOR",
        min=0.0,
        max=1.0,
    )  # type: ignore[valid-type]

    def parts(self) -> dict[str, str]:
        """Fields of `RunOptions`."""
        return {"mask": self.mask, "base": self.base if self.mask else ""}


class TEXTURE_STYLIZER_OT_mask_from_faces(bpy.types.Operator):
    """Mark the selected faces of the selected objects, and restyle nothing else"""

    bl_idname = "texture_stylizer.mask_from_faces"
    bl_label = "From Selected Faces"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return any(_own_meshes(context))

    def execute(self, context: bpy.types.Context) -> set[str]:
        objects = list({object_.data: object_ for object_ in _own_meshes(context)}.values())
        name = _free_name(objects)
        marked = [_mark_in_edit_mode(o, name) if o.mode == "EDIT" else _mark(o, name) for o in objects]
        if not any(marked):
            self.report({"ERROR"}, rpt("No face is selected; select some in edit mode first"))
            return {"CANCELLED"}
        context.scene.texture_stylizer.mask = name
        return {"FINISHED"}


def _own_meshes(context: bpy.types.Context) -> Iterable[Any]:
    chosen = context.objects_in_mode if context.mode == "EDIT_MESH" else context.selected_objects
    return (object_ for object_ in chosen if object_.type == "MESH" and object_.data.library is None)


def _free_name(objects: list[Any]) -> str:
    """The name of the marks: one that no vertex group and no attribute of another kind has."""
    name, number = FACES_NAME, 1
    while any(_is_anothers(object_, name) for object_ in objects):
        number += 1
        name = f"{FACES_NAME} {number}"
    return name


def _is_anothers(object_: Any, name: str) -> bool:
    attribute = object_.data.attributes.get(name)
    kind = None if attribute is None else (attribute.data_type, attribute.domain)
    return name in object_.vertex_groups or kind not in (None, ("BOOLEAN", "FACE"))


def _mark(object_: Any, name: str) -> bool:
    """Mark a mesh's selected faces. Returns whether there are any."""
    mesh = object_.data
    selected = [False] * len(mesh.polygons)
    mesh.polygons.foreach_get("select", selected)
    if not any(selected) and name not in mesh.attributes:
        return False
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, "BOOLEAN", "FACE")
    attribute.data.foreach_set("value", selected)
    return any(selected)


def _mark_in_edit_mode(object_: Any, name: str) -> bool:
    import bmesh

    mesh = bmesh.from_edit_mesh(object_.data)
    layer = mesh.faces.layers.bool.get(name)
    if layer is None:
        if not any(face.select for face in mesh.faces):
            return False
        layer = mesh.faces.layers.bool.new(name)
    for face in mesh.faces:
        face[layer] = face.select
    bmesh.update_edit_mesh(object_.data)
    return any(face.select for face in mesh.faces)


CLASSES = [TEXTURE_STYLIZER_OT_mask_from_faces]
