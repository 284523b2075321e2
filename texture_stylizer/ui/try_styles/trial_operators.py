"""The operators and the panel of Try Styles."""

import time
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface
from bpy.app.translations import pgettext_rpt as rpt

from ...errors import StylizerError
from ..addon_paths import cache_folder, worker_python_path
from ..running.run_operators import TEXTURE_STYLIZER_OT_stylize
from ..running.session import libraries_are_loaded
from ..settings.naming import style_title
from ..styles import gallery
from ..window.modal_timer import Ticking
from ..window.regions import redraw
from ..window.text_lines import draw_text
from . import trials


def tried_image(context: bpy.types.Context) -> Any:
    """The image of the list's row at hand if it can be restyled, or the first that can; None without one."""
    run = context.window_manager.texture_stylizer_run
    rows = [row for row in run.textures if not row.skipped and row.role != "bake"]
    if run.active_texture < len(run.textures):
        at_hand = run.textures[run.active_texture]
        rows = [row for row in rows if row.name == at_hand.name] or rows
    return bpy.data.images.get(rows[0].name) if rows else None


class TEXTURE_STYLIZER_OT_try_styles(Ticking, bpy.types.Operator):
    """Draw the chosen texture in the gallery's first styles, small and quickly, to choose among them"""

    bl_idname = "texture_stylizer.try_styles"
    bl_label = "Try Styles"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.window_manager.texture_stylizer_run.trying:
            cls.poll_message_set("Styles are being tried already")
            return False
        if not context.window_manager.texture_stylizer_run.textures:
            cls.poll_message_set("Select an object with textures first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Wait for all of them; for scripts and Blender without a window."""
        if not self._start(context):
            return {"CANCELLED"}
        while not self._trials.poll():
            time.sleep(self.POLL_SECONDS)
        return self._end(context)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        self._trials: Any = None
        context.window_manager.texture_stylizer_run.trying = True
        return self.begin_ticking(context)

    def tick(self, context: bpy.types.Context) -> set[str]:
        if not context.window_manager.texture_stylizer_run.trying:
            return self._end(context)
        if not libraries_are_loaded():
            return {"PASS_THROUGH"}
        if self._trials is None:
            return {"PASS_THROUGH"} if self._start(context) else self._end(context)
        before = len(self._trials.waiting)
        done = self._trials.poll()
        if len(self._trials.waiting) != before:
            redraw(context)
        return self._end(context) if done else {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Another file is loaded, or Blender quits."""
        self._end(context)

    def _start(self, context: bpy.types.Context) -> bool:
        """Hand the jobs to a worker. Returns whether that went well; otherwise the reason was reported."""
        settings, image = context.scene.texture_stylizer, tried_image(context)
        if image is None:
            self.report({"ERROR"}, rpt("None of the listed textures can be restyled"))
            return False
        keys = [item[0] for item in gallery.items(settings, context)]
        styles = trials.styles_to_try(keys, gallery.key_of(settings))
        python, cache = worker_python_path(context), cache_folder(context)
        try:
            self._trials = trials.Trials(image, styles, settings.to_settings(), python, cache)
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return False
        return True

    def _end(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.texture_stylizer_run.trying = False
        self.end_ticking(context)
        ended, self._trials = self._trials, None
        if ended is not None:
            ended.end()
            for sentence in ended.failed:
                self.report({"WARNING"}, sentence)
        redraw(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_stop_trying(bpy.types.Operator):
    """Try no further styles"""

    bl_idname = "texture_stylizer.stop_trying"
    bl_label = "Cancel"

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.texture_stylizer_run.trying = False
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_use_trial(bpy.types.Operator):
    """Take this style, and stylize the chosen objects at full quality"""

    bl_idname = "texture_stylizer.use_trial"
    bl_label = "Stylize in This Style"
    bl_options = {"REGISTER", "UNDO"}

    style: bpy.props.StringProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        missing = TEXTURE_STYLIZER_OT_stylize.nothing_chosen(context)
        if missing:
            cls.poll_message_set(missing)
        return not missing

    def execute(self, context: bpy.types.Context) -> set[str]:
        gallery.take(context.scene.texture_stylizer, self.style)
        bpy.ops.texture_stylizer.stylize("INVOKE_DEFAULT", full_quality=True)
        return {"FINISHED"}


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The button, and the trials side by side, each with a button to go on with it."""
    trying = context.window_manager.texture_stylizer_run.trying
    if trying:
        layout.operator("texture_stylizer.stop_trying", icon="CANCEL")
    else:
        layout.operator("texture_stylizer.try_styles", icon="VIEWZOOM")
    if not trials.icons():
        draw_text(layout, context, iface("The chosen texture in eight styles, small, in seconds"))
        return
    draw_text(layout, context, trials.texture(), "TEXTURE")
    grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, even_rows=True, align=True)
    for style, icon in trials.icons().items():
        cell = grid.box().column(align=True)
        if icon:
            cell.template_icon(icon_value=icon, scale=4.0)
        else:
            empty = cell.row()
            empty.scale_y = 4.0
            empty.label(text="", icon="TIME" if trying else "BLANK1")
        cell.operator(
            "texture_stylizer.use_trial", text=style_title(None, style), translate=False
        ).style = style


CLASSES = [
    TEXTURE_STYLIZER_OT_try_styles,
    TEXTURE_STYLIZER_OT_stop_trying,
    TEXTURE_STYLIZER_OT_use_trial,
]
