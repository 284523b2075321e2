"""The sidebar's panels, the one in Material Properties, the Image Editor's, and the menu entries."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from . import live, strength
from .presets import TEXTURE_STYLIZER_PT_presets
from .properties import draw_setup, worker_python_path
from .session import LINE


class TEXTURE_STYLIZER_UL_textures(bpy.types.UIList):
    """The textures found, each with what a run does to it."""

    def draw_item(self, _context, layout, _data, item, _icon, _active_data, _active_property, _index) -> None:
        row = layout.row(align=True)
        if item.skipped:
            row.label(text=item.name, icon="CANCEL", translate=False)
            row.label(text=item.skipped, translate=False)
            row.active = False
            return
        row.prop(item, "wanted", text="")
        row.label(text=item.name, icon="TEXTURE", translate=False)
        role = iface(item.role.replace("_", " ").title())
        row.label(text=f"{role}, {item.size[0]} x {item.size[1]}", translate=False)


class _Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Stylize"


class TEXTURE_STYLIZER_PT_stylize(_Sidebar, bpy.types.Panel):
    bl_label = "Stylize Textures"

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        TEXTURE_STYLIZER_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        run = context.window_manager.texture_stylizer_run
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        if run.active:
            _draw_run(layout, run)
        if not worker_python_path(context):
            draw_setup(layout.box(), context)
        layout.template_icon_view(settings, "gallery", show_labels=True, scale=5.0, scale_popup=5.0)
        if settings.style_image is None:
            layout.prop(settings, "style_path")
        layout.prop(settings, "style_image")
        layout.prop(settings, "quality")
        layout.prop(settings, "content_weight")
        layout.prop(settings, "style_scale")
        layout.prop(settings, "scope", expand=True)
        row = layout.row()
        row.scale_y = 1.4
        row.operator(
            "texture_stylizer.stylize",
            text="Stylize After This Run" if run.active else "Stylize Textures",
            icon="BRUSH_DATA",
        )


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
        layout.prop(settings, "seams")
        if settings.seams:
            layout.prop(settings, "style_width")
            layout.prop(settings, "style_direction")
        layout.prop(settings, "bake")
        if settings.bake:
            layout.prop(settings, "bake_size")
        if settings.more_styles:
            layout.prop(settings, "first_weight", text="First Style's Weight")
        for index, style in enumerate(settings.more_styles):
            row = layout.row(align=True)
            if style.image is None:
                row.prop(style, "path", text="")
            if not style.path:
                row.prop(style, "image", text="")
            row.prop(style, "weight", text="")
            row.operator("texture_stylizer.remove_style", text="", icon="X").index = index
        layout.operator("texture_stylizer.add_style", icon="ADD")


class TEXTURE_STYLIZER_PT_variants(_Sidebar, bpy.types.Panel):
    bl_label = "Variants"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"

    def draw(self, context: bpy.types.Context) -> None:
        from ..scene.variants import list_variants, variants_for

        settings = context.scene.texture_stylizer
        if not list_variants():
            self.layout.label(text="None yet", icon="INFO")
            return
        self.layout.row().prop(settings, "listed", expand=True)
        everything = settings.listed == "SCENE"
        draw_variants(
            self.layout, context, list_variants() if everything else variants_for(context.selected_objects)
        )
        column = self.layout.column(align=True)
        column.operator("texture_stylizer.purge_variants", icon="TRASH")
        column.operator("texture_stylizer.give_to_gltf", icon="EXPORT")


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
        from ..scene.variants import variants_for

        material = context.object.active_material
        record = record_of(material)
        if record is not None:
            original = record.original.name if record.original else iface("a material that is gone")
            text = iface("Variant {} of {}").format(record.variant, original)
            self.layout.label(text=text, icon="BRUSH_DATA", translate=False)
        self.layout.operator(
            "texture_stylizer.stylize", text="Stylize This Material", icon="BRUSH_DATA"
        ).only_material = True
        found = variants_for([context.object], material)
        if found:
            draw_variants(self.layout, context, found, only_material=True)


class TEXTURE_STYLIZER_PT_image(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Stylize"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator("texture_stylizer.use_as_style", icon="IMAGE_REFERENCE")


def draw_variants(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    variants: dict[str, list[bpy.types.Material]],
    *,
    only_material: bool = False,
) -> None:
    """Variants, each with its picture and buttons to show, rename, keep and remove it."""
    from ..scene.variants import shown_variants

    shown = shown_variants([context.object] if only_material else context.selected_objects)
    row = layout.row(align=True)
    original = row.operator(
        "texture_stylizer.show_variant", text="Original", depress=not shown, icon="LOOP_BACK"
    )
    original.name, original.only_material = "", only_material
    row.operator("texture_stylizer.compare", text="", icon="UV_SYNC_SELECT")
    for name, copies in sorted(variants.items()):
        _draw_variant(layout, name, copies, name in shown, only_material)


def _draw_variant(
    layout: bpy.types.UILayout,
    name: str,
    copies: list[bpy.types.Material],
    shown: bool,
    only_material: bool,
) -> None:
    from ..scene.variants import images_of

    row = layout.row(align=True)
    images = images_of(copies)
    if images:
        row.template_icon(icon_value=layout.icon(images[0]), scale=2.0)
    row = row.row(align=True)
    row.scale_y = 2.0 if images else 1.0
    button = row.operator("texture_stylizer.show_variant", text=name, translate=False, depress=shown)
    button.name, button.only_material = name, only_material
    row.operator("texture_stylizer.rename_variant", text="", icon="GREASEPENCIL").name = name
    row.operator("texture_stylizer.keep_variant", text="", icon="CHECKMARK").name = name
    row.operator("texture_stylizer.remove_variant", text="", icon="X").name = name
    strength.draw(layout, copies)


def _draw_run(layout: bpy.types.UILayout, run: bpy.types.PropertyGroup) -> None:
    layout.progress(factor=run.fraction, text=f"{run.fraction:.0%}")
    layout.label(text=run.text, translate=False)
    if live.icon():
        layout.template_icon(icon_value=live.icon(), scale=10.0)
    layout.operator("texture_stylizer.cancel", icon="CANCEL")
    if len(LINE) > 1:
        row = layout.row()
        row.label(text=iface("{} more waiting").format(len(LINE) - 1), icon="SORTTIME", translate=False)
        row.operator("texture_stylizer.cancel", text="Cancel All").everything = True


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
