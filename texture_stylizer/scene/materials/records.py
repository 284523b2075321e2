"""What a stylised copy of a material says about itself, in custom properties that survive saving."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import bpy

Value = TypeVar("Value")

_PREFIX = "texture_stylizer_"
VARIANT = _PREFIX + "variant"
_ORIGINAL = _PREFIX + "original"
_ORIGINAL_NAME = _PREFIX + "original_name"
_FAKE_USER = _PREFIX + "original_had_fake_user"
_DETAILS = _PREFIX + "details"
_OBJECTS = _PREFIX + "objects"
_MADE_BY = _PREFIX + "made_by"
SLOT_LINKS = _PREFIX + "slot_links"
COMPARED = _PREFIX + "compared"
MODIFIERS = _PREFIX + "modifiers"
STRENGTH = _PREFIX + "strength"
STANDS_FOR = _PREFIX + "stands_for"
"""On a restyled image node: the original image, or as JSON the name and output of the node whose
colour was baked, or an empty list for a colour of the socket's own."""

MIXES = _PREFIX + "mixes"
"""On the nodes that mix a restyled colour with the original."""


@dataclass(frozen=True)
class Record:
    """variant: its name; original: the material it was copied from, or None when that is gone;
    details: styles, settings, features and engine version as plain values; objects: names of those that the
    copy is for, when a baked colour fits no others, or none when it fits all."""

    variant: str
    original: Any | None
    original_had_fake_user: bool
    details: dict[str, Any]
    objects: tuple[str, ...] = ()


def record_of(material: Any) -> Record | None:
    """The record of a stylised copy; None for any other material. Whoever else wrote into these properties
    is not believed."""
    variant = material.get(VARIANT)
    if not isinstance(variant, str):
        return None
    original, name = material.get(_ORIGINAL), material.get(_ORIGINAL_NAME)
    if not isinstance(original, bpy.types.Material):
        original = bpy.data.materials.get(name) if isinstance(name, str) else None
    return Record(
        variant,
        original,
        bool(material.get(_FAKE_USER, False)),
        _parsed(material.get(_DETAILS), {}),
        tuple(name for name in _parsed(material.get(_OBJECTS), []) if isinstance(name, str)),
    )


def mapping_of(data_block: Any, key: str) -> dict[str, Any]:
    """What a property of named values holds; nothing where it is of another kind."""
    value = data_block.get(key)
    return dict(value.items()) if hasattr(value, "items") else {}


def _parsed(text: Any, default: Value) -> Value:
    """The value of a JSON text; the default for what is none, or is of another type."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return default
    return found if isinstance(found, type(default)) else default


def original_of(material: Any) -> Any:
    """The material that a stylised copy stands for; any other material itself, also None."""
    record = None if material is None else record_of(material)
    return material if record is None or record.original is None else record.original


def write_record(
    material: Any,
    variant: str,
    original: Any,
    had_fake_user: bool,
    details: dict[str, Any],
    objects: Iterable[str] = (),
) -> None:
    """Write a stylised copy's record."""
    material[VARIANT] = variant
    material[_ORIGINAL] = original
    material[_ORIGINAL_NAME] = original.name
    material[_FAKE_USER] = had_fake_user
    material[_DETAILS] = json.dumps(details)
    if objects:
        material[_OBJECTS] = json.dumps(list(objects))


def former_fake_users(copies: Iterable[Any]) -> dict[Any, bool]:
    """The originals of stylised copies that are still there, and whether each had a fake user before."""
    records = (record_of(copy) for copy in copies)
    return {
        record.original: record.original_had_fake_user
        for record in records
        if record is not None and record.original is not None
    }


def mark_made(data_block: Any, variant: str) -> None:
    """Mark an image or node group as made for a variant, so that removing it may delete it."""
    data_block[_MADE_BY] = variant


def was_made_for(data_block: Any, variant: str) -> bool:
    """Whether `mark_made` marked this data-block for the variant."""
    return data_block.get(_MADE_BY) == variant


def strength_of(material: Any) -> float:
    """How much of a stylised copy is seen, 0 to 1."""
    value = material.get(STRENGTH)
    return min(max(float(value), 0.0), 1.0) if isinstance(value, (int, float)) else 1.0


def write_strength(material: Any, strength: float) -> None:
    """Write how much of a stylised copy is seen; full strength is not written."""
    if strength < 1.0:
        material[STRENGTH] = strength
    elif STRENGTH in material:
        del material[STRENGTH]


def clear_record(data_block: Any) -> None:
    """Delete all that this module wrote on a data-block."""
    for key in [key for key in data_block.keys() if key.startswith(_PREFIX)]:  # noqa: SIM118
        del data_block[key]


def is_used(data_block: Any) -> bool:
    """Whether another data-block, or a fake user, needs one; an editor that shows it does not. Looked for and
    not counted: Blender 4.2 counts too many users when it copies or removes a node that has properties."""
    users = bpy.data.user_map(subset={data_block})[data_block]
    shows = (bpy.types.Screen, bpy.types.WindowManager)
    return data_block.use_fake_user or any(not isinstance(user, shows) for user in users)
