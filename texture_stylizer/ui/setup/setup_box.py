"""Set Up as the panel and the preferences show it: what it costs, how far it is, what it made."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from ...jobs.environment import build_for, detect_kind, minutes_of, other_build, size_in_words, steps_through
from ...jobs.environment import size_of as environment_size
from ..addon_paths import environment_folder, worker_python_path
from ..window.text_lines import draw_text


def draw_setup(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The Set Up button, or how far a set-up is, or why it failed."""
    run = context.window_manager.texture_stylizer_run
    if run.setup_active:
        layout.progress(factor=run.setup_fraction, text=f"{run.setup_fraction:.0%}")
        draw_text(layout, context, iface(run.setup_text))
        draw_text(layout, context, run.setup_detail)
        layout.operator("texture_stylizer.cancel_setup", icon="CANCEL")
        return
    if run.setup_text:
        draw_text(layout, context, iface(run.setup_text), "INFO")
    if not worker_python_path(context):
        draw_text(layout, context, iface("Torch is needed, in a Python of its own"), "INFO")
        _draw_cost(layout, context)
    if steps_through(environment_folder()):
        draw_text(layout, context, iface("Set Up was interrupted; it goes on where it stopped"), "INFO")
        layout.operator("texture_stylizer.setup", text="Go On", icon="IMPORT")
    else:
        layout.operator("texture_stylizer.setup", icon="IMPORT")
    if not bpy.app.online_access:
        draw_text(layout, context, iface("Blender may not go online yet"), "INTERNET_OFFLINE")
        layout.operator("texture_stylizer.allow_online", icon="INTERNET")


def _draw_cost(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What Set Up downloads, how long that takes, and where it goes."""
    build = build_for(detect_kind())
    other = other_build(build)
    lines = [
        iface("Torch for {}").format(build.label),
        iface("Download: {}, about {} min").format(size_in_words(build.download), minutes_of(build)),
        iface("On disk: {}").format(size_in_words(build.disk)),
        iface("Up to {} where only PyPI answers").format(size_in_words(other.disk)) if other else "",
        str(environment_folder()),
    ]
    column = layout.column(align=True)
    for line in filter(None, lines):
        draw_text(column, context, line)


def draw_removal(layout: bpy.types.UILayout) -> None:
    """What Set Up made, and the way to be rid of it."""
    folder = environment_folder()
    if not folder.is_dir():
        return
    row = layout.row()
    size = environment_size(folder)
    taken = iface("Set Up's Python takes {}").format(size_in_words(size)) if size else str(folder)
    row.label(text=taken, icon="FILE_FOLDER", translate=False)
    row.operator("texture_stylizer.remove_environment", icon="TRASH")


def draw_device(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """What the worker computes on, once it was asked."""
    row = layout.row()
    device = context.window_manager.texture_stylizer_run.device
    row.label(text=device or iface("Device not looked for yet"), icon="DESKTOP", translate=False)
    row.operator("texture_stylizer.find_device", icon="VIEWZOOM")
