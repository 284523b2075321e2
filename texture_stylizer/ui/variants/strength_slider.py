"""The slider of a variant's strength: a property of its materials, so that one undo takes a change back."""

from collections.abc import Sequence

import bpy

PROPERTY = "texture_stylizer_strength"


def register() -> None:
    """Give every material the property; it stands for the strength of the variant that a copy belongs to."""
    bpy.types.Material.texture_stylizer_strength = bpy.props.FloatProperty(
        name="Strength",
        description="How much of this variant is seen: 0 is the original, 1 the restyled picture. "
        "It needs no run",
        min=0.0,
        max=1.0,
        default=1.0,
        subtype="FACTOR",
        get=_strength,
        set=_set_strength,
    )


def unregister() -> None:
    del bpy.types.Material.texture_stylizer_strength


def draw(layout: bpy.types.UILayout, copies: Sequence[bpy.types.Material]) -> None:
    """The slider of the variant that stylized copies belong to, where these know their originals."""
    from ...scene.variants.strength import restyled_nodes

    if next(restyled_nodes(copies), None) is not None:
        layout.prop(copies[0], PROPERTY, slider=True)


def is_mixed(copies: Sequence[bpy.types.Material]) -> bool:
    """Whether stylized copies show less than the whole of their variant."""
    from ...scene.materials.records import strength_of

    return any(strength_of(copy) < 1.0 for copy in copies)


def _strength(material: bpy.types.Material) -> float:
    from ...scene.materials.records import strength_of

    return strength_of(material)


def _set_strength(material: bpy.types.Material, strength: float) -> None:
    from ...scene.materials.records import record_of
    from ...scene.variants.edit import set_strength

    record = record_of(material)
    if record is not None:
        set_strength(record.variant, strength)
