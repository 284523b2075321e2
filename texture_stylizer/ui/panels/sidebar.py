"""The sidebar's panels in the 3D View."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from ..addon_paths import worker_python_path
from ..running import finished, run_operators
from ..settings.presets import TEXTURE_STYLIZER_PT_presets
from ..setup.setup_box import draw_setup
from ..try_styles import trial_operators
from ..variants.variant_list import draw_variants
from ..window.regions import InSidebar
from ..window.text_lines import draw_text
from . import option_panels, texture_list
from .panel_parts import draw_run, draw_sliders, draw_style


class TEXTURE_STYLIZER_PT_stylize(InSidebar, bpy.types.Panel):
    bl_label = "Stylize Textures"

    def draw_header_preset(self, _context: bpy.types.Context) -> None:
        TEXTURE_STYLIZER_PT_presets.draw_panel_header(self.layout)

    def draw(self, context: bpy.types.Context) -> None:
        settings = context.scene.texture_stylizer
        layout = self.layout
        draw_style(layout, context)
        draw_sliders(layout, settings)
        layout.row().prop(settings, "scope", expand=True)
        _draw_start(layout, context)
        if context.window_manager.texture_stylizer_run.active:
            draw_run(layout.box(), context)
        elif context.window_manager.texture_stylizer_run.made:
            finished.draw(layout.box(), context)


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


class TEXTURE_STYLIZER_PT_textures(InSidebar, bpy.types.Panel):
    bl_label = "Textures"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        texture_list.draw(self.layout, context)


class TEXTURE_STYLIZER_PT_trials(InSidebar, bpy.types.Panel):
    bl_label = "Try Styles"
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(worker_python_path(context))

    def draw(self, context: bpy.types.Context) -> None:
        texture_list.follow_selection(context)
        trial_operators.draw(self.layout, context)


class TEXTURE_STYLIZER_PT_variants(InSidebar, bpy.types.Panel):
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


CLASSES = [
    TEXTURE_STYLIZER_PT_stylize,
    TEXTURE_STYLIZER_PT_textures,
    TEXTURE_STYLIZER_PT_trials,
    *option_panels.OF_SIDEBAR,
    TEXTURE_STYLIZER_PT_variants,
]
