"""The panel in the 3D View's sidebar."""

import bpy

from ..scene.variants import list_variants


class TEXTURE_STYLIZER_PT_stylize(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Stylize"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "style_path")
        layout.prop(settings, "quality")
        layout.prop(settings, "content_weight")
        layout.prop(settings, "style_scale")
        layout.prop(settings, "preserve_color")
        layout.prop(settings, "bake")
        if settings.bake:
            layout.prop(settings, "bake_size")
        layout.prop(settings, "variant")
        layout.operator("texture_stylizer.stylize", icon="BRUSH_DATA")
        variants = sorted(list_variants())
        if variants:
            column = layout.column(align=True)
            column.label(text="Show on Selected Objects")
            column.operator("texture_stylizer.show_variant", text="Original").name = ""
            for name in variants:
                column.operator("texture_stylizer.show_variant", text=name).name = name


CLASSES = [TEXTURE_STYLIZER_PT_stylize]
