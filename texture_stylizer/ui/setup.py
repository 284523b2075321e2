"""Set Up: the worker's environment is made in the background, with progress, a log and a way to cancel."""

from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface
from bpy.app.translations import pgettext_rpt as rpt

from ..errors import StylizerError
from ..jobs.cache_folder import clear
from ..jobs.environment import EnvironmentSetup, remove, size_in_words
from .addon_paths import cache_folder, environment_folder, worker_python_path
from .operators import redraw
from .session import LINE

POLL_SECONDS = 0.2
LEAST_SHOWN = 10**6
"""Bytes of a download from which on it is shown."""

RUNNING: list[EnvironmentSetup] = []
"""The set-up under way, if any."""


def end_all() -> None:
    """End a set-up and delete what it made so far, for when the add-on is switched off."""
    for setup in RUNNING:
        setup.cancel()
    RUNNING.clear()
    bpy.context.window_manager.texture_stylizer_run.setup_active = False


def _may_go_online(operator: type[bpy.types.Operator]) -> bool:
    """Whether Blender may use the network; the operator's button says so where it may not."""
    if not bpy.app.online_access:
        operator.poll_message_set("Allow Online Access first")
    return bpy.app.online_access


class TEXTURE_STYLIZER_OT_setup(bpy.types.Operator):
    """Download torch and the other libraries into a Python environment outside Blender"""

    bl_idname = "texture_stylizer.setup"
    bl_label = "Set Up"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _may_go_online(cls):
            return False
        if context.window_manager.texture_stylizer_run.setup_active:
            cls.poll_message_set("It is being set up already")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        run = context.window_manager.texture_stylizer_run
        try:
            self._setup = EnvironmentSetup(environment_folder())
        except StylizerError as error:
            run.setup_text = str(error)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        RUNNING.append(self._setup)
        self._timer = _start(self, context, "Starting")
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        run = context.window_manager.texture_stylizer_run
        if not run.setup_active:
            self._setup.cancel()
        self._setup.poll()
        before = run.setup_text, run.setup_detail
        run.setup_text, run.setup_fraction = self._setup.title, self._setup.fraction
        downloaded = self._setup.downloaded
        run.setup_detail = (
            rpt("{} downloaded").format(size_in_words(downloaded)) if downloaded > LEAST_SHOWN else ""
        )
        changed = before != (run.setup_text, run.setup_detail)
        if changed or self._setup.done:
            redraw(context)
        if not self._setup.done:
            return {"PASS_THROUGH"}
        self._end(context)
        if self._setup.error is None:
            self.report({"INFO"}, rpt("Texture Stylizer is ready"))
            return {"FINISHED"}
        self.report({"ERROR"}, self._setup.error)
        return {"CANCELLED"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender quits, or another file is loaded."""
        self._setup.cancel()
        self._end(context)

    def _end(self, context: bpy.types.Context) -> None:
        context.window_manager.event_timer_remove(self._timer)
        if self._setup in RUNNING:
            RUNNING.remove(self._setup)
        context.window_manager.texture_stylizer_run.setup_active = False


class TEXTURE_STYLIZER_OT_cancel_setup(bpy.types.Operator):
    """Stop setting up, and delete what was downloaded into the environment so far"""

    bl_idname = "texture_stylizer.cancel_setup"
    bl_label = "Cancel Set Up"

    def execute(self, context: bpy.types.Context) -> set[str]:
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


class _AsksWorker:
    """An operator that starts a worker, asks it one thing, and lets a timer wait for the answer."""

    answer: str

    def ask(self, context: bpy.types.Context, question: Callable[[Any], None]) -> bool:
        """Start the worker and ask. Returns whether it goes on; otherwise the reason was reported."""
        from ..jobs.client import WorkerClient

        try:
            self._client = WorkerClient(worker_python_path(context), cache_folder=cache_folder(context))
            question(self._client)
        except StylizerError as error:
            self.report({"ERROR"}, str(error))  # type: ignore[attr-defined]
            return False
        return True

    def answered(self) -> dict[str, Any] | None:
        """The worker's answer, its `broken` message, or one for a worker that ended; None until then."""
        for message in self._client.poll():
            if message["type"] in (self.answer, "broken"):
                return message
        if not self._client.alive:
            return {"type": "broken", "message": rpt("The worker ended before it answered; press Set Up")}
        return None


class TEXTURE_STYLIZER_OT_download_vgg19(_AsksWorker, bpy.types.Operator):
    """Download torchvision's retrained VGG19; the original comes with Set Up"""

    bl_idname = "texture_stylizer.download_vgg19"
    bl_label = "Download torchvision's VGG19 (548 MB)"
    answer = "downloaded"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _may_go_online(cls):
            return False
        if not worker_python_path(context):
            cls.poll_message_set("Set up torch first")
            return False
        return not context.window_manager.texture_stylizer_run.setup_active

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if not self.ask(context, lambda client: client.request_vgg19()):
            return {"CANCELLED"}
        self._timer = _start(self, context, "Downloading VGG19")
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if not context.window_manager.texture_stylizer_run.setup_active:
            return self._end(context, {"INFO"}, rpt("The download was cancelled"))
        message = self.answered()
        if message is None:
            return {"PASS_THROUGH"}
        if message["type"] == "broken":
            return self._end(context, {"ERROR"}, message["message"])
        return self._end(context, {"INFO"}, rpt("VGG19 is at {}").format(message["path"]))

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender quits, or another file is loaded."""
        self._end(context, {"INFO"}, rpt("The download was cancelled"))

    def _end(self, context: bpy.types.Context, kind: set[str], text: str) -> set[str]:
        run = context.window_manager.texture_stylizer_run
        self._client.close()
        context.window_manager.event_timer_remove(self._timer)
        run.setup_active, run.setup_text = False, text
        self.report(kind, text)
        redraw(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_find_device(_AsksWorker, bpy.types.Operator):
    """Start the worker once, and say what it computes on and how much memory that has"""

    bl_idname = "texture_stylizer.find_device"
    bl_label = "Find Device"
    answer = "machine"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not worker_python_path(context):
            cls.poll_message_set("Set up torch first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if not self.ask(context, lambda client: client.request_description()):
            return {"CANCELLED"}
        context.window_manager.texture_stylizer_run.device = iface("Looking ...")
        context.window_manager.modal_handler_add(self)
        self._timer = context.window_manager.event_timer_add(POLL_SECONDS, window=context.window)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        message = self.answered() if event.type == "TIMER" else None
        if message is None:
            return {"PASS_THROUGH"}
        return self._end(context, message["message"] if message["type"] == "broken" else device_text(message))

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender quits, or another file is loaded."""
        self._end(context, "")

    def _end(self, context: bpy.types.Context, text: str) -> set[str]:
        self._client.close()
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.texture_stylizer_run.device = text
        redraw(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_clear_cache(bpy.types.Operator):
    """Delete the earlier results that are kept; nothing in any .blend needs them"""

    bl_idname = "texture_stylizer.clear_cache"
    bl_label = "Clear"

    def execute(self, context: bpy.types.Context) -> set[str]:
        count = clear(cache_folder(context))
        self.report({"INFO"}, rpt("{} results were deleted").format(count))
        return {"FINISHED"}


def device_text(machine: dict[str, Any]) -> str:
    """One line about what the worker computes on. machine: its `machine` message."""
    chosen = machine["device"] if machine["device"] != "cuda" else "cuda:0"
    device = next((row for row in machine["devices"] if row["name"] == chosen), machine["devices"][0])
    free = device["free_memory"] / 2**30
    sentence = iface("{}: {}, {:.0f} GiB free, torch {}")
    return sentence.format(chosen.upper(), device["label"], free, machine["libraries"]["torch"])


def _start(operator: bpy.types.Operator, context: bpy.types.Context, text: str) -> Any:
    """Show a set-up as under way and let the operator be called by a timer. Returns the timer."""
    run = context.window_manager.texture_stylizer_run
    run.setup_active, run.setup_text, run.setup_fraction, run.setup_detail = True, text, 0.0, ""
    context.window_manager.modal_handler_add(operator)
    return context.window_manager.event_timer_add(POLL_SECONDS, window=context.window)


CLASSES = [
    TEXTURE_STYLIZER_OT_setup,
    TEXTURE_STYLIZER_OT_cancel_setup,
    TEXTURE_STYLIZER_OT_allow_online,
    TEXTURE_STYLIZER_OT_remove_environment,
    TEXTURE_STYLIZER_OT_download_vgg19,
    TEXTURE_STYLIZER_OT_find_device,
    TEXTURE_STYLIZER_OT_clear_cache,
]
