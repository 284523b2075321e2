"""A variant made permanent: its copies take the originals' place and names; nothing tells of a variant."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import bpy

from ..materials.records import (
    SLOT_LINKS,
    clear_record,
    former_fake_users,
    mapping_of,
    original_of,
    was_made_for,
)
from .find import copies_of, shown_variants
from .strength import settle


def make_permanent(name: str) -> None:
    """Let a variant's copies take the originals' place and names; they are no variant any more.

    An original that nothing uses then is removed, any other stays, renamed. What is mixed with the original
    stays mixed. Raises BadInput when there is no such variant.
    """
    copies = dict.fromkeys(copies_of(name))
    had_fake_user = former_fake_users(copies)
    by_original: dict[Any, list[Any]] = {}
    for copy in copies:
        by_original.setdefault(original_of(copy), []).append(copy)
    for data, objects in _objects_by_data().items():
        _take_slots(data, objects, copies)
    for object_ in bpy.data.objects:
        _forget_former_slots(object_, name, copies)
    for original in had_fake_user:
        _hand_over_name(original, by_original[original])
    settle(copies)
    for copy in copies:
        clear_record(copy)
        copy.use_fake_user = False
    for data_block in (*bpy.data.images, *bpy.data.node_groups):
        if was_made_for(data_block, name):
            clear_record(data_block)
    still_needed = former_fake_users(bpy.data.materials)
    for original, fake_user in had_fake_user.items():
        if original.is_editable and original not in still_needed:
            original.use_fake_user = fake_user
            if not original.users:
                bpy.data.materials.remove(original)


def _objects_by_data() -> dict[Any, list[Any]]:
    """The objects that share each mesh, curve and so on."""
    found: dict[Any, list[Any]] = {}
    for object_ in bpy.data.objects:
        if object_.material_slots and object_.data.is_editable:
            found.setdefault(object_.data, []).append(object_)
    return found


def _take_slots(data: Any, objects: list[Any], copies: Collection[Any]) -> None:
    """Put a copy into the mesh's own slots, where every object of the mesh shows it in place of those."""
    for index in range(len(data.materials)):
        slots = [object_.material_slots[index] for object_ in objects]
        (copy, *others) = {slot.material for slot in slots}
        were_the_meshes = all(mapping_of(o, SLOT_LINKS).get(str(index)) == "DATA" for o in objects)
        if not others and copy in copies and were_the_meshes:
            data.materials[index] = copy
            for slot in slots:
                slot.material = None
                slot.link = "DATA"


def _hand_over_name(original: Any, copies: list[Any]) -> None:
    name = original.name
    if original.is_editable:
        original.name = f"{name} (original)"
    for copy in copies:
        copy.name = name


def _forget_former_slots(object_: Any, name: str, copies: Collection[Any]) -> None:
    """What an object remembers of its slots before it showed a variant; other variants' slots stay known."""
    if shown_variants([object_]) <= {name}:
        clear_record(object_)
        return
    links = mapping_of(object_, SLOT_LINKS)
    for index, slot in enumerate(object_.material_slots):
        if slot.material in copies:
            links.pop(str(index), None)
    object_[SLOT_LINKS] = links
