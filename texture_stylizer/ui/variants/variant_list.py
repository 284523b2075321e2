"""Variants as the panels show them: a picture, buttons, and the slider of the strength."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from ..window.text_lines import draw_text, line_width, text_width, ui_scale
from . import strength_slider

_BESIDE_NAME = 150
"""What its picture, its menu and all borders take of the region's width, in pixels before the scale."""


def draw_variants(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    variants: dict[str, list[bpy.types.Material]],
    *,
    only_material: bool = False,
) -> None:
    """Variants, each with its picture and buttons to show, rename, keep and remove it."""
    from ...scene.variants.find import shown_variants

    shown = shown_variants([context.object] if only_material else context.selected_objects)
    row = layout.row(align=True)
    original = row.operator(
        "texture_stylizer.show_variant", text="Original", depress=not shown, icon="LOOP_BACK"
    )
    original.name, original.only_material = "", only_material
    row.operator("texture_stylizer.compare", text="", icon="UV_SYNC_SELECT")
    for name, copies in sorted(variants.items()):
        _draw_variant(layout, context, name, copies, name in shown, only_material)
    if any(strength_slider.is_mixed(copies) for copies in variants.values()):
        draw_text(
            layout, context, iface("FBX, OBJ and USD exports lose a strength below 1; glTF keeps it"), "INFO"
        )


def _draw_variant(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    name: str,
    copies: list[bpy.types.Material],
    shown: bool,
    only_material: bool,
) -> None:
    from ...scene.variants.find import images_of

    fits = text_width(name) <= line_width(context) - _BESIDE_NAME * ui_scale()
    if not fits:
        draw_text(layout, context, name)
    row = layout.row(align=True)
    images = images_of(copies)
    if images:
        row.template_icon(icon_value=layout.icon(images[0]), scale=2.0)
    row = row.row(align=True)
    row.scale_y = 2.0 if images else 1.0
    text = name if fits else iface("Show")
    button = row.operator("texture_stylizer.show_variant", text=text, translate=False, depress=shown)
    button.name, button.only_material = name, only_material
    row.context_pointer_set("texture_stylizer_variant", copies[0])
    row.menu("TEXTURE_STYLIZER_MT_variant", text="", icon="DOWNARROW_HLT")
    strength_slider.draw(layout, copies)
