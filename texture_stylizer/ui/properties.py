"""The settings of the scene, saved with the file, and the add-on's preferences."""

# No `from __future__ import annotations`: Blender reads properties from evaluated annotations.

import bpy

from ..descriptions import BakeOptions
from ..settings import PRESERVE_COLOR_MODES, QUALITIES, Settings

PACKAGE = __package__.rpartition(".")[0] if __package__ else "texture_stylizer"
_DEFAULTS = Settings()


def _items(names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(name, name.replace("_", " ").title(), "") for name in names]


class StylizerSettings(bpy.types.PropertyGroup):
    """What the panel shows; `to_settings` gives what the engine takes."""

    style_path: bpy.props.StringProperty(
        name="Style",
        description="The image whose strokes and colours the textures take on",
        subtype="FILE_PATH",
    )  # type: ignore[valid-type]
    variant: bpy.props.StringProperty(
        name="Variant",
        description="Name of the new material variant; empty takes the style image's name",
    )  # type: ignore[valid-type]
    quality: bpy.props.EnumProperty(
        name="Quality",
        description="How long to work on each texture",
        items=_items(QUALITIES),
        default="standard",
    )  # type: ignore[valid-type]
    content_weight: bpy.props.FloatProperty(
        name="Keep Content",
        description="Higher keeps more of the original picture, lower gives the style more room",
        default=_DEFAULTS.content_weight,
        min=0.0,
        soft_max=2.0,
    )  # type: ignore[valid-type]
    style_scale: bpy.props.FloatProperty(
        name="Stroke Size",
        description="Size of the style image relative to the texture; higher gives larger strokes",
        default=_DEFAULTS.style_scale,
        min=0.05,
        soft_max=4.0,
    )  # type: ignore[valid-type]
    preserve_color: bpy.props.EnumProperty(
        name="Keep Colors",
        description="Whether the texture keeps its own colours",
        items=_items(PRESERVE_COLOR_MODES),
        default="off",
    )  # type: ignore[valid-type]

    bake: bpy.props.BoolProperty(
        name="Bake Missing Colors",
        description="Bake colours that are no image, or an image under other nodes, to an image first",
    )  # type: ignore[valid-type]
    bake_size: bpy.props.IntProperty(
        name="Bake Size",
        description="Side of the baked images",
        subtype="PIXEL",
        default=BakeOptions().size,
        min=16,
        max=16384,
        soft_max=4096,
    )  # type: ignore[valid-type]

    def bake_options(self) -> BakeOptions | None:
        return BakeOptions(size=self.bake_size) if self.bake else None

    def to_settings(self) -> Settings:
        return Settings.preset(
            self.quality,
            content_weight=self.content_weight,
            style_scale=self.style_scale,
            preserve_color=self.preserve_color,
        )


class StylizerPreferences(bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    python_path: bpy.props.StringProperty(
        name="Python with Torch",
        description="An interpreter in which texture-stylizer's libraries are installed",
        subtype="FILE_PATH",
    )  # type: ignore[valid-type]

    def draw(self, _context: bpy.types.Context) -> None:
        self.layout.prop(self, "python_path")
        self.layout.label(text="Make one with: python -m venv, then pip install texture-stylizer")


def worker_python_path(context: bpy.types.Context) -> str | None:
    """The interpreter named in the preferences, or None."""
    addon = context.preferences.addons.get(PACKAGE)
    return (addon.preferences.python_path or None) if addon and addon.preferences else None


CLASSES = [StylizerSettings, StylizerPreferences]
