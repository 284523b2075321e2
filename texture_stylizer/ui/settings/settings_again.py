"""Use These Settings Again: what a variant's record says, put back into the panel."""

from typing import Any

import bpy

from ...settings import OF_OTHER_MAPS, QUALITIES, Quality, Settings
from ..styles import gallery

_SAME = (
    "content_weight",
    "protect_detail",
    "style_scale",
    "style_direction",
    "preserve_color",
    "wrap",
    "seed",
    *OF_OTHER_MAPS,
)


def values_of(details: dict[str, Any]) -> dict[str, Any]:
    """The panel's properties for the details of a variant's record; without what it does not tell."""
    made = Settings.from_json(details.get("settings", {}))
    by_hand, quality = made.iterations, _nearest(made)
    for known in QUALITIES:
        if Settings.preset(known).iterations == made.iterations:
            by_hand, quality = 0, known
    size = 0 if made.max_size == Settings.preset(quality).max_size else made.max_size or 0
    values: dict[str, Any] = {name: getattr(made, name) for name in _SAME}
    values |= {"quality": quality, "iterations": by_hand, "max_size": size}
    values |= {"scales": made.scales or 0, "style_width": made.style_width or 0.0}
    return values | {name: details[name] for name in ("seams", "features") if name in details}


def _nearest(made: Settings) -> Quality:
    return "draft" if made.max_size == Settings.preset("draft").max_size else "standard"


def put_back(settings: Any, details: dict[str, Any]) -> None:
    """Give the panel the settings and styles of a variant's record."""
    for name, value in values_of(details).items():
        try:
            setattr(settings, name, value)
        except (TypeError, ValueError):
            # A network's file, or a choice of another version.
            continue
    settings.variant = ""
    settings.mask, settings.base = details.get("mask", ""), details.get("from", "")
    settings.more_styles.clear()
    settings.first_where = ""
    for number, (key, weight, *where) in enumerate(details.get("styles", [])):
        if number == 0:
            gallery.take(settings, key)
            settings.first_weight, settings.first_where = weight, "".join(where)
            continue
        style = settings.more_styles.add()
        style.weight, style.where = weight, "".join(where)
        gallery.put(style, key)


class TEXTURE_STYLIZER_OT_use_settings(bpy.types.Operator):
    """Put the styles and settings that this variant was made with back into the panel"""

    bl_idname = "texture_stylizer.use_settings"
    bl_label = "Use These Settings Again"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Variant")  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ...scene.materials.records import record_of
        from ...scene.variants.find import list_variants

        records = [record_of(material) for material in list_variants().get(self.name, [])]
        if not records or records[0] is None:
            self.report({"ERROR"}, f"there is no variant {self.name!r} any more")
            return {"CANCELLED"}
        put_back(context.scene.texture_stylizer, records[0].details)
        return {"FINISHED"}


class TEXTURE_STYLIZER_MT_variant(bpy.types.Menu):
    bl_label = "Variant"

    def draw(self, context: bpy.types.Context) -> None:
        from ...scene.materials.records import record_of

        record = record_of(context.texture_stylizer_variant)
        if record is None:
            return
        layout = self.layout
        layout.operator("texture_stylizer.use_settings", icon="LOOP_BACK").name = record.variant
        layout.operator("texture_stylizer.rename_variant", icon="GREASEPENCIL").name = record.variant
        layout.operator("texture_stylizer.keep_variant", icon="CHECKMARK").name = record.variant
        layout.separator()
        layout.operator("texture_stylizer.remove_variant", icon="TRASH").name = record.variant


CLASSES = [TEXTURE_STYLIZER_OT_use_settings, TEXTURE_STYLIZER_MT_variant]
