"""The options of a run, as panels within the sidebar's and within the one of Material Properties."""

import bpy

from ...settings import OF_OTHER_MAPS
from ..window.regions import InSidebar


class _Options:
    """What a run does beyond the first panel's sliders."""

    layout: bpy.types.UILayout
    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        layout = self.layout
        _draw_labelled(layout, settings, "variant", "preserve_color")
        layout.prop(settings, "protect_detail")
        layout.prop(settings, "seams")
        if settings.seams:
            layout.prop(settings, "style_width")
            _draw_labelled(layout, settings, "style_direction")
        column = layout.column(align=True)
        _draw_labelled(column, settings, "mask", *(("base",) if settings.mask else ()))
        column.operator("texture_stylizer.mask_from_faces", icon="FACESEL")
        column = layout.column(align=True)
        for name in OF_OTHER_MAPS:
            column.prop(settings, name)
        layout.prop(settings, "bake")
        if settings.bake:
            layout.prop(settings, "bake_size")
        if settings.more_styles or settings.first_where:
            layout.prop(settings, "first_weight", text="First Style's Weight")
            layout.prop(settings, "first_where", icon="MATERIAL")
        for index, style in enumerate(settings.more_styles):
            row = layout.row(align=True)
            row.prop(style, "title", text="")
            row.operator("texture_stylizer.browse_style", text="", icon="FILEBROWSER").index = index
            weight = row.row()
            weight.ui_units_x = 2.5
            weight.prop(style, "weight", text="")
            row.operator("texture_stylizer.remove_style", text="", icon="X").index = index
            layout.prop(style, "where", icon="MATERIAL")
        layout.operator("texture_stylizer.add_style", icon="ADD")


class _Advanced:
    """What few need."""

    layout: bpy.types.UILayout
    bl_label = "Advanced"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        layout = self.layout
        _draw_labelled(layout, settings, "features")
        if settings.features == "file":
            layout.prop(settings, "features_path", text="")
        _draw_labelled(layout, settings, "device", "precision", "wrap")
        layout.label(text="Roles")
        layout.row(align=True).prop(settings, "roles")
        column = layout.column(align=True)
        row = column.row(align=True)
        row.prop(settings, "seed")
        row.operator("texture_stylizer.other_seed", text="", icon="FILE_REFRESH")
        for name in ("iterations", "scales", "max_size"):
            column.prop(settings, name)
        if settings.bake:
            layout.prop(settings, "bake_margin")
            layout.prop(settings, "bake_unwrap")
            _draw_labelled(layout, settings, "bake_sharing")


class _InSidebar(InSidebar):
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"


class _InMaterial:
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "material"
    bl_parent_id = "TEXTURE_STYLIZER_PT_material"


class TEXTURE_STYLIZER_PT_options(_InSidebar, _Options, bpy.types.Panel):
    pass


class TEXTURE_STYLIZER_PT_advanced(_InSidebar, _Advanced, bpy.types.Panel):
    pass


class TEXTURE_STYLIZER_PT_material_options(_InMaterial, _Options, bpy.types.Panel):
    pass


class TEXTURE_STYLIZER_PT_material_advanced(_InMaterial, _Advanced, bpy.types.Panel):
    pass


def _draw_labelled(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup, *names: str) -> None:
    """Properties, each below its name: beside it neither would fit."""
    for name in names:
        column = layout.column(align=True)
        column.label(text=settings.bl_rna.properties[name].name)
        column.prop(settings, name, text="")


OF_SIDEBAR = [TEXTURE_STYLIZER_PT_options, TEXTURE_STYLIZER_PT_advanced]
OF_MATERIAL = [TEXTURE_STYLIZER_PT_material_options, TEXTURE_STYLIZER_PT_material_advanced]
