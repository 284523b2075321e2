"""Set Up: the worker's environment is made in the background, with progress, a log and a way to cancel.

A timer of Blender's own moves it on, not an operator: that one would end when another file is opened.
"""

import bpy
from bpy.app.translations import pgettext_rpt as rpt

from ...errors import StylizerError
from ...jobs.cache_folder import clear
from ...jobs.environment import EnvironmentSetup, remove, size_in_words
from ..addon_paths import cache_folder, environment_folder
from ..run_queue import LINE
from ..window.regions import redraw

POLL_SECONDS = 0.2
LEAST_SHOWN = 10**6
"""Bytes of a download from which on it is shown."""

RUNNING: list[EnvironmentSetup] = []
"""The set-up under way, if any."""


def move_on() -> float | None:
    """Move the set-up on and show how far it is; Blender's timer calls it, and is told when to call again."""
    if not RUNNING:
        return None
    setup, run = RUNNING[0], bpy.context.window_manager.texture_stylizer_run
    setup.poll()
    before = run.setup_active, run.setup_text, run.setup_detail
    # All of it each time: another file that was opened brought none of it along.
    run.setup_active, run.setup_text, run.setup_fraction = not setup.done, _title(setup), setup.fraction
    run.setup_detail = _detail(setup)
    if before != (run.setup_active, run.setup_text, run.setup_detail):
        redraw(bpy.context)
    if setup.done:
        RUNNING.clear()
    return None if setup.done else POLL_SECONDS


def end_all() -> None:
    """Leave a set-up as far as it is, for when the add-on is switched off or Blender quits."""
    for setup in RUNNING:
        setup.leave()
    RUNNING.clear()
    if bpy.app.timers.is_registered(move_on):
        bpy.app.timers.unregister(move_on)
    bpy.context.window_manager.texture_stylizer_run.setup_active = False


def show_start(context: bpy.types.Context, text: str) -> None:
    """Show a set-up or a download as under way."""
    run = context.window_manager.texture_stylizer_run
    run.setup_active, run.setup_text, run.setup_fraction, run.setup_detail = True, text, 0.0, ""


def may_go_online(operator: type[bpy.types.Operator]) -> bool:
    """Whether Blender may use the network; the operator's button says so where it may not."""
    if not bpy.app.online_access:
        operator.poll_message_set("Allow Online Access first")
    return bpy.app.online_access


def _title(setup: EnvironmentSetup) -> str:
    if setup.done and setup.error is None:
        return "Texture Stylizer is ready"
    return setup.title


def _detail(setup: EnvironmentSetup) -> str:
    downloaded = 0 if setup.done else setup.downloaded
    return rpt("{} downloaded").format(size_in_words(downloaded)) if downloaded > LEAST_SHOWN else ""


class TEXTURE_STYLIZER_OT_setup(bpy.types.Operator):
    """Download torch and the other libraries into a Python environment outside Blender"""

    bl_idname = "texture_stylizer.setup"
    bl_label = "Set Up"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not may_go_online(cls):
            return False
        if context.window_manager.texture_stylizer_run.setup_active:
            cls.poll_message_set("It is being set up already")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            RUNNING.append(EnvironmentSetup(environment_folder()))
        except StylizerError as error:
            context.window_manager.texture_stylizer_run.setup_text = str(error)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        show_start(context, "Starting")
        bpy.app.timers.register(move_on, first_interval=POLL_SECONDS, persistent=True)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_cancel_setup(bpy.types.Operator):
    """Stop setting up, and delete what was downloaded into the environment so far"""

    bl_idname = "texture_stylizer.cancel_setup"
    bl_label = "Cancel Set Up"

    def execute(self, context: bpy.types.Context) -> set[str]:
        for setup in RUNNING:
            setup.cancel()
        move_on()
        # A download looks at this.
        context.window_manager.texture_stylizer_run.setup_active = False
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_allow_online(bpy.types.Operator):
    """Turn on Allow Online Access in Blender's preferences, for all add-ons"""

    bl_idname = "texture_stylizer.allow_online"
    bl_label = "Allow Online Access"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        if bpy.app.online_access_override:
            cls.poll_message_set("Blender was started offline; start it without --offline-mode")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.preferences.system.use_online_access = True
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_remove_environment(bpy.types.Operator):
    """Delete the Python with torch that Set Up made; Set Up makes it anew"""

    bl_idname = "texture_stylizer.remove_environment"
    bl_label = "Remove"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if LINE or context.window_manager.texture_stylizer_run.setup_active:
            cls.poll_message_set("It is in use; wait for the end of the run")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return context.window_manager.invoke_confirm(self, event)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        try:
            remove(environment_folder())
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_clear_cache(bpy.types.Operator):
    """Delete the earlier results that are kept; nothing in any .blend needs them"""

    bl_idname = "texture_stylizer.clear_cache"
    bl_label = "Clear"

    def execute(self, context: bpy.types.Context) -> set[str]:
        count = clear(cache_folder(context))
        self.report({"INFO"}, rpt("{} results were deleted").format(count))
        return {"FINISHED"}


CLASSES = [
    TEXTURE_STYLIZER_OT_setup,
    TEXTURE_STYLIZER_OT_cancel_setup,
    TEXTURE_STYLIZER_OT_allow_online,
    TEXTURE_STYLIZER_OT_remove_environment,
    TEXTURE_STYLIZER_OT_clear_cache,
]
