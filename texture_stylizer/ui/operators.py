"""The stylize operator and what prepares it: they read the settings and call the scene's functions."""

import time
from pathlib import Path
from typing import Any

import bpy

from ..descriptions import Outcome
from ..errors import StylizerError, from_message
from .properties import StylizerSettings, worker_python_path

POLL_SECONDS = 0.05
PREVIEW_SIZE = 256


def chosen_objects(context: bpy.types.Context) -> list[Any]:
    """The objects whose textures the settings mean."""
    if context.scene.texture_stylizer.scope == "SCENE":
        return [object_ for object_ in context.scene.objects if object_.visible_get()]
    return list(context.selected_objects)


def redraw(context: bpy.types.Context) -> None:
    """Draw the panels again."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in ("VIEW_3D", "PROPERTIES", "IMAGE_EDITOR", "PREFERENCES"):
                area.tag_redraw()


class TEXTURE_STYLIZER_OT_stylize(bpy.types.Operator):
    """Redraw the colour textures of the chosen objects in the style of an image, as a new variant"""

    bl_idname = "texture_stylizer.stylize"
    bl_label = "Stylize Textures"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not chosen_objects(context):
            cls.poll_message_set("Select one or more objects first")
            return False
        if not context.scene.texture_stylizer.style_path:
            cls.poll_message_set("Choose a style image first")
            return False
        if context.window_manager.texture_stylizer_run.active:
            cls.poll_message_set("A run is under way; wait for it or cancel it")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Wait for the result; for scripts and Blender without a window."""
        from ..scene.restyle import stylize_objects

        settings = context.scene.texture_stylizer
        try:
            variant = stylize_objects(
                chosen_objects(context),
                settings.styles(),
                settings.to_settings(),
                variant=_variant_name(settings),
                bake=settings.bake_options(),
                unwanted=settings.unwanted(),
                python=worker_python_path(context),
            )
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._report_failures(variant.failed)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work in the background; Esc cancels, and the scene stays usable."""
        from ..jobs.client import WorkerClient
        from ..scene.plan import begin

        settings = context.scene.texture_stylizer
        try:
            self._client = WorkerClient(worker_python_path(context))
            self._run = begin(
                chosen_objects(context),
                settings.styles(),
                settings.to_settings(),
                variant=_variant_name(settings),
                bake=settings.bake_options(),
                unwanted=settings.unwanted(),
                preview_size=PREVIEW_SIZE,
            )
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._names: dict[str, int] = {}
        self._open: set[str] = set()
        self._count = len(self._run.waiting)
        self._started = time.monotonic()
        self._timer = context.window_manager.event_timer_add(POLL_SECONDS, window=context.window)
        context.window_manager.modal_handler_add(self)
        shown = context.window_manager.texture_stylizer_run
        shown.active, shown.stop, shown.fraction = True, False, 0.0
        self._say(context, f"Starting, {self._count} textures", 0.0)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        stop = context.window_manager.texture_stylizer_run.stop
        if stop or (event.type == "ESC" and event.value == "PRESS"):
            self._stop(context, keep=False)
            self.report({"INFO"}, "Stylizing was cancelled")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        self._submit_next()
        for message in self._client.poll():
            self._take(context, message)
        if self._open or self._run.waiting:
            return {"PASS_THROUGH"}
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Another file is loaded, or Blender quits, during the run."""
        self._stop(context, keep=False)

    def _submit_next(self) -> None:
        """Write one texture's pixels a tick, so that no tick takes long."""
        from ..scene.plan import next_job

        key = self._run.waiting[0] if self._run.waiting else None
        job = next_job(self._run)
        if job is not None and key is not None:
            self._names[job.id] = key
            self._open.add(job.id)
            self._client.submit(job)

    def _take(self, context: bpy.types.Context, message: dict[str, Any]) -> None:
        if message["type"] == "progress":
            done = len(self._names) - len(self._open)
            fraction = (done + message["fraction"]) / self._count
            seconds = time.monotonic() - self._started
            left = seconds / max(fraction, 1e-3) - seconds
            name = self._run.jobs[self._names[message["id"]]].name
            self._say(context, f"{done + 1} of {self._count}: {name}, {_duration(left)} left", fraction)
        elif message["type"] == "preview":
            from . import live

            live.show(message["path"])
            redraw(context)
        elif message["type"] == "warning":
            self.report({"WARNING"}, message["message"])
        elif message["type"] == "done":
            outcome = Outcome.from_json(message["outcome"])
            self._run.outcomes[self._names[message["id"]]] = outcome
            self._open.discard(message["id"])
        elif message["type"] == "failed":
            self._run.failed[self._names[message["id"]]] = from_message(message)
            self._open.discard(message["id"])

    def _say(self, context: bpy.types.Context, text: str, fraction: float) -> None:
        shown = context.window_manager.texture_stylizer_run
        shown.text, shown.fraction = text, fraction
        if context.workspace is not None:
            context.workspace.status_text_set(f"Stylizing {fraction:.0%}, {text}  |  Esc: cancel")
        redraw(context)

    def _finish(self, context: bpy.types.Context) -> set[str]:
        from ..scene.restyle import apply

        try:
            variant = apply(self._run)
        except StylizerError as error:
            self._stop(context, keep=False)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._stop(context, keep=True)
        self._report_failures(variant.failed)
        return {"FINISHED"}

    def _stop(self, context: bpy.types.Context, *, keep: bool) -> None:
        from ..scene.restyle import discard, withdraw
        from . import live

        self._client.close()
        live.clear()
        (discard if keep else withdraw)(self._run)
        context.window_manager.event_timer_remove(self._timer)
        context.window_manager.texture_stylizer_run.active = False
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        redraw(context)

    def _report_failures(self, failed: tuple[str, ...]) -> None:
        for sentence in failed:
            self.report({"WARNING"}, sentence)


class TEXTURE_STYLIZER_OT_cancel(bpy.types.Operator):
    """Stop the run; the scene stays as it was"""

    bl_idname = "texture_stylizer.cancel"
    bl_label = "Cancel"

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.window_manager.texture_stylizer_run.stop = True
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_find(bpy.types.Operator):
    """List the textures of the chosen objects, with what a run would do to each"""

    bl_idname = "texture_stylizer.find"
    bl_label = "Find Textures"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..scene.textures import find_textures

        settings = context.scene.texture_stylizer
        off = {row.name for row in settings.textures if not row.wanted}
        settings.textures.clear()
        for use in find_textures(chosen_objects(context)):
            row = settings.textures.add()
            row.name, row.role, row.size = use.image, use.role, use.size
            row.session_uid, row.skipped = use.session_uid, use.skipped or ""
            row.wanted = use.image not in off
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_add_style(bpy.types.Operator):
    """Mix in another style"""

    bl_idname = "texture_stylizer.add_style"
    bl_label = "Add Style"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.texture_stylizer.more_styles.add()
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_remove_style(bpy.types.Operator):
    """Take this style out of the mix"""

    bl_idname = "texture_stylizer.remove_style"
    bl_label = "Remove Style"
    bl_options = {"REGISTER", "UNDO"}

    index: bpy.props.IntProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.texture_stylizer.more_styles.remove(self.index)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_use_as_style(bpy.types.Operator):
    """Take the image of this editor as the style"""

    bl_idname = "texture_stylizer.use_as_style"
    bl_label = "Use as Style"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        image = getattr(context.space_data, "image", None)
        if image is None or not image.filepath or image.packed_file is not None:
            cls.poll_message_set("Open an image that is a file; save a packed or generated one first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        image = context.space_data.image
        path = bpy.path.abspath(image.filepath, library=image.library)
        context.scene.texture_stylizer.style_path = path
        return {"FINISHED"}


def _variant_name(settings: StylizerSettings) -> str:
    return settings.variant or Path(bpy.path.abspath(settings.style_path)).stem


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


CLASSES = [
    TEXTURE_STYLIZER_OT_stylize,
    TEXTURE_STYLIZER_OT_cancel,
    TEXTURE_STYLIZER_OT_find,
    TEXTURE_STYLIZER_OT_add_style,
    TEXTURE_STYLIZER_OT_remove_style,
    TEXTURE_STYLIZER_OT_use_as_style,
]
