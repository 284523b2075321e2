"""What the panels of all editors have in common: the style, the sliders, and how far a run is."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from ..run_queue import LINE
from ..running import live_preview
from ..styles import gallery
from ..window.text_lines import draw_text


def draw_style(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
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


def draw_sliders(layout: bpy.types.UILayout, settings: bpy.types.PropertyGroup) -> None:
    """The look, and the sliders that it sets."""
    layout.prop(settings, "look", text="")
    column = layout.column(align=True)
    column.prop(settings, "quality", text="")
    column.prop(settings, "content_weight", slider=True)
    column.prop(settings, "style_scale", slider=True)


def draw_run(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
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
