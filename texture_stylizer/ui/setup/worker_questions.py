"""What the worker is asked without a run: to download a network, and what it computes on."""

from collections.abc import Callable
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface
from bpy.app.translations import pgettext_rpt as rpt

from ...errors import StylizerError
from ..addon_paths import cache_folder, worker_python_path
from ..window.modal_timer import Ticking
from ..window.regions import redraw
from .setup_operators import may_go_online, show_start


class AsksWorker(Ticking):
    """An operator that starts a worker, asks it one thing, and lets a timer wait for the answer."""

    POLL_SECONDS = 0.2
    answer: str

    def ask(self, context: bpy.types.Context, question: Callable[[Any], None]) -> bool:
        """Start the worker and ask. Returns whether it goes on; otherwise the reason was reported."""
        from ...jobs.client import WorkerClient

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

    def end_asking(self, context: bpy.types.Context) -> set[str]:
        """End the worker and the timer. Returns the operator's result."""
        self._client.close()
        self.end_ticking(context)
        redraw(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_download_vgg19(AsksWorker, bpy.types.Operator):
    """Download torchvision's retrained VGG19; the original comes with Set Up"""

    bl_idname = "texture_stylizer.download_vgg19"
    bl_label = "Download torchvision's VGG19 (548 MB)"
    answer = "downloaded"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not may_go_online(cls):
            return False
        if not worker_python_path(context):
            cls.poll_message_set("Set up torch first")
            return False
        return not context.window_manager.texture_stylizer_run.setup_active

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        if not self.ask(context, lambda client: client.request_vgg19()):
            return {"CANCELLED"}
        show_start(context, "Downloading VGG19")
        return self.begin_ticking(context)

    def tick(self, context: bpy.types.Context) -> set[str]:
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
        run.setup_active, run.setup_text = False, text
        self.report(kind, text)
        return self.end_asking(context)


class TEXTURE_STYLIZER_OT_find_device(AsksWorker, bpy.types.Operator):
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
        return self.begin_ticking(context)

    def tick(self, context: bpy.types.Context) -> set[str]:
        message = self.answered()
        if message is None:
            return {"PASS_THROUGH"}
        return self._end(context, message["message"] if message["type"] == "broken" else device_text(message))

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender quits, or another file is loaded."""
        self._end(context, "")

    def _end(self, context: bpy.types.Context, text: str) -> set[str]:
        context.window_manager.texture_stylizer_run.device = text
        return self.end_asking(context)


def device_text(machine: dict[str, Any]) -> str:
    """One line about what the worker computes on. machine: its `machine` message."""
    chosen = machine["device"] if machine["device"] != "cuda" else "cuda:0"
    device = next((row for row in machine["devices"] if row["name"] == chosen), machine["devices"][0])
    free = device["free_memory"] / 2**30
    sentence = iface("{}: {}, {:.0f} GiB free, torch {}")
    return sentence.format(chosen.upper(), device["label"], free, machine["libraries"]["torch"])


CLASSES = [TEXTURE_STYLIZER_OT_download_vgg19, TEXTURE_STYLIZER_OT_find_device]
