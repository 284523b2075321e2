"""The sidebar's panels, the one in Material Properties, the Image Editor's, and the menu entries."""

import bpy

from . import live
from .properties import draw_setup, worker_python_path


class TEXTURE_STYLIZER_UL_textures(bpy.types.UIList):
    """The textures found, each with what a run does to it."""

    def draw_item(self, _context, layout, _data, item, _icon, _active_data, _active_property, _index) -> None:
        row = layout.row(align=True)
        if item.skipped:
            row.label(text=item.name, icon="CANCEL")
            row.label(text=item.skipped)
            row.active = False
            return
        row.prop(item, "wanted", text="")
        row.label(text=item.name, icon="TEXTURE")
        row.label(text=f"{item.role.replace('_', ' ').title()}, {item.size[0]} x {item.size[1]}")


class _Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Stylize"


class TEXTURE_STYLIZER_PT_stylize(_Sidebar, bpy.types.Panel):
    bl_label = "Stylize Textures"

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        run = context.window_manager.texture_stylizer_run
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        if run.active:
            _draw_run(layout, run)
            return
        if not worker_python_path(context):
            draw_setup(layout.box(), context)
        layout.template_icon_view(settings, "gallery", show_labels=True, scale=5.0, scale_popup=5.0)
        layout.prop(settings, "style_path")
        layout.prop(settings, "quality")
        layout.prop(settings, "content_weight")
        layout.prop(settings, "style_scale")
        layout.prop(settings, "scope", expand=True)
        row = layout.row()
        row.scale_y = 1.4
        row.operator("texture_stylizer.stylize", icon="BRUSH_DATA")


class TEXTURE_STYLIZER_PT_textures(_Sidebar, bpy.types.Panel):
    bl_label = "Textures"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        self.layout.operator("texture_stylizer.find", icon="VIEWZOOM")
        if settings.textures:
            self.layout.template_list(
                "TEXTURE_STYLIZER_UL_textures", "", settings, "textures", settings, "active_texture"
            )


class TEXTURE_STYLIZER_PT_options(_Sidebar, bpy.types.Panel):
    bl_label = "Options"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "variant")
        layout.prop(settings, "preserve_color")
        layout.prop(settings, "bake")
        if settings.bake:
            layout.prop(settings, "bake_size")
        if settings.more_styles:
            layout.prop(settings, "first_weight", text="First Style's Weight")
        for index, style in enumerate(settings.more_styles):
            row = layout.row(align=True)
            row.prop(style, "path", text="")
            row.prop(style, "weight", text="")
            row.operator("texture_stylizer.remove_style", text="", icon="X").index = index
        layout.operator("texture_stylizer.add_style", icon="ADD")


class TEXTURE_STYLIZER_PT_variants(_Sidebar, bpy.types.Panel):
    bl_label = "Variants"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return not context.window_manager.texture_stylizer_run.active

    def draw(self, context: bpy.types.Context) -> None:
        draw_variants(self.layout, context)


class TEXTURE_STYLIZER_PT_material(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "material"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.object is not None and context.object.active_material is not None

    def draw(self, context: bpy.types.Context) -> None:
        from ..scene.records import record_of

        record = record_of(context.object.active_material)
        if record is not None:
            original = record.original.name if record.original else "a material that is gone"
            self.layout.label(text=f"Variant {record.variant} of {original}", icon="BRUSH_DATA")
        self.layout.operator("texture_stylizer.stylize", icon="BRUSH_DATA")
        draw_variants(self.layout, context)


class TEXTURE_STYLIZER_PT_image(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Stylize"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator("texture_stylizer.use_as_style", icon="IMAGE_REFERENCE")


def draw_variants(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The variants of the file, with buttons to show, rename, keep and remove each."""
    from ..scene.variants import list_variants, shown_variants

    found = sorted(list_variants())
    if not found:
        layout.label(text="None yet", icon="INFO")
        return
    shown = shown_variants(context.selected_objects)
    row = layout.row(align=True)
    row.operator(
        "texture_stylizer.show_variant", text="Original", depress=not shown, icon="LOOP_BACK"
    ).name = ""
    row.operator("texture_stylizer.compare", text="", icon="UV_SYNC_SELECT")
    for name in found:
        row = layout.row(align=True)
        row.operator("texture_stylizer.show_variant", text=name, depress=name in shown).name = name
        row.operator("texture_stylizer.rename_variant", text="", icon="GREASEPENCIL").name = name
        row.operator("texture_stylizer.keep_variant", text="", icon="CHECKMARK").name = name
        row.operator("texture_stylizer.remove_variant", text="", icon="X").name = name


def _draw_run(layout: bpy.types.UILayout, run: bpy.types.PropertyGroup) -> None:
    layout.progress(factor=run.fraction, text=f"{run.fraction:.0%}")
    layout.label(text=run.text)
    if live.icon():
        layout.template_icon(icon_value=live.icon(), scale=10.0)
    layout.operator("texture_stylizer.cancel", icon="CANCEL")


def draw_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The entry in the Object menu and the context menu; F3 finds it through them."""
    self.layout.separator()
    self.layout.operator("texture_stylizer.stylize", icon="BRUSH_DATA")
    self.layout.operator("texture_stylizer.compare")


MENUS = ("VIEW3D_MT_object", "VIEW3D_MT_object_context_menu")
CLASSES = [
    TEXTURE_STYLIZER_UL_textures,
    TEXTURE_STYLIZER_PT_stylize,
    TEXTURE_STYLIZER_PT_textures,
    TEXTURE_STYLIZER_PT_options,
    TEXTURE_STYLIZER_PT_variants,
    TEXTURE_STYLIZER_PT_material,
    TEXTURE_STYLIZER_PT_image,
]
