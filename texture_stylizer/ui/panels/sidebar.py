"""The sidebar's panels, the one in Material Properties, the Image Editor's, and the menu entries."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from ..addon_paths import worker_python_path
from ..run_queue import LINE
from ..running import finished, live_preview, run_operators
from ..settings.presets import TEXTURE_STYLIZER_PT_presets
from ..setup.setup_box import draw_setup
from ..styles import gallery
from ..try_styles import trial_operators
from ..variants.variant_list import draw_variants
from ..window.regions import CATEGORY
from ..window.text_lines import draw_text
from . import option_panels, texture_list


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
        _draw_sliders(layout, settings)
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


def _draw_sliders(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
    """The look, and the sliders that it sets."""
    layout.prop(settings, "look", text="")
    column = layout.column(align=True)
    column.prop(settings, "quality", text="")
    column.prop(settings, "content_weight", slider=True)
    column.prop(settings, "style_scale", slider=True)


def _draw_start(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The button that starts a run, with what is missing; or the one that sets up what a run needs."""
    if not worker_python_path(context):
        draw_setup(layout.box(), context)
        return
    operator = run_operators.TEXTURE_STYLIZER_OT_stylize
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


class TEXTURE_STYLIZER_PT_variants(_Sidebar, bpy.types.Panel):
    bl_label = "Variants"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"

    def draw(self, context: bpy.types.Context) -> None:
        from ...scene.variants.find import list_variants, variants_for

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
        from ...scene.materials.records import record_of
        from ...scene.variants.find import variants_for

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
    _draw_sliders(layout, context.scene.texture_stylizer)
    if worker_python_path(context):
        layout.operator(operator, icon="BRUSH_DATA")
    else:
        draw_setup(layout.box(), context)
    if run.active:
        _draw_run(layout.box(), context)


def _draw_run(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """How far the run is; every part keeps its place and its height from the first moment to the last."""
    run = context.window_manager.texture_stylizer_run
    layout.progress(factor=run.fraction, text=f"{run.fraction:.0%}")
    draw_text(layout, context, run.text, least=2)
    draw_text(layout, context, run.left, "TIME")
    if live_preview.icon():
        layout.template_icon(icon_value=live_preview.icon(), scale=8.0)
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
    *option_panels.OF_SIDEBAR,
    TEXTURE_STYLIZER_PT_variants,
    TEXTURE_STYLIZER_PT_material,
    *option_panels.OF_MATERIAL,
    TEXTURE_STYLIZER_PT_image,
    TEXTURE_STYLIZER_PT_node,
]
