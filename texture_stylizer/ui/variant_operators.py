"""Operators on variants: show, compare, rename, remove, make permanent."""

from collections.abc import Callable

import bpy

from ..errors import StylizerError
from .operators import chosen_objects


class _OnVariant(bpy.types.Operator):
    """What the operators share: a variant's name, and errors as one sentence."""

    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Variant")  # type: ignore[valid-type]

    def report_errors(self, change: Callable[[], object]) -> set[str]:
        """Make a change to the scene; an error becomes one sentence in the status bar."""
        try:
            change()
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_show_variant(_OnVariant):
    """Show this variant on the chosen objects, or the original materials"""

    bl_idname = "texture_stylizer.show_variant"
    bl_label = "Show Texture Variant"

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..scene.variants import use_original, use_variant

        objects = chosen_objects(context)
        if self.name:
            return self.report_errors(lambda: use_variant(self.name, objects))
        return self.report_errors(lambda: use_original(objects))


class TEXTURE_STYLIZER_OT_remove_variant(_OnVariant):
    """Delete this variant's materials and images; objects that show it get their originals back"""

    bl_idname = "texture_stylizer.remove_variant"
    bl_label = "Remove Texture Variant"

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..scene.variants import remove_variant

        return self.report_errors(lambda: remove_variant(self.name))


class TEXTURE_STYLIZER_OT_keep_variant(_OnVariant):
    """Make this variant permanent: its materials take the originals' names and are no variant any more"""

    bl_idname = "texture_stylizer.keep_variant"
    bl_label = "Make Texture Variant Permanent"

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..scene.variants import make_permanent

        return self.report_errors(lambda: make_permanent(self.name))


class TEXTURE_STYLIZER_OT_rename_variant(_OnVariant):
    """Give this variant another name"""

    bl_idname = "texture_stylizer.rename_variant"
    bl_label = "Rename Texture Variant"

    new_name: bpy.props.StringProperty(name="New Name")  # type: ignore[valid-type]

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        self.new_name = self.name
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..scene.variants import rename_variant

        return self.report_errors(lambda: rename_variant(self.name, self.new_name))


class TEXTURE_STYLIZER_OT_compare(bpy.types.Operator):
    """Switch the chosen objects between what they show and their originals, to compare"""

    bl_idname = "texture_stylizer.compare"
    bl_label = "Compare with Original"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..scene.variants import compare

        compare(chosen_objects(context))
        return {"FINISHED"}


CLASSES = [
    TEXTURE_STYLIZER_OT_show_variant,
    TEXTURE_STYLIZER_OT_remove_variant,
    TEXTURE_STYLIZER_OT_keep_variant,
    TEXTURE_STYLIZER_OT_rename_variant,
    TEXTURE_STYLIZER_OT_compare,
]
