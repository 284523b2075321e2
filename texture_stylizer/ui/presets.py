"""Presets of the settings, through Blender's own preset system."""

import bpy
from bl_operators.presets import AddPresetBase
from bl_ui.utils import PresetPanel

FOLDER = "texture_stylizer"
SAVED = (
    "quality",
    "content_weight",
    "style_scale",
    "preserve_color",
    "seams",
    "style_width",
    "style_direction",
    "bake",
    "bake_size",
)
"""The properties of the scene that a preset holds; the style is no part of it."""


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
