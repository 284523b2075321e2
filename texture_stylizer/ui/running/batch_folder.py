"""Batch Folder...: the panel's settings on every asset of a folder, in a process of its own."""

import time
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt

from ...batch.service_client import BatchProcess
from ...commands.request import Request
from ...descriptions import SceneStyle, StyleImage
from ...errors import BadInput, StylizerError
from ...jobs.cache_folder import CACHE_VARIABLE
from ..addon_paths import cache_folder, worker_python_path
from ..settings import last_used, naming
from ..window.modal_timer import Ticking
from ..window.regions import CATEGORY

RUNNING: list[BatchProcess] = []
"""The batch under way, if there is one."""


def end_all() -> None:
    """End a batch under way; what it has done stays, and the next one goes on from there."""
    while RUNNING:
        RUNNING.pop().close()


class TEXTURE_STYLIZER_OT_batch_folder(Ticking, bpy.types.Operator):
    """Restyle every model, scene and image of a folder with these settings; what is finished is skipped"""

    bl_idname = "texture_stylizer.batch_folder"
    bl_label = "Batch Folder..."

    directory: bpy.props.StringProperty(name="Folder", subtype="DIR_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]
    output: bpy.props.StringProperty(
        name="Results",
        description="Where results go; empty for a folder beside this one, with _stylized after its name",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"},
    )  # type: ignore[valid-type]
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.texture_stylizer.has_style():
            cls.poll_message_set("Choose a style image first")
            return False
        if RUNNING:
            cls.poll_message_set("A batch is under way")
            return False
        return True

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        try:
            self._process = self._start(context)
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._total = self._through = 0
        RUNNING.append(self._process)
        if bpy.app.background:
            return self._wait(context)
        return self.begin_ticking(context)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self._process not in RUNNING:
            # The add-on was switched off meanwhile.
            return self._end(context, {"CANCELLED"})
        return self._step(context) if event.type == "TIMER" else {"PASS_THROUGH"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Another file is loaded, or Blender quits."""
        self._end(context, {"CANCELLED"})

    def _start(self, context: bpy.types.Context) -> BatchProcess:
        folder = Path(bpy.path.abspath(self.directory))
        if not self.directory or not folder.is_dir():
            raise BadInput(f"there is no folder {folder}; choose one")
        beside = folder.with_name(f"{folder.name}_stylized")
        output = Path(bpy.path.abspath(self.output)) if self.output else beside
        last_used.keep(context)
        environment = {CACHE_VARIABLE: str(cache_folder(context))}
        python = worker_python_path(context)
        if python:
            environment["TEXTURE_STYLIZER_PYTHON"] = python
        return BatchProcess(_request(context, folder, output), environment=environment)

    def _step(self, context: bpy.types.Context) -> set[str]:
        """Take what has happened, and show how far the batch is."""
        for message in self._process.poll():
            if message["type"] == "planned":
                self._total = message["total"]
            self._through += message["type"] in ("skipped", "ended")
            if message["type"] == "error":
                self.report({"ERROR"}, message["message"])
                return self._end(context, {"CANCELLED"})
            if message["type"] == "end":
                return self._show_end(context, message)
        if context.workspace is not None and self._total:
            sentence = rpt("Batch: {} of {} assets").format(self._through, self._total)
            context.workspace.status_text_set(sentence)
        return {"PASS_THROUGH"}

    def _show_end(self, context: bpy.types.Context, message: dict[str, Any]) -> set[str]:
        done, failed = message["done"], message["failed"]
        if failed:
            self.report(
                {"WARNING"}, rpt("{} assets are done, {} failed; the report says why").format(done, failed)
            )
        else:
            self.report({"INFO"}, rpt("{} assets are done").format(done))
        if not bpy.app.background:
            bpy.ops.wm.url_open(url=Path(message["report"]).as_uri())
        return self._end(context, {"FINISHED"})

    def _wait(self, context: bpy.types.Context) -> set[str]:
        """Without a window there is nobody to call `modal`."""
        while (result := self._step(context)) == {"PASS_THROUGH"}:
            time.sleep(self.POLL_SECONDS)
        return result

    def _end(self, context: bpy.types.Context, result: set[str]) -> set[str]:
        if self._process in RUNNING:
            RUNNING.remove(self._process)
        self._process.close()
        self.end_ticking(context)
        if context.workspace is not None:
            context.workspace.status_text_set(None)
        return result


class TEXTURE_STYLIZER_OT_stop_batch(bpy.types.Operator):
    """Finish the assets in hand and stop; the same batch goes on later. Pressed again, it stops at once"""

    bl_idname = "texture_stylizer.stop_batch"
    bl_label = "Stop Batch"

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return bool(RUNNING)

    def execute(self, _context: bpy.types.Context) -> set[str]:
        for process in RUNNING:
            process.stop()
        return {"FINISHED"}


class TEXTURE_STYLIZER_PT_batch(bpy.types.Panel):
    bl_label = "Batch"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = CATEGORY
    bl_parent_id = "TEXTURE_STYLIZER_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, _context: bpy.types.Context) -> None:
        operator = TEXTURE_STYLIZER_OT_stop_batch if RUNNING else TEXTURE_STYLIZER_OT_batch_folder
        self.layout.operator(operator.bl_idname, icon="CANCEL" if RUNNING else "FILE_FOLDER")


def _request(context: bpy.types.Context, folder: Path, output: Path) -> Request:
    """The panel's settings, for every object of every asset."""
    settings = context.scene.texture_stylizer
    return Request(
        inputs=(folder,),
        output=output,
        styles=tuple(_style_file(style) for style in settings.styles()),
        settings=settings.to_settings(),
        compute=settings.compute(),
        roles=tuple(sorted(settings.roles)),
        objects=(),
        variant=naming.variant_name(settings, {}),
        report=None,
        jpeg=None,
        bake=settings.bake_options(),
        frames=False,
        seams=settings.seams,
        verbose=False,
        mask=settings.mask,
    )


def _style_file(style: StyleImage | SceneStyle) -> StyleImage:
    """A style as a file that stays, so that the batch can go on another day."""
    if isinstance(style, StyleImage):
        return style
    image = next(image for image in bpy.data.images if image.session_uid == style.session_uid)
    path = Path(bpy.path.abspath(image.filepath)) if image.filepath else None
    if path is None or not path.is_file():
        raise BadInput(f"the style image {image.name} is not on the disk; save it as a file first")
    return StyleImage(str(path), style.weight, where=style.where)


CLASSES = [TEXTURE_STYLIZER_OT_batch_folder, TEXTURE_STYLIZER_OT_stop_batch, TEXTURE_STYLIZER_PT_batch]
