"""The settings of the maps beside a color: normals and roughness that follow it."""

# No `from __future__ import annotations`: Blender reads properties from evaluated annotations.

from typing import Any

import bpy

from ...settings import OF_OTHER_MAPS


class OtherMapSettings:
    """Properties that `StylizerSettings` takes in."""

    relief: bpy.props.FloatProperty(
        name="Relief",
        description="How high the strokes stand out in the normal map",
        subtype="FACTOR",
        min=0.0,
        max=1.0,
    )  # type: ignore[valid-type]
    soften_normals: bpy.props.FloatProperty(
        name="Soften Normals",
        description="How far the normals within a stroke become one, so that fine relief does not show "
        "under the paint",
        subtype="FACTOR",
        min=0.0,
        max=1.0,
    )  # type: ignore[valid-type]
    roughness_follow: bpy.props.FloatProperty(
        name="Roughness",
        description="How far strokes raise and lower the roughness",
        subtype="FACTOR",
        min=0.0,
        max=1.0,
    )  # type: ignore[valid-type]

    def of_other_maps(self) -> dict[str, Any]:
        """Fields of `Settings`."""
        return {name: getattr(self, name) for name in OF_OTHER_MAPS}
