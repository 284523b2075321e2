"""The settings of the scene, saved with the file, and what the panel shows of a run, which is not."""

# No `from __future__ import annotations`: Blender reads properties from evaluated annotations.

from typing import Any

import bpy

from ...descriptions import BakeOptions, Compute, SceneStyle, StyleImage, features_for
from ...settings import PRESERVE_COLOR_MODES, QUALITIES, Settings
from ..addon_paths import MAY_BE_RELATIVE
from ..run_queue import LINE
from ..styles import gallery
from ..translations.polish import CONTEXT
from . import naming, presets
from .advanced_settings import AdvancedSettings
from .other_map_settings import OtherMapSettings
from .part_settings import PartSettings, where_field
from .texture_rows import StylizerName, StylizerTexture

_DEFAULTS = Settings()


def _items(names: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(name, name.replace("_", " ").title(), "") for name in names]


def _is_running(_self: Any) -> bool:
    return bool(LINE)


class StylizerRun(bpy.types.PropertyGroup):
    """What the panel shows of a run or a set-up under way, and the list of textures; lives on the window
    manager, never in a file."""

    textures: bpy.props.CollectionProperty(type=StylizerTexture)  # type: ignore[valid-type]
    active_texture: bpy.props.IntProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    left: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    made: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    folder: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    was_draft: bpy.props.BoolProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    trying: bpy.props.BoolProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    text: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    fraction: bpy.props.FloatProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    active: bpy.props.BoolProperty(get=_is_running, options={"SKIP_SAVE"})  # type: ignore[valid-type]
    stop: bpy.props.BoolProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    device: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    setup_text: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    setup_detail: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    setup_fraction: bpy.props.FloatProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    setup_active: bpy.props.BoolProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]


def _take_file(settings: Any, context: bpy.types.Context) -> None:
    """A path that was chosen replaces the image of the file."""
    if settings.style_path:
        settings.style_image = None
        gallery.remember(bpy.path.abspath(settings.style_path), context)


def _take_image(settings: Any, _context: bpy.types.Context) -> None:
    if settings.style_image is not None:
        settings.style_path = ""


def _style_field(image: str, path: str) -> Any:
    """A property that names a style in one field, wherever it comes from. image, path: the properties of the
    same group that hold it."""

    def title(owner: Any) -> str:
        return naming.style_title(getattr(owner, image), getattr(owner, path))

    def take(owner: Any, typed: str) -> None:
        known = gallery.titles(bpy.context)
        if typed in known or typed != title(owner):
            gallery.put(owner, known.get(typed, typed), image, path)

    def search(_owner: Any, context: bpy.types.Context, _typed: str) -> list[str]:
        return list(gallery.titles(context))

    return bpy.props.StringProperty(
        name="Style",
        description="The style: a name of the gallery, an image of this file, or the path of an image file",
        get=title,
        set=take,
        search=search,
        search_options={"SUGGESTION"},
    )


class StylizerStyle(bpy.types.PropertyGroup):
    """One more style beside the first, with its share: a file, or an image of the .blend."""

    image: bpy.props.PointerProperty(
        name="Image", description="An image of this file to take the style from", type=bpy.types.Image
    )  # type: ignore[valid-type]
    path: bpy.props.StringProperty(name="Style", subtype="FILE_PATH", options=MAY_BE_RELATIVE)  # type: ignore[valid-type]
    title: _style_field("image", "path")  # type: ignore[valid-type]
    weight: bpy.props.FloatProperty(
        name="Weight", description="Share of this style among all", default=1.0, min=0.01, soft_max=5.0
    )  # type: ignore[valid-type]
    where: where_field()  # type: ignore[valid-type]


class StylizerSettings(AdvancedSettings, OtherMapSettings, PartSettings, bpy.types.PropertyGroup):
    """What the panel shows; `to_settings` gives what the engine takes."""

    style_path: bpy.props.StringProperty(
        name="Style",
        description="The image whose strokes and colors the textures take on",
        subtype="FILE_PATH",
        options=MAY_BE_RELATIVE,
        update=_take_file,
    )  # type: ignore[valid-type]
    style_image: bpy.props.PointerProperty(
        name="Style Image",
        description="An image of this file to take the style from, in place of a file",
        type=bpy.types.Image,
        update=_take_image,
    )  # type: ignore[valid-type]
    style_name: _style_field("style_image", "style_path")  # type: ignore[valid-type]
    gallery: bpy.props.EnumProperty(
        name="Gallery",
        description="The styles of the style folder and those that come with the add-on",
        items=gallery.items,
        get=gallery.get_choice,
        set=gallery.set_choice,
    )  # type: ignore[valid-type]
    more_styles: bpy.props.CollectionProperty(type=StylizerStyle)  # type: ignore[valid-type]
    first_weight: bpy.props.FloatProperty(
        name="Weight", description="Share of the first style among all", default=1.0, min=0.01, soft_max=5.0
    )  # type: ignore[valid-type]
    left_out: bpy.props.CollectionProperty(type=StylizerName)  # type: ignore[valid-type]
    look: bpy.props.EnumProperty(
        name="Look",
        description="Settings that go together",
        items=presets.LOOK_ITEMS,
        translation_context=CONTEXT,
        get=presets.get_look,
        set=presets.set_look,
    )  # type: ignore[valid-type]
    scope: bpy.props.EnumProperty(
        name="Objects",
        description="Whose textures are restyled",
        items=[
            ("SELECTED", "Selected", "The selected objects"),
            ("SCENE", "Scene", "Every visible object of the scene"),
        ],
    )  # type: ignore[valid-type]
    listed: bpy.props.EnumProperty(
        name="List",
        description="Which variants are listed",
        items=[
            ("SELECTED", "Selected", "Those of the selected objects"),
            ("SCENE", "File", "All of this file"),
        ],
    )  # type: ignore[valid-type]
    variant: bpy.props.StringProperty(
        name="Variant",
        description="Name of the new material variant; empty takes the style's name and the look",
    )  # type: ignore[valid-type]
    quality: bpy.props.EnumProperty(
        name="Quality",
        description="How long to work on each texture",
        items=_items(QUALITIES),
        default="draft",
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
        description="Whether the texture keeps its own colors",
        items=_items(PRESERVE_COLOR_MODES),
        default="off",
    )  # type: ignore[valid-type]

    seams: bpy.props.BoolProperty(
        name="Follow the Mesh",
        description="Strokes go on across UV seams, and textures that the UVs repeat stay tileable",
        default=True,
    )  # type: ignore[valid-type]
    style_width: bpy.props.FloatProperty(
        name="Style Width",
        description="Width of the style image on the surface of the mesh; 0 goes by the stroke size",
        default=0.0,
        min=0.0,
        soft_max=10.0,
        subtype="DISTANCE",
    )  # type: ignore[valid-type]
    style_direction: bpy.props.EnumProperty(
        name="Style Direction",
        description="Which way up the strokes are",
        items=[
            ("image", "Image", "Up in the style is up in the texture"),
            ("surface", "Surface", "Up in the style is up on the model, however its islands are turned"),
        ],
    )  # type: ignore[valid-type]
    bake: bpy.props.BoolProperty(
        name="Bake Missing Colors",
        description="Bake colors that are no image, or an image under other nodes, to an image first",
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
        """How missing colors are baked; None for not at all."""
        if not self.bake:
            return None
        return BakeOptions(
            self.bake_size, margin=self.bake_margin, unwrap=self.bake_unwrap, sharing=self.bake_sharing
        )

    def has_style(self) -> bool:
        return bool(self.style_path or self.style_image)

    def styles(self) -> list[Any]:
        """The styles with their weights, as `scene.plan.begin` takes them."""
        rows = [(self.style_image, self.style_path, self.first_weight, self.first_where)]
        rows += [(style.image, style.path, style.weight, style.where) for style in self.more_styles]
        return [
            SceneStyle(image.session_uid, weight, where)
            if image
            else StyleImage(bpy.path.abspath(path), weight, where=where)
            for image, path, weight, where in rows
            if image or path
        ]

    def variant_name(self) -> str:
        """The new variant's name, as `naming` makes it."""
        from ...scene.variants.find import list_variants

        return naming.variant_name(self, list_variants())

    def unwanted(self) -> set[str]:
        """Names of the images that the user ticked off."""
        return {row.name for row in self.left_out}

    def compute(self) -> Compute:
        """On what a run computes, with which network."""
        if self.features == "file":
            network = bpy.path.abspath(self.features_path)
        else:
            network = features_for(self.features, self.quality)
        return Compute(network, self.device, self.precision)

    def to_settings(self) -> Settings:
        return Settings.preset(
            self.quality,
            content_weight=self.content_weight,
            protect_detail=self.protect_detail,
            style_scale=self.style_scale,
            style_width=self.style_width if self.seams and self.style_width else None,
            style_direction=self.style_direction if self.seams else "image",
            preserve_color=self.preserve_color,
            **self.overrides(),
            **self.of_other_maps(),
        )


CLASSES = [StylizerName, StylizerTexture, StylizerStyle, StylizerRun, StylizerSettings]
