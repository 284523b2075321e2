"""The operators: they read the panel's settings, call the scene's functions, and report."""

import time
from pathlib import Path

import bpy

from ..descriptions import Outcome, StyleImage
from ..errors import StylizerError, from_message
from ..jobs.client import WorkerClient
from ..scene.restyle import Restyle, apply, discard, plan, stylize_objects, withdraw
from ..scene.variants import use_original, use_variant
from .properties import worker_python_path

POLL_SECONDS = 0.05


class TEXTURE_STYLIZER_OT_stylize(bpy.types.Operator):
    """Redraw the colour textures of the selected objects in the style of an image, as a new variant"""

    bl_idname = "texture_stylizer.stylize"
    bl_label = "Stylize Textures"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.selected_objects:
            cls.poll_message_set("Select one or more objects first")
            return False
        if not context.scene.texture_stylizer.style_path:
            cls.poll_message_set("Choose a style image first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Wait for the result; for scripts and Blender without a window."""
        settings = context.scene.texture_stylizer
        style = _style_path(settings)
        try:
            variant = stylize_objects(
                context.selected_objects,
                [(style, 1.0)],
                settings.to_settings(),
                variant=settings.variant or style.stem,
                bake=settings.bake_options(),
                python=worker_python_path(context),
            )
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._report_failures(variant.failed)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work in the background; Esc cancels, and the scene stays usable."""
        settings = context.scene.texture_stylizer
        style = _style_path(settings)
        self._client: WorkerClient | None = None
        self._run: Restyle | None = None
        try:
            self._client = WorkerClient(worker_python_path(context))
            self._run = plan(
                context.selected_objects,
                [StyleImage(str(style))],
                settings.to_settings(),
                variant=settings.variant or style.stem,
                bake=settings.bake_options(),
            )
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._names = {job.id: uid for uid, job in self._run.jobs.items()}
        self._open = set(self._names)
        self._started = time.monotonic()
        for job in self._run.jobs.values():
            self._client.submit(job)
        self._timer = context.window_manager.event_timer_add(POLL_SECONDS, window=context.window)
        context.window_manager.modal_handler_add(self)
        context.workspace.status_text_set("Stylizing: starting  |  Esc: cancel")
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type == "ESC" and event.value == "PRESS":
            self._stop(context, keep=False)
            self.report({"INFO"}, "Stylizing was cancelled")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        assert self._client is not None and self._run is not None
        for message in self._client.poll():
            self._take(context, message)
        if self._open:
            return {"PASS_THROUGH"}
        return self._finish(context)

    def cancel(self, context: bpy.types.Context) -> None:
        """Another file is loaded, or Blender quits, during the run."""
        self._stop(context, keep=False)

    def _take(self, context: bpy.types.Context, message: dict) -> None:
        assert self._run is not None
        if message["type"] == "progress":
            percent, left = 100 * message["fraction"], message["seconds_left"]
            done = len(self._names) - len(self._open) + 1
            context.workspace.status_text_set(
                f"Stylizing {done} of {len(self._names)}: {percent:.0f} %, {left:.0f} s left  |  Esc: cancel"
            )
        elif message["type"] == "warning":
            self.report({"WARNING"}, message["message"])
        elif message["type"] == "done":
            outcome = Outcome.from_json(message["outcome"])
            self._run.outcomes[self._names[message["id"]]] = outcome
            self._open.discard(message["id"])
        elif message["type"] == "failed":
            self._run.failed[self._names[message["id"]]] = from_message(message)
            self._open.discard(message["id"])

    def _finish(self, context: bpy.types.Context) -> set[str]:
        assert self._run is not None
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
        if self._client is not None:
            self._client.close()
        if self._run is not None:
            (discard if keep else withdraw)(self._run)
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace is not None:
            context.workspace.status_text_set(None)

    def _report_failures(self, failed: tuple[str, ...]) -> None:
        for sentence in failed:
            self.report({"WARNING"}, sentence)


class TEXTURE_STYLIZER_OT_show_variant(bpy.types.Operator):
    """Show a stylised variant, or the original materials, on the selected objects"""

    bl_idname = "texture_stylizer.show_variant"
    bl_label = "Show Texture Variant"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Variant", description="Empty shows the originals")  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            if self.name:
                use_variant(self.name, context.selected_objects)
            else:
                use_original(context.selected_objects)
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _style_path(settings: bpy.types.PropertyGroup) -> Path:
    return Path(bpy.path.abspath(settings.style_path))


CLASSES = [TEXTURE_STYLIZER_OT_stylize, TEXTURE_STYLIZER_OT_show_variant]
