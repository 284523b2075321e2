"""What the panel says of the last run: what was made, how long it took, and where the files lie."""

from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface

from ...settings import Settings
from ..window.text_lines import draw_text, duration


def note(context: bpy.types.Context, session: Any, variant: Any) -> str:
    """Keep for the panel what a run made. Returns the sentence that says so."""
    shown = context.window_manager.texture_stylizer_run
    images = [bpy.data.images[name] for name in variant.images]
    folders = {
        str(Path(bpy.path.abspath(image.filepath)).parent) for image in images if not image.packed_files
    }
    many = iface("{}: {} textures in {}") if len(images) != 1 else iface("{}: {} texture in {}")
    shown.made = many.format(variant.name, len(images), duration(session.seconds))
    shown.folder = min(folders) if folders else ""
    shown.was_draft = session.request.settings.max_size == Settings.preset("draft").max_size
    return shown.made


class TEXTURE_STYLIZER_OT_open_folder(bpy.types.Operator):
    """Show the folder of the textures that the last run made"""

    bl_idname = "texture_stylizer.open_folder"
    bl_label = "Open Folder"

    def execute(self, context: bpy.types.Context) -> set[str]:
        bpy.ops.wm.path_open(filepath=context.window_manager.texture_stylizer_run.folder)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_dismiss(bpy.types.Operator):
    """Close this message"""

    bl_idname = "texture_stylizer.dismiss"
    bl_label = "Close"

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.texture_stylizer_run.made = ""
        return {"FINISHED"}


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The message about the last run."""
    shown = context.window_manager.texture_stylizer_run
    row = layout.row()
    draw_text(row, context, shown.made, "CHECKMARK", taken=1.5)
    row.operator("texture_stylizer.dismiss", text="", icon="X", emboss=False)
    if shown.folder:
        draw_text(layout, context, shown.folder)
        layout.operator("texture_stylizer.open_folder", icon="FILE_FOLDER")
    else:
        draw_text(layout, context, iface("Kept in this file; save it to keep them"))
    if shown.was_draft:
        draw_text(layout, context, iface("This was a draft, for a first look"))
        button = layout.operator("texture_stylizer.stylize", text="Full Quality", icon="BRUSH_DATA")
        button.full_quality = True


CLASSES = [TEXTURE_STYLIZER_OT_open_folder, TEXTURE_STYLIZER_OT_dismiss]
