"""Switching between variants and originals: object-level links in slots, and inputs of modifiers."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Set
from typing import Any

import bpy

from ..materials.geometry_nodes import put_back, set_materials
from ..materials.material_users import editable_objects
from ..materials.records import (
    COMPARED,
    SLOT_LINKS,
    mapping_of,
    original_of,
    record_of,
)
from .find import copies_of, list_variants, shown_variants


def use_variant(name: str, objects: Iterable[Any], material: Any = None) -> int:
    """Show a variant on the objects whose materials have it, or only in place of one original material.

    Returns how many slots and modifiers changed. Raises BadInput when there is no such variant.
    """
    found = [copy for copy in copies_of(name) if material is None or original_of(copy) == material]
    suiting = SuitingCopies(found)
    return sum(assign(object_, suiting.of(object_), name) for object_ in editable_objects(objects))


class SuitingCopies:
    """Which of a variant's copies suit an object: one that was baked for it before one for all."""

    def __init__(self, copies: Iterable[Any]) -> None:
        self._for_all: dict[Any, Any] = {}
        self._for_one: dict[str, dict[Any, Any]] = {}
        for copy in copies:
            record = record_of(copy)
            if record is None or record.original is None:
                continue
            if not record.objects:
                self._for_all.setdefault(record.original, copy)
            for name in record.objects:
                self._for_one.setdefault(name, {})[record.original] = copy

    def of(self, object_: Any) -> Mapping[Any, Any]:
        """The copy of each original material."""
        return ChainMap(self._for_one.get(object_.name, {}), self._for_all)


def use_original(objects: Iterable[Any], material: Any = None) -> int:
    """Show the originals again, or only one, with their former links. Returns how many slots and modifiers
    changed."""
    editable = editable_objects(objects)
    if material is not None:
        copies = {copy for copy in bpy.data.materials if original_of(copy) == material}
        return sum(restore(object_, copies) for object_ in editable)
    return sum(put_back(object_) + restore(object_) for object_ in editable)


def compare(objects: Iterable[Any]) -> None:
    """Switch between the variant that the objects show and their originals; it is remembered on them."""
    for object_ in objects:
        shown = shown_variants([object_])
        if shown:
            object_[COMPARED] = sorted(shown)[0]
            use_original([object_])
        elif object_.get(COMPARED) in list_variants():
            use_variant(object_[COMPARED], [object_])
            del object_[COMPARED]


def assign(object_: Any, copies: Mapping[Any, Any], variant: str) -> int:
    """Show copies in an object's slots, through object-level links so that no other object changes."""
    changed = 0
    for index, slot in enumerate(object_.material_slots):
        if slot.material is None:
            continue
        record = record_of(slot.material)
        original = record.original if record is not None else slot.material
        copy = copies.get(original)
        if copy is None or slot.material == copy:
            continue
        if record is None:
            links = mapping_of(object_, SLOT_LINKS)
            links[str(index)] = slot.link
            object_[SLOT_LINKS] = links
        slot.link = "OBJECT"
        slot.material = copy
        changed += 1
    return changed + set_materials(object_, copies, variant)


def restore(object_: Any, only: Set[Any] | None = None) -> int:
    """Put the originals back into the slots that show a copy, or one of `only`."""
    links = mapping_of(object_, SLOT_LINKS)
    changed = 0
    for index, slot in enumerate(object_.material_slots):
        record = None if slot.material is None else record_of(slot.material)
        if record is None or (only is not None and slot.material not in only):
            continue
        was = links.pop(str(index), "OBJECT")
        slot.material = record.original if was == "OBJECT" else None
        if was == "DATA":
            slot.link = "DATA"
        changed += 1
    if links:
        object_[SLOT_LINKS] = links
    elif SLOT_LINKS in object_:
        del object_[SLOT_LINKS]
    return changed
