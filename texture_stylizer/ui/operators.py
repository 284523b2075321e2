"""The stylize operator and what prepares it: they read the settings and call the scene's functions."""

from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt

from ..errors import StylizerError
from .properties import results_folder, worker_python_path
from .session import LINE, Request, Session, libraries_are_loaded

POLL_SECONDS = 0.05


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

    only_material: bpy.props.BoolProperty(
        name="Only the Active Material",
        description="Restyle the active material of the active object alone",
        options={"HIDDEN", "SKIP_SAVE"},
    )  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not chosen_objects(context) and context.object is None:
            cls.poll_message_set("Select one or more objects first")
            return False
        if not context.scene.texture_stylizer.has_style():
            cls.poll_message_set("Choose a style image first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Wait for the result; for scripts and Blender without a window."""
        from ..scene.restyle import stylize_objects

        settings = context.scene.texture_stylizer
        try:
            variant = stylize_objects(
                self._objects(context),
                settings.styles(),
                settings.to_settings(),
                variant=settings.variant_name(),
                python=worker_python_path(context),
                **self._options(context),
            )
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._report_warnings(variant.failed)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work in the background; Esc cancels, the scene stays usable, and a further run waits in line."""
        settings = context.scene.texture_stylizer
        try:
            request = Request(
                tuple(object_.session_uid for object_ in self._objects(context)),
                settings.styles(),
                settings.to_settings(),
                settings.variant_name(),
                self._options(context),
            )
            self._session = Session(request)
            LINE.append(self._session)
            if self._session.is_first and libraries_are_loaded():
                self._session.begin(context)
        except StylizerError as error:
            self._session.end(keep=False)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._timer = context.window_manager.event_timer_add(POLL_SECONDS, window=context.window)
        context.window_manager.modal_handler_add(self)
        if self._session.is_first:
            context.window_manager.texture_stylizer_run.stop = False
        self._show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self._session not in LINE:
            # The add-on was switched off meanwhile.
            return self._end(context, keep=False)
        if not self._session.is_first:
            return {"PASS_THROUGH"}
        if context.window_manager.texture_stylizer_run.stop or (
            event.type == "ESC" and event.value == "PRESS"
        ):
            context.window_manager.texture_stylizer_run.stop = False
            self.report({"INFO"}, rpt("Stylizing was cancelled"))
            return self._end(context, keep=False)
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            if not self._session.has_begun:
                if not libraries_are_loaded():
                    return {"PASS_THROUGH"}
                self._session.begin(context)
            done = self._session.step()
            self._show(context)
            if not done:
                return {"PASS_THROUGH"}
            variant = self._session.apply()
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return self._end(context, keep=False)
        self._report_warnings((*self._session.warnings, *variant.failed))
        return self._end(context, keep=True)

    def cancel(self, context: bpy.types.Context) -> None:
        """Another file is loaded, or Blender quits, during the run."""
        self._end(context, keep=False)

    def _objects(self, context: bpy.types.Context) -> list[Any]:
        return [context.object] if self.only_material else chosen_objects(context)

    def _options(self, context: bpy.types.Context) -> dict[str, Any]:
        settings = context.scene.texture_stylizer
        material = context.object.active_material if self.only_material and context.object else None
        return {
            "bake": settings.bake_options(),
            "seams": settings.seams,
            "unwanted": settings.unwanted(),
            "folder": results_folder(context),
            "materials": None if material is None else _original_uids(material),
        }

    def _show(self, context: bpy.types.Context) -> None:
        """Show how far the run is, in the panel and the status bar."""
        shown = context.window_manager.texture_stylizer_run
        if self._session.is_first and shown.text != self._session.text:
            shown.text, shown.fraction = self._session.text, self._session.fraction
            sentence = rpt("Stylizing {:.0%}, {}  |  Esc: cancel").format(shown.fraction, shown.text)
            if context.workspace is not None:
                context.workspace.status_text_set(sentence)
            redraw(context)

    def _end(self, context: bpy.types.Context, *, keep: bool) -> set[str]:
        self._session.end(keep=keep)
        context.window_manager.event_timer_remove(self._timer)
        if context.workspace is not None and not LINE:
            context.workspace.status_text_set(None)
        redraw(context)
        return {"FINISHED"} if keep else {"CANCELLED"}

    def _report_warnings(self, sentences: tuple[str, ...]) -> None:
        for sentence in sentences:
            self.report({"WARNING"}, sentence)


class TEXTURE_STYLIZER_OT_cancel(bpy.types.Operator):
    """Stop the run that is worked on; the scene stays as it was"""

    bl_idname = "texture_stylizer.cancel"
    bl_label = "Cancel"

    everything: bpy.props.BoolProperty(
        name="Everything", description="Also the runs that wait", options={"HIDDEN", "SKIP_SAVE"}
    )  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.everything:
            for session in LINE[1:]:
                session.end(keep=False)
        context.window_manager.texture_stylizer_run.stop = bool(LINE)
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
        if image is None or image.type in ("RENDER_RESULT", "COMPOSITING"):
            cls.poll_message_set("Open an image in this editor first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.texture_stylizer.style_image = context.space_data.image
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_drop_style(bpy.types.Operator):
    """Take a dropped image file as the style"""

    bl_idname = "texture_stylizer.drop_style"
    bl_label = "Use Dropped Image as Style"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.texture_stylizer
        settings.style_path, settings.style_image = self.filepath, None
        return {"FINISHED"}


class TEXTURE_STYLIZER_FH_style(bpy.types.FileHandler):
    bl_idname = "TEXTURE_STYLIZER_FH_style"
    bl_label = "Style Image"
    bl_import_operator = "texture_stylizer.drop_style"
    bl_file_extensions = ".png;.jpg;.jpeg;.tif;.tiff;.webp;.exr"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """On the sidebar's tab alone: in the view itself a dropped image stays an empty."""
        region = context.region
        return (
            context.area is not None
            and context.area.type == "VIEW_3D"
            and region is not None
            and region.type == "UI"
            and getattr(region, "active_panel_category", "Stylize") == "Stylize"
        )


def _original_uids(material: Any) -> frozenset[int]:
    """Session ids of a material and, for a variant's copy, of its original."""
    from ..scene.records import original_of

    return frozenset({material.session_uid, original_of(material).session_uid})


CLASSES = [
    TEXTURE_STYLIZER_OT_stylize,
    TEXTURE_STYLIZER_OT_cancel,
    TEXTURE_STYLIZER_OT_find,
    TEXTURE_STYLIZER_OT_add_style,
    TEXTURE_STYLIZER_OT_remove_style,
    TEXTURE_STYLIZER_OT_use_as_style,
    TEXTURE_STYLIZER_OT_drop_style,
    TEXTURE_STYLIZER_FH_style,
]
