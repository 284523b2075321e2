"""The settings that few need: what the command line has beyond the panel's sliders."""

# No `from __future__ import annotations`: Blender reads properties from evaluated annotations.

import random
from typing import Any

import bpy

from ...descriptions import BakeOptions
from ...settings import Settings

_DEFAULTS = Settings()
_BAKE = BakeOptions()


class AdvancedSettings:
    """Properties that `StylizerSettings` takes in. A number of 0 leaves the choice to the quality."""

    features: bpy.props.EnumProperty(
        name="Network",
        description="The network that tells strokes from content",
        items=[
            ("auto", "Automatic", "VGG19 where it is installed, and the small one for drafts"),
            ("vgg19", "VGG19", "The original network of the method"),
            ("vgg19-torchvision", "VGG19 (torchvision)", "Trained anew by torchvision; has to be downloaded"),
            ("embedded", "Embedded", "A small one that is about ten times faster, for a first look"),
            ("file", "File", "Weights of your own"),
        ],
    )  # type: ignore[valid-type]
    features_path: bpy.props.StringProperty(
        name="Weights",
        description="A .safetensors file with torchvision's names for VGG19's layers",
        subtype="FILE_PATH",
    )  # type: ignore[valid-type]
    device: bpy.props.EnumProperty(
        name="Device",
        description="What computes",
        items=[
            ("auto", "Automatic", "The graphics card where there is one"),
            ("cpu", "Processor", "Slower, and always there"),
            ("cuda", "CUDA / ROCm", "A graphics card of NVIDIA or AMD"),
            ("mps", "Metal", "The graphics card of a Mac"),
        ],
    )  # type: ignore[valid-type]
    precision: bpy.props.EnumProperty(
        name="Precision",
        description="How the network computes",
        items=[
            ("auto", "Automatic", "Whichever is faster on this device"),
            ("float32", "32 Bit", "Exact, on every device"),
            ("bfloat16", "16 Bit", "Less memory, faster on newer devices"),
        ],
    )  # type: ignore[valid-type]
    roles: bpy.props.EnumProperty(
        name="Roles",
        description="The textures that are restyled, by what they are for",
        items=[
            ("base_color", "Base Color", "The color of the surface"),
            ("emission", "Emission", "The color of its own light"),
        ],
        options={"ENUM_FLAG"},
        default={"base_color", "emission"},
    )  # type: ignore[valid-type]
    wrap: bpy.props.EnumProperty(
        name="Repeats",
        description="The axes on which a texture is tiled, and stays tileable",
        items=[
            ("auto", "Automatic", "Where its borders match"),
            ("none", "Not at All", "It is not tiled"),
            ("x", "Across", "To the left and right"),
            ("y", "Up and Down", "To the top and bottom"),
            ("both", "Both", "On all sides"),
        ],
        default=_DEFAULTS.wrap,
    )  # type: ignore[valid-type]
    seed: bpy.props.IntProperty(
        name="Seed",
        description="Another number lays the strokes a little differently",
        default=_DEFAULTS.seed,
    )  # type: ignore[valid-type]
    iterations: bpy.props.IntProperty(
        name="Iterations",
        description="Steps of the optimisation; 0 goes by the quality",
        min=0,
        soft_max=2000,
    )  # type: ignore[valid-type]
    scales: bpy.props.IntProperty(
        name="Scales",
        description="Sizes that are worked on from coarse to fine; 0 takes as many as suit",
        min=0,
        max=32,
    )  # type: ignore[valid-type]
    max_size: bpy.props.IntProperty(
        name="Largest Size",
        description="Longest side that is worked on, from which larger textures are enlarged; 0 goes by the "
        "quality",
        subtype="PIXEL",
        min=0,
        soft_max=8192,
    )  # type: ignore[valid-type]
    bake_margin: bpy.props.IntProperty(
        name="Margin",
        description="Pixels that baked colors go on past the islands",
        subtype="PIXEL",
        default=_BAKE.margin,
        min=0,
        soft_max=64,
    )  # type: ignore[valid-type]
    bake_unwrap: bpy.props.BoolProperty(
        name="Unwrap Where Needed", description="Give an object without a UV map one, by Smart UV Project"
    )  # type: ignore[valid-type]
    bake_sharing: bpy.props.EnumProperty(
        name="Shared Materials",
        description="What is baked of a material that several objects use",
        items=[
            ("object", "An Image Each", "Each object gets an image of its own"),
            ("atlas", "One Image", "All objects go into one image; their UVs must not overlap"),
        ],
    )  # type: ignore[valid-type]

    def overrides(self) -> dict[str, Any]:
        """Fields of `Settings` that are set by hand, in place of the quality's."""
        chosen = {name: getattr(self, name) for name in ("iterations", "scales", "max_size")}
        # Blender's own fields are no smaller; the engine needs 16 at least.
        if chosen["max_size"]:
            chosen["max_size"] = max(16, chosen["max_size"])
        return {"wrap": self.wrap, "seed": self.seed} | {n: value for n, value in chosen.items() if value}


class TEXTURE_STYLIZER_OT_other_seed(bpy.types.Operator):
    """Take another seed, by chance"""

    bl_idname = "texture_stylizer.other_seed"
    bl_label = "Other Seed"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        context.scene.texture_stylizer.seed = random.randrange(1, 10_000)
        return {"FINISHED"}


CLASSES = [TEXTURE_STYLIZER_OT_other_seed]
