"""The list of what a run does to each texture of the chosen objects; it follows the selection.

The rows live on the window manager, and are found anew when the panel sees another selection; the file keeps
only the names of the textures that were ticked off.
"""

from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface

from ..running.run_operators import chosen_objects
from ..window.regions import redraw
from ..window.text_lines import draw_text

ROLE_ICONS = {
    "base_color": "COLOR",
    "emission": "LIGHT",
    "roughness": "NODE_TEXTURE",
    "metallic": "NODE_MATERIAL",
    "normal": "NORMALS_FACE",
    "alpha": "IMAGE_ALPHA",
    "displacement": "MOD_DISPLACE",
    "other": "QUESTION",
    "bake": "RENDER_STILL",
}
WAIT_SECONDS = 0.1
"""The selection may change again at once, as with a box."""

_seen: dict[str, Any] = {"state": None}


def follow_selection(context: bpy.types.Context) -> None:
    """Find the textures in a moment if the chosen objects are others than those listed; for a panel's draw,
    which may change nothing itself."""
    if _state(context) != _seen["state"] and not bpy.app.timers.is_registered(_find_later):
        bpy.app.timers.register(_find_later, first_interval=WAIT_SECONDS)


def find(context: bpy.types.Context) -> None:
    """List the textures of the chosen objects, and the colors that would be baked."""
    from ...scene.baking.base_color import materials_to_bake
    from ...scene.texture_uses import find_textures

    settings, objects = context.scene.texture_stylizer, chosen_objects(context)
    rows = context.window_manager.texture_stylizer_run.textures
    rows.clear()
    _seen["state"] = _state(context)
    for use in find_textures(objects, roles=sorted(settings.roles)):
        row = rows.add()
        row.name, row.role, row.size, row.skipped = use.image, use.role, use.size, use.skipped or ""
    if settings.bake:
        for material in materials_to_bake(objects):
            row = rows.add()
            row.name, row.role, row.size = material.name, "bake", (settings.bake_size, settings.bake_size)


def end() -> None:
    """Forget what was listed, for when the add-on is switched off."""
    _seen["state"] = None
    if bpy.app.timers.is_registered(_find_later):
        bpy.app.timers.unregister(_find_later)


def _find_later() -> None:
    if hasattr(bpy.types.WindowManager, "texture_stylizer_run"):
        find(bpy.context)
        redraw(bpy.context)


def _state(context: bpy.types.Context) -> Any:
    """What the list depends on, as far as that is known quickly."""
    settings = context.scene.texture_stylizer
    uids = tuple(object_.session_uid for object_ in chosen_objects(context))
    choices = settings.bake, settings.bake_size, tuple(sorted(settings.roles)), context.scene.render.engine
    return uids, choices, len(bpy.data.images), len(bpy.data.materials)


class TEXTURE_STYLIZER_UL_textures(bpy.types.UIList):
    """The textures found, each with what a run does to it."""

    def draw_item(self, _context, layout, _data, item, _icon, _active_data, _active_property, _index) -> None:
        row = layout.row(align=True)
        if item.skipped:
            button = row.operator("texture_stylizer.why_skipped", text="", icon="INFO", emboss=False)
            button.name, button.reason = item.name, item.skipped
        elif item.role == "bake":
            row.label(icon="BLANK1")
        else:
            row.prop(item, "wanted", text="")
        image = bpy.data.images.get(item.name) if item.role != "bake" else None
        icon = layout.icon(image) if image is not None else 0
        name = row.row()
        name.active = not item.skipped and (item.role == "bake" or item.wanted)
        name.label(text=item.name, translate=False, icon_value=icon)
        side = row.row(align=True)
        side.active = not item.skipped
        side.ui_units_x = 3.6
        side.alignment = "RIGHT"
        side.label(text=size_text(*item.size), translate=False)
        side.label(icon=ROLE_ICONS.get(item.role, "QUESTION"))


def size_text(width: int, height: int) -> str:
    """The one side of a square, or both."""
    return str(width) if width == height else f"{width}x{height}"


def draw(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The list, buttons to tick, and what there is to say of the row at hand."""
    follow_selection(context)
    run = context.window_manager.texture_stylizer_run
    if not run.textures:
        empty = iface("No textures on the chosen objects") if chosen_objects(context) else ""
        draw_text(layout, context, empty or iface("Select one or more objects first"), "INFO")
        return
    buttons = layout.row(align=True)
    for which, text in (("ALL", iface("All")), ("NONE", iface("None"))):
        buttons.operator("texture_stylizer.tick", text=text, translate=False).which = which
    for role in sorted({row.role for row in run.textures if not row.skipped and row.role != "bake"}):
        buttons.operator("texture_stylizer.tick", text="", icon=ROLE_ICONS[role]).which = role
    buttons.operator("texture_stylizer.find", text="", icon="FILE_REFRESH")
    layout.template_list("TEXTURE_STYLIZER_UL_textures", "", run, "textures", run, "active_texture", rows=3)
    if run.active_texture < len(run.textures):
        row = run.textures[run.active_texture]
        said = row.skipped or _what_happens(row)
        draw_text(layout, context, f"{row.name}: {said}", ROLE_ICONS.get(row.role, "QUESTION"), least=2)


def _what_happens(row: Any) -> str:
    if row.role == "bake":
        return iface("Its color is no image; it is baked to one first")
    said = iface("{}, {} x {} px")
    return said.format(iface(row.role.replace("_", " ").title()), row.size[0], row.size[1])


class TEXTURE_STYLIZER_OT_find(bpy.types.Operator):
    """List the textures of the chosen objects, with what a run would do to each"""

    bl_idname = "texture_stylizer.find"
    bl_label = "Find Textures"

    def execute(self, context: bpy.types.Context) -> set[str]:
        find(context)
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_tick(bpy.types.Operator):
    """Choose which of the listed textures are restyled"""

    bl_idname = "texture_stylizer.tick"
    bl_label = "Choose Textures"
    bl_options = {"REGISTER", "UNDO"}

    which: bpy.props.StringProperty(
        name="Which", description="ALL, NONE, or a role: its textures alone", options={"HIDDEN"}
    )  # type: ignore[valid-type]

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        if properties.which in ("ALL", "NONE"):
            return iface("Restyle all of the listed textures, or none")
        return iface("Restyle only: {}").format(iface(properties.which.replace("_", " ").title()))

    def execute(self, context: bpy.types.Context) -> set[str]:
        for row in context.window_manager.texture_stylizer_run.textures:
            row.wanted = self.which == "ALL" or row.role == self.which
        return {"FINISHED"}


class TEXTURE_STYLIZER_OT_why_skipped(bpy.types.Operator):
    """Why this texture is left as it is"""

    bl_idname = "texture_stylizer.why_skipped"
    bl_label = "Left as It Is"

    name: bpy.props.StringProperty(options={"HIDDEN"})  # type: ignore[valid-type]
    reason: bpy.props.StringProperty(options={"HIDDEN"})  # type: ignore[valid-type]

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        return f"{properties.name}: {properties.reason}"

    def execute(self, context: bpy.types.Context) -> set[str]:
        run = context.window_manager.texture_stylizer_run
        run.active_texture = run.textures.find(self.name)
        return {"FINISHED"}


CLASSES = [
    TEXTURE_STYLIZER_UL_textures,
    TEXTURE_STYLIZER_OT_find,
    TEXTURE_STYLIZER_OT_tick,
    TEXTURE_STYLIZER_OT_why_skipped,
]
