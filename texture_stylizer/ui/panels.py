"""The sidebar's panels, the one in Material Properties, the Image Editor's, and the menu entries."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from . import finished, gallery, live, operators, strength, texture_list, trial_operators
from .addon_paths import worker_python_path
from .presets import TEXTURE_STYLIZER_PT_presets
from .regions import CATEGORY
from .session import LINE
from .setup_box import draw_setup
from .texts import draw_text


class _Sidebar:
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY


class TEXTURE_STYLIZER_PT_stylize(_Sidebar, bpy.types.Panel):
    bl_label = "Stylize Textures"

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        TEXTURE_STYLIZER_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        layout = self.layout
        _draw_style(layout, context)
        layout.prop(settings, "look", text="")
        column = layout.column(align=True)
        column.prop(settings, "quality", text="")
        column.prop(settings, "content_weight", slider=True)
        column.prop(settings, "style_scale", slider=True)
        layout.row().prop(settings, "scope", expand=True)
        _draw_start(layout, context)
        if context.window_manager.texture_stylizer_run.active:
            _draw_run(layout.box(), context)
        elif context.window_manager.texture_stylizer_run.made:
            finished.draw(layout.box(), context)


def _draw_style(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The gallery and the one field that names the style; where there is none yet, words in its place."""
    settings = context.scene.texture_stylizer
    if settings.has_style():
        layout.template_icon_view(settings, "gallery", scale=5.0, scale_popup=5.0)
    else:
        row = layout.row()
        row.scale_y = 3.0
        row.prop(settings, "gallery", text="")
    row = layout.row(align=True)
    row.prop(settings, "style_name", text="", icon="BRUSHES_ALL")
    row.operator("texture_stylizer.browse_style", text="", icon="FILEBROWSER")
    row.operator("texture_stylizer.add_style_folder", text="", icon="NEWFOLDER")
    star = "SOLO_ON" if gallery.is_favorite(gallery.key_of(settings), context) else "SOLO_OFF"
    row.operator("texture_stylizer.favorite_style", text="", icon=star)


def _draw_start(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The button that starts a run, with what is missing; or the one that sets up what a run needs."""
    if not worker_python_path(context):
        draw_setup(layout.box(), context)
        return
    operator = operators.TEXTURE_STYLIZER_OT_stylize
    missing = operator.missing(context)
    row = layout.row()
    row.scale_y = 1.5
    row.enabled = not missing
    running = context.window_manager.texture_stylizer_run.active
    text = "Stylize After This Run" if running else "Stylize Textures"
    row.operator(operator.bl_idname, text=text, icon="BRUSH_DATA")
    if missing:
        draw_text(layout, context, iface(missing), "INFO")


class TEXTURE_STYLIZER_PT_textures(_Sidebar, bpy.types.Panel):
    bl_label = "Textures"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        texture_list.draw(self.layout, context)


class TEXTURE_STYLIZER_PT_trials(_Sidebar, bpy.types.Panel):
    bl_label = "Try Styles"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(worker_python_path(context))

    def draw(self, context: bpy.types.Context) -> None:
        texture_list.follow_selection(context)
        trial_operators.draw(self.layout, context)


class TEXTURE_STYLIZER_PT_options(_Sidebar, bpy.types.Panel):
    bl_label = "Options"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        layout = self.layout
        draw_labelled(layout, settings, "variant", "preserve_color")
        layout.prop(settings, "seams")
        if settings.seams:
            layout.prop(settings, "style_width")
            draw_labelled(layout, settings, "style_direction")
        layout.prop(settings, "bake")
        if settings.bake:
            layout.prop(settings, "bake_size")
        if settings.more_styles:
            layout.prop(settings, "first_weight", text="First Style's Weight")
        for index, style in enumerate(settings.more_styles):
            row = layout.row(align=True)
            row.prop(style, "title", text="")
            row.operator("texture_stylizer.browse_style", text="", icon="FILEBROWSER").index = index
            weight = row.row()
            weight.ui_units_x = 2.5
            weight.prop(style, "weight", text="")
            row.operator("texture_stylizer.remove_style", text="", icon="X").index = index
        layout.operator("texture_stylizer.add_style", icon="ADD")


class TEXTURE_STYLIZER_PT_advanced(_Sidebar, bpy.types.Panel):
    bl_label = "Advanced"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        layout = self.layout
        draw_labelled(layout, settings, "features")
        if settings.features == "file":
            layout.prop(settings, "features_path", text="")
        draw_labelled(layout, settings, "device", "precision", "wrap")
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
            draw_labelled(layout, settings, "bake_sharing")


def draw_labelled(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup, *names: str) -> None:
    """Properties, each below its name: beside it neither would fit."""
    for name in names:
        column = layout.column(align=True)
        column.label(text=settings.bl_rna.properties[name].name)
        column.prop(settings, name, text="")


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
            draw_text(self.layout, context, text, "BRUSH_DATA")
        _draw_elsewhere(self.layout, context, "texture_stylizer.stylize_material")
        found = variants_for([context.object], material)
        if found:
            draw_variants(self.layout, context, found, only_material=True)


class TEXTURE_STYLIZER_PT_image(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = CATEGORY

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator("texture_stylizer.use_as_style", icon="IMAGE_REFERENCE")
        _draw_elsewhere(self.layout, context, "texture_stylizer.stylize_image")


class TEXTURE_STYLIZER_PT_node(bpy.types.Panel):
    bl_label = "Stylize Textures"
    bl_space_type = "NODE_EDITOR"
    bl_region_type = "UI"
    bl_category = CATEGORY

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return context.space_data.tree_type == "ShaderNodeTree" and context.space_data.shader_type == "OBJECT"

    def draw(self, context: bpy.types.Context) -> None:
        _draw_elsewhere(self.layout, context, "texture_stylizer.stylize_node")


def _draw_elsewhere(layout: bpy.types.UILayout, context: bpy.types.Context, operator: str) -> None:
    """What the panels of other editors have in common: the style, a button, and how far a run is."""
    run = context.window_manager.texture_stylizer_run
    _draw_style(layout, context)
    layout.prop(context.scene.texture_stylizer, "look", text="")
    if worker_python_path(context):
        layout.operator(operator, icon="BRUSH_DATA")
    else:
        draw_setup(layout.box(), context)
    if run.active:
        _draw_run(layout.box(), context)


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
    row.context_pointer_set("texture_stylizer_variant", copies[0])
    row.menu("TEXTURE_STYLIZER_MT_variant", text="", icon="DOWNARROW_HLT")
    strength.draw(layout, copies)


def _draw_run(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """How far the run is; every part keeps its place and its height from the first moment to the last."""
    run = context.window_manager.texture_stylizer_run
    layout.progress(factor=run.fraction, text=f"{run.fraction:.0%}")
    draw_text(layout, context, run.text, least=2)
    draw_text(layout, context, run.left, "TIME")
    if live.icon():
        layout.template_icon(icon_value=live.icon(), scale=8.0)
    else:
        row = layout.row()
        row.scale_y = 8.0
        row.label(text="The first picture comes in a moment")
    layout.operator("texture_stylizer.cancel", icon="CANCEL")
    row = layout.row()
    waiting = len(LINE) - 1
    row.label(text=iface("{} more waiting").format(waiting) if waiting else "", translate=False)
    if waiting:
        row.operator("texture_stylizer.cancel", text="Cancel All").everything = True


def draw_menu(self: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The entry in the Object menu and the context menu; F3 finds it through them."""
    self.layout.separator()
    self.layout.operator("texture_stylizer.stylize", icon="BRUSH_DATA")
    self.layout.operator("texture_stylizer.compare")


MENUS = ("VIEW3D_MT_object", "VIEW3D_MT_object_context_menu")
CLASSES = [
    TEXTURE_STYLIZER_PT_stylize,
    TEXTURE_STYLIZER_PT_textures,
    TEXTURE_STYLIZER_PT_trials,
    TEXTURE_STYLIZER_PT_options,
    TEXTURE_STYLIZER_PT_advanced,
    TEXTURE_STYLIZER_PT_variants,
    TEXTURE_STYLIZER_PT_material,
    TEXTURE_STYLIZER_PT_image,
    TEXTURE_STYLIZER_PT_node,
]
