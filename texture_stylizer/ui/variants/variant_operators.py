"""Operators on variants: show, compare, rename, remove, make permanent, purge, hand to the glTF exporter."""

from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt

from ...errors import StylizerError
from ..running.run_operators import chosen_objects


def change_scene(operator: bpy.types.Operator, change: Callable[[], object]) -> set[str]:
    """Make a change to the scene; an error becomes one sentence in the status bar. Returns the operator's
    result."""
    try:
        change()
    except StylizerError as error:
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    return {"FINISHED"}


class _OnVariant(bpy.types.Operator):
    """What the operators share: the name of a variant."""

    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Variant")  # type: ignore[valid-type]


class TEXTURE_STYLIZER_OT_show_variant(_OnVariant):
    """Show this variant on the chosen objects, or the original materials"""

    bl_idname = "texture_stylizer.show_variant"
    bl_label = "Show Texture Variant"

    only_material: bpy.props.BoolProperty(
        name="Only the Active Material",
        description="Change the active material of the active object alone",
        options={"HIDDEN", "SKIP_SAVE"},
    )  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...scene.materials.records import original_of
        from ...scene.variants.show import use_original, use_variant

        objects, material = chosen_objects(context), None
        if self.only_material and context.object is not None:
            objects, material = [context.object], original_of(context.object.active_material)
        if self.name:
            return change_scene(self, lambda: use_variant(self.name, objects, material))
        return change_scene(self, lambda: use_original(objects, material))


class TEXTURE_STYLIZER_OT_remove_variant(_OnVariant):
    """Delete this variant's materials and images; objects that show it get their originals back"""

    bl_idname = "texture_stylizer.remove_variant"
    bl_label = "Remove Texture Variant"

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...scene.variants.edit import remove_variant

        return change_scene(self, lambda: remove_variant(self.name))


class TEXTURE_STYLIZER_OT_keep_variant(_OnVariant):
    """Make this variant permanent: its materials take the originals' names and are no variant any more"""

    bl_idname = "texture_stylizer.keep_variant"
    bl_label = "Make Texture Variant Permanent"

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...scene.variants.permanent import make_permanent

        return change_scene(self, lambda: make_permanent(self.name))


class TEXTURE_STYLIZER_OT_rename_variant(_OnVariant):
    """Give this variant another name"""

    bl_idname = "texture_stylizer.rename_variant"
    bl_label = "Rename Texture Variant"

    new_name: bpy.props.StringProperty(name="New Name")  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        self.new_name = self.name
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...scene.variants.edit import rename_variant

        return change_scene(self, lambda: rename_variant(self.name, self.new_name))


class TEXTURE_STYLIZER_OT_compare(bpy.types.Operator):
    """Switch the chosen objects between what they show and their originals, to compare"""

    bl_idname = "texture_stylizer.compare"
    bl_label = "Compare with Original"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...scene.variants.show import compare

        compare(chosen_objects(context))
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_purge_variants(bpy.types.Operator):
    """Remove every variant that no object of this file shows, with its materials and images"""

    bl_idname = "texture_stylizer.purge_variants"
    bl_label = "Purge Unused Variants"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...scene.variants.edit import purge_unused_variants

        removed = purge_unused_variants()
        if not removed:
            self.report({"INFO"}, rpt("Every variant is shown on some object; none was removed"))
            return {"CANCELLED"}
        self.report({"INFO"}, rpt("Removed: {}").format(", ".join(removed)))
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_give_to_gltf(bpy.types.Operator):
    """Enter the variants of the chosen objects in the glTF exporter's list, which it writes into the model \
as KHR_materials_variants"""

    bl_idname = "texture_stylizer.give_to_gltf"
    bl_label = "Hand Variants to glTF"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...scene.export.gltf_variants import give_to_gltf, writes_variants

        was_on = writes_variants()
        names: list[Any] = []
        result = change_scene(self, lambda: names.extend(give_to_gltf(chosen_objects(context))))
        if names:
            sentence = (
                rpt("The next glTF export carries: {}")
                if was_on
                else rpt("Material Variants is turned on for the glTF exporter, which carries: {}")
            )
            self.report({"INFO"}, sentence.format(", ".join(names)))
        return result


CLASSES = [
    TEXTURE_STYLIZER_OT_show_variant,
    TEXTURE_STYLIZER_OT_remove_variant,
    TEXTURE_STYLIZER_OT_keep_variant,
    TEXTURE_STYLIZER_OT_rename_variant,
    TEXTURE_STYLIZER_OT_compare,
    TEXTURE_STYLIZER_OT_purge_variants,
    TEXTURE_STYLIZER_OT_give_to_gltf,
]
