"""The operators that start and stop a run: they read the settings, and let a timer move the run on."""

import time
from dataclasses import dataclass, replace
from typing import Any

import bpy
from bpy.app.translations import pgettext_rpt as rpt

from ...errors import BadInput, StylizerError
from ...scene.run_options import Results, RunOptions, Which
from ..addon_paths import results_folder, worker_python_path
from ..run_queue import LINE
from ..settings import last_used
from ..window.modal_timer import Ticking
from ..window.regions import is_over_sidebar, redraw
from ..window.text_lines import to_translate
from . import finished
from .session import Request, Session, libraries_are_loaded, objects_of

SECOND_ESC_SECONDS = 2.0
"""Within this time a second Esc ends a run, wherever the mouse is: minutes of work go with it."""


def chosen_objects(context: bpy.types.Context) -> list[Any]:
    """The objects whose textures the settings mean."""
    if context.scene.texture_stylizer.scope == "SCENE":
        return [object_ for object_ in context.scene.objects if object_.visible_get()]
    return list(context.selected_objects)


@dataclass(frozen=True)
class Target:
    """What a run works on: objects, and the only materials (session ids) and images (names) of theirs, where
    not all are meant."""

    objects: tuple[Any, ...] = ()
    materials: frozenset[int] | None = None
    images: frozenset[str] | None = None


class _Stylizes(Ticking, bpy.types.Operator):
    """What the operators that start a run share; they differ in their target."""

    POLL_SECONDS = 0.05

    bl_options = {"REGISTER", "UNDO"}

    full_quality: bpy.props.BoolProperty(
        name="Full Quality",
        description="Work at the full size, not on a draft",
        options={"HIDDEN", "SKIP_SAVE"},
    )  # type: ignore[valid-type]

    def target(self, context: bpy.types.Context) -> Target:
        """What the run is to work on. Raises BadInput where there is nothing."""
        raise NotImplementedError

    @classmethod
    def nothing_chosen(cls, context: bpy.types.Context) -> str:
        """What the user has to choose, or open, to have a target; quick, since every redraw asks."""
        raise NotImplementedError

    @classmethod
    def missing(cls, context: bpy.types.Context) -> str:
        """What the user has to do before a run, or nothing."""
        if not context.scene.texture_stylizer.has_style():
            return to_translate("Choose a style image first")
        return cls.nothing_chosen(context)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        missing = cls.missing(context)
        if missing:
            cls.poll_message_set(missing)
        return not missing

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Wait for the result; for scripts and Blender without a window."""
        from ...scene.plan import plan
        from ...scene.restyle import carry_out

        try:
            request = self._request(context)
            run = plan(objects_of(request), request.styles, request.settings, request.options)
            variant = carry_out(run, python=worker_python_path(context))
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self._report_warnings(variant.failed)
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work in the background; Esc cancels, the scene stays usable, and a further run waits in line."""
        self._escaped = 0.0
        self._shown: tuple[str, str, float] | None = None
        try:
            self._session = Session(self._request(context))
            self._session.join_line(context)
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if self._session.is_first:
            context.window_manager.texture_stylizer_run.stop = False
        self._show(context)
        return self.begin_ticking(context)

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self._session not in LINE:
            # The add-on was switched off meanwhile.
            return self._end(context, keep=False)
        if not self._session.is_first:
            return {"PASS_THROUGH"}
        if context.window_manager.texture_stylizer_run.stop or self._is_escape(context, event):
            context.window_manager.texture_stylizer_run.stop = False
            self.report({"INFO"}, rpt("Stylizing was cancelled"))
            return self._end(context, keep=False)
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        try:
            return self._step(context)
        except StylizerError as error:
            self.report({"ERROR"}, str(error))
            return self._end(context, keep=False)
        except Exception:
            # Whatever it is, those that wait in line must not wait for ever.
            self._end(context, keep=False)
            raise

    def cancel(self, context: bpy.types.Context) -> None:
        """Another file is loaded, or Blender quits, during the run."""
        self._end(context, keep=False)

    def _request(self, context: bpy.types.Context) -> Request:
        settings = context.scene.texture_stylizer
        if self.full_quality:
            settings.quality = "standard"
        target = self.target(context)
        last_used.keep(context)
        return Request(
            tuple(object_.session_uid for object_ in target.objects),
            settings.styles(),
            settings.to_settings(),
            self._options(context, target),
        )

    def _step(self, context: bpy.types.Context) -> set[str]:
        """Move the run on, and take its results into the scene when it is through."""
        if not self._session.has_begun:
            if not libraries_are_loaded():
                return {"PASS_THROUGH"}
            self._session.begin(context)
        done = self._session.step()
        self._show(context)
        if not done:
            return {"PASS_THROUGH"}
        variant = self._session.apply()
        self._report_warnings((*self._session.warnings, *variant.failed))
        self.report({"INFO"}, finished.note(context, self._session, variant))
        return self._end(context, keep=True)

    def _is_escape(self, context: bpy.types.Context, event: bpy.types.Event) -> bool:
        """Whether this is an Esc that means the run: over the panel, or the second one in a short time."""
        if event.type != "ESC" or event.value != "PRESS":
            return False
        if is_over_sidebar(context, event) or time.monotonic() - self._escaped < SECOND_ESC_SECONDS:
            return True
        self._escaped = time.monotonic()
        self.report({"INFO"}, rpt("Press Esc once more to cancel stylizing"))
        return False

    def _options(self, context: bpy.types.Context, target: Target) -> RunOptions:
        settings = context.scene.texture_stylizer
        which = Which(sorted(settings.roles), target.materials, target.images)
        if target.images is None:
            which = replace(which, unwanted=settings.unwanted(), bake=settings.bake_options())
        return RunOptions(
            variant=settings.variant_name(),
            which=which,
            results=Results(results_folder(context)),
            compute=settings.compute(),
            seams=settings.seams,
            **settings.parts(),
        )

    def _show(self, context: bpy.types.Context) -> None:
        """Show how far the run is, in the panel and the status bar."""
        shown = context.window_manager.texture_stylizer_run
        now = self._session.text, self._session.left, self._session.fraction
        if self._session.is_first and now != self._shown:
            self._shown = now
            shown.text, shown.left, shown.fraction = now
            sentence = rpt("Stylizing {:.0%}, {}  |  Esc twice: cancel").format(shown.fraction, shown.text)
            if context.workspace is not None:
                context.workspace.status_text_set(sentence)
            redraw(context)

    def _end(self, context: bpy.types.Context, *, keep: bool) -> set[str]:
        self._session.end(keep=keep)
        self.end_ticking(context)
        if context.workspace is not None and not LINE:
            context.workspace.status_text_set(None)
        redraw(context)
        return {"FINISHED"} if keep else {"CANCELLED"}

    def _report_warnings(self, sentences: tuple[str, ...]) -> None:
        for sentence in sentences:
            self.report({"WARNING"}, sentence)


class TEXTURE_STYLIZER_OT_stylize(_Stylizes):
    """Redraw the color textures of the chosen objects in the style of an image, as a new variant"""

    bl_idname = "texture_stylizer.stylize"
    bl_label = "Stylize Textures"

    @classmethod
    def nothing_chosen(cls, context: bpy.types.Context) -> str:
        return "" if chosen_objects(context) else to_translate("Select one or more objects first")

    def target(self, context: bpy.types.Context) -> Target:
        return Target(tuple(chosen_objects(context)))


class TEXTURE_STYLIZER_OT_stylize_material(_Stylizes):
    """Restyle the active material of the active object alone, as a new variant"""

    bl_idname = "texture_stylizer.stylize_material"
    bl_label = "Stylize This Material"

    @classmethod
    def nothing_chosen(cls, context: bpy.types.Context) -> str:
        return _no_material(context)

    def target(self, context: bpy.types.Context) -> Target:
        return Target((context.object,), _with_original(context.object.active_material))


class TEXTURE_STYLIZER_OT_stylize_image(_Stylizes):
    """Restyle the image of this editor on every object of the scene that shows it, as a new variant"""

    bl_idname = "texture_stylizer.stylize_image"
    bl_label = "Stylize This Image"

    @classmethod
    def nothing_chosen(cls, context: bpy.types.Context) -> str:
        image = getattr(context.space_data, "image", None)
        return "" if image is not None else to_translate("Open an image in this editor first")

    def target(self, context: bpy.types.Context) -> Target:
        from ...scene.texture_uses import objects_showing

        image = context.space_data.image
        objects = objects_showing(image, context.scene.objects)
        if not objects:
            raise BadInput(f"no material of this scene shows the image {image.name}; put it into one first")
        return Target(tuple(objects), images=frozenset({image.name}))


class TEXTURE_STYLIZER_OT_stylize_node(_Stylizes):
    """Restyle the image of the active node, in this material of the active object, as a new variant"""

    bl_idname = "texture_stylizer.stylize_node"
    bl_label = "Stylize This Node"

    @classmethod
    def nothing_chosen(cls, context: bpy.types.Context) -> str:
        if getattr(getattr(context, "active_node", None), "image", None) is None:
            return to_translate("Choose an Image Texture node first")
        return _no_material(context)

    def target(self, context: bpy.types.Context) -> Target:
        materials = _with_original(context.object.active_material)
        return Target((context.object,), materials, frozenset({context.active_node.image.name}))


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


def _no_material(context: bpy.types.Context) -> str:
    if context.object is None or context.object.active_material is None:
        return to_translate("Choose an object with a material first")
    return ""


def _with_original(material: Any) -> frozenset[int]:
    """Session ids of a material and, for a variant's copy, of its original."""
    from ...scene.materials.records import original_of

    return frozenset({material.session_uid, original_of(material).session_uid})


CLASSES = [
    TEXTURE_STYLIZER_OT_stylize,
    TEXTURE_STYLIZER_OT_stylize_material,
    TEXTURE_STYLIZER_OT_stylize_image,
    TEXTURE_STYLIZER_OT_stylize_node,
    TEXTURE_STYLIZER_OT_cancel,
]
