"""The settings of the scene, saved with the file, and the add-on's preferences."""

# No `from __future__ import annotations`: Blender reads properties from evaluated annotations.

from pathlib import Path

import bpy

from ..descriptions import BakeOptions, StyleImage
from ..jobs.environment import COMPLETE, environment_python
from ..settings import PRESERVE_COLOR_MODES, QUALITIES, Settings
from . import gallery

PACKAGE = __package__.rpartition(".")[0] if __package__ else "texture_stylizer"
_DEFAULTS = Settings()


def _items(names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(name, name.replace("_", " ").title(), "") for name in names]


class StylizerTexture(bpy.types.PropertyGroup):
    """A row of the list that shows what a run will do; `name` is the image's."""

    role: bpy.props.StringProperty()  # type: ignore[valid-type]
    size: bpy.props.IntVectorProperty(size=2)  # type: ignore[valid-type]
    session_uid: bpy.props.IntProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    skipped: bpy.props.StringProperty()  # type: ignore[valid-type]
    wanted: bpy.props.BoolProperty(
        name="Stylize", description="Whether this texture is restyled", default=True
    )  # type: ignore[valid-type]


class StylizerStyle(bpy.types.PropertyGroup):
    """One more style beside the first, with its share."""

    path: bpy.props.StringProperty(name="Style", subtype="FILE_PATH")  # type: ignore[valid-type]
    weight: bpy.props.FloatProperty(
        name="Weight", description="Share of this style among all", default=1.0, min=0.01, soft_max=5.0
    )  # type: ignore[valid-type]


class StylizerRun(bpy.types.PropertyGroup):
    """What the panel shows of a run or a set-up under way; lives on the window manager, never in a file."""

    text: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    fraction: bpy.props.FloatProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    active: bpy.props.BoolProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    stop: bpy.props.BoolProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    setup_text: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    setup_fraction: bpy.props.FloatProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    setup_active: bpy.props.BoolProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]


class StylizerSettings(bpy.types.PropertyGroup):
    """What the panel shows; `to_settings` gives what the engine takes."""

    style_path: bpy.props.StringProperty(
        name="Style",
        description="The image whose strokes and colours the textures take on",
        subtype="FILE_PATH",
    )  # type: ignore[valid-type]
    gallery: bpy.props.EnumProperty(
        name="Gallery",
        description="The styles of the style folder and those that come with the add-on",
        items=gallery.items,
        update=gallery.choose,
        options={"SKIP_SAVE"},
    )  # type: ignore[valid-type]
    more_styles: bpy.props.CollectionProperty(type=StylizerStyle)  # type: ignore[valid-type]
    first_weight: bpy.props.FloatProperty(
        name="Weight", description="Share of the first style among all", default=1.0, min=0.01, soft_max=5.0
    )  # type: ignore[valid-type]
    textures: bpy.props.CollectionProperty(type=StylizerTexture)  # type: ignore[valid-type]
    active_texture: bpy.props.IntProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    scope: bpy.props.EnumProperty(
        name="Objects",
        description="Whose textures are restyled",
        items=[
            ("SELECTED", "Selected", "The selected objects"),
            ("SCENE", "Scene", "Every visible object of the scene"),
        ],
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

    def styles(self) -> list[StyleImage]:
        """The styles with their weights. Raises BadInput when a weight is none."""
        rows = [(self.style_path, self.first_weight), *((s.path, s.weight) for s in self.more_styles)]
        return [StyleImage(bpy.path.abspath(path), weight) for path, weight in rows if path]

    def unwanted(self) -> set[int]:
        """Session ids of the images that the user ticked off."""
        return {row.session_uid for row in self.textures if not row.wanted and row.session_uid}

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
        description="An interpreter in which texture-stylizer's libraries are installed; Set Up makes one",
        subtype="FILE_PATH",
    )  # type: ignore[valid-type]
    style_folder: bpy.props.StringProperty(
        name="Style Folder",
        description="A folder of images that the gallery shows beside the add-on's own",
        subtype="DIR_PATH",
        update=gallery.reload,
    )  # type: ignore[valid-type]

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        draw_setup(layout, context)
        layout.prop(self, "python_path")
        layout.operator("texture_stylizer.download_vgg19", icon="IMPORT")
        layout.prop(self, "style_folder")


def draw_setup(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The Set Up button, or how far a set-up is, or why it failed."""
    run = context.window_manager.texture_stylizer_run
    if run.setup_active:
        layout.progress(factor=run.setup_fraction, text=run.setup_text)
        layout.operator("texture_stylizer.cancel_setup", icon="CANCEL")
        return
    if run.setup_text:
        layout.label(text=run.setup_text, icon="INFO")
    if not worker_python_path(context):
        layout.label(text="Torch is needed, in a Python of its own", icon="INFO")
    layout.operator("texture_stylizer.setup", icon="IMPORT")
    if not bpy.app.online_access:
        layout.label(text="Allow Online Access in Preferences > System first", icon="INTERNET_OFFLINE")


def environment_folder() -> Path:
    """Where Set Up makes the environment: the extension's own folder, or the user's cache for other ways
    of installing."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="environment", create=False))
    except ValueError:
        return Path(bpy.utils.user_resource("DATAFILES")) / "texture_stylizer" / "environment"


def worker_python_path(context: bpy.types.Context) -> str | None:
    """The interpreter named in the preferences, or that of the environment that Set Up made, or None."""
    addon = context.preferences.addons.get(PACKAGE)
    if addon and addon.preferences and addon.preferences.python_path:
        return addon.preferences.python_path
    made = environment_python(environment_folder())
    return str(made) if (made.parent.parent / COMPLETE).is_file() else None


CLASSES = [StylizerTexture, StylizerStyle, StylizerRun, StylizerSettings, StylizerPreferences]
