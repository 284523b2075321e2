"""Presets of the settings: those that come with the add-on, and the user's, through Blender's own system."""

import math
from typing import Any

import bpy
from bl_operators.presets import AddPresetBase
from bl_ui.utils import PresetPanel

FOLDER = "texture_stylizer"
SAVED = (
    "quality",
    "content_weight",
    "protect_detail",
    "style_scale",
    "preserve_color",
    "seams",
    "style_width",
    "style_direction",
    "bake",
    "bake_size",
    "bake_margin",
    "bake_unwrap",
    "bake_sharing",
    "features",
    "device",
    "precision",
    "roles",
    "wrap",
    "seed",
    "iterations",
    "scales",
    "max_size",
)
"""The properties of the scene that a preset holds; the style is no part of it."""

_PLAIN: dict[str, Any] = {
    "quality": "standard",
    "content_weight": 1.0,
    "style_scale": 1.0,
    "preserve_color": "off",
}
LOOKS: dict[str, dict[str, Any]] = {
    "FAST": _PLAIN | {"quality": "draft"},
    "SUBTLE": _PLAIN | {"content_weight": 2.5, "style_scale": 0.75},
    "PAINTERLY": _PLAIN,
    "BOLD": _PLAIN | {"content_weight": 0.35, "style_scale": 1.6},
    "KEEP": _PLAIN | {"preserve_color": "luminance"},
}
"""What each look of the panel sets."""

LOOK_ITEMS = [
    ("FAST", "Fast", "A small picture in seconds, for a first look"),
    ("SUBTLE", "Subtle", "A hint of the style; the texture stays as it is at large"),
    ("PAINTERLY", "Painterly", "The whole style, at full quality"),
    ("BOLD", "Bold", "Large strokes, and much room for the style"),
    ("KEEP", "Keep Colors", "The style's strokes in the texture's own colors"),
    ("CUSTOM", "Custom", "Settings of your own"),
]


def look_of(settings: Any) -> str:
    """The look that the settings are, or CUSTOM."""
    return next((look for look, values in LOOKS.items() if _are(settings, values)), "CUSTOM")


def get_look(settings: Any) -> int:
    """The look's place among `LOOK_ITEMS`, for Blender."""
    names = [item[0] for item in LOOK_ITEMS]
    return names.index(look_of(settings))


def set_look(settings: Any, number: int) -> None:
    """Take over the settings of the look at that place; the last one changes nothing."""
    for name, value in LOOKS.get(LOOK_ITEMS[number][0], {}).items():
        setattr(settings, name, value)


def _are(settings: Any, values: dict[str, Any]) -> bool:
    return all(
        math.isclose(getattr(settings, name), value, abs_tol=1e-4)
        if isinstance(value, float)
        else getattr(settings, name) == value
        for name, value in values.items()
    )


class TEXTURE_STYLIZER_OT_add_preset(AddPresetBase, bpy.types.Operator):
    """Keep these settings under a name, or remove the preset of that name"""

    bl_idname = "texture_stylizer.add_preset"
    bl_label = "Add Stylize Preset"

    preset_menu = "TEXTURE_STYLIZER_PT_presets"
    preset_subdir = FOLDER
    preset_defines = ("settings = bpy.context.scene.texture_stylizer",)

    @property
    def preset_values(self) -> list[str]:
        return [f"settings.{name}" for name in SAVED]


class TEXTURE_STYLIZER_PT_presets(PresetPanel, bpy.types.Panel):
    bl_label = "Stylize Presets"
    preset_subdir = FOLDER
    preset_operator = "script.execute_preset"
    preset_add_operator = "texture_stylizer.add_preset"


CLASSES = [TEXTURE_STYLIZER_OT_add_preset, TEXTURE_STYLIZER_PT_presets]
