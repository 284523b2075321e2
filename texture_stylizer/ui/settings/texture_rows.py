"""The rows of the list of textures, and the names in the file of those that were ticked off."""

# No `from __future__ import annotations`: Blender reads properties from evaluated annotations.

from typing import Any

import bpy


class StylizerName(bpy.types.PropertyGroup):
    """A name in a list."""


def _is_wanted(row: Any) -> bool:
    return row.name not in bpy.context.scene.texture_stylizer.left_out


def _set_wanted(row: Any, wanted: bool) -> None:
    left_out = bpy.context.scene.texture_stylizer.left_out
    index = left_out.find(row.name)
    if wanted and index >= 0:
        left_out.remove(index)
    elif not wanted and index < 0:
        left_out.add().name = row.name


class StylizerTexture(bpy.types.PropertyGroup):
    """A row of the list that shows what a run will do; `name` is the image's, or the material's to bake."""

    role: bpy.props.StringProperty()  # type: ignore[valid-type]
    size: bpy.props.IntVectorProperty(size=2)  # type: ignore[valid-type]
    skipped: bpy.props.StringProperty()  # type: ignore[valid-type]
    wanted: bpy.props.BoolProperty(
        name="Stylize",
        description="Whether this texture is restyled",
        get=_is_wanted,
        set=_set_wanted,
    )  # type: ignore[valid-type]
