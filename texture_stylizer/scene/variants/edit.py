"""A variant's strength and name changed, and variants deleted."""

from __future__ import annotations

from typing import Any

import bpy

from ...errors import BadInput
from ..materials.geometry_nodes import put_back, rename_record
from ..materials.records import (
    COMPARED,
    VARIANT,
    former_fake_users,
    is_used,
    mark_made,
    record_of,
    was_made_for,
    write_strength,
)
from .find import copies_of, is_shown, list_variants
from .show import restore
from .strength import mix_with_original


def set_strength(name: str, strength: float) -> None:
    """Mix a variant's textures with the original ones, without a run: 0 shows the originals, 1 the variant.

    Raises BadInput when there is no such variant, or it is too old to know its originals.
    """
    if not 0.0 <= strength <= 1.0:
        raise BadInput(f"the strength {strength:g} is not between 0 and 1; give one that is")
    copies = copies_of(name)
    if not mix_with_original(copies, strength):
        raise BadInput(
            f"the variant {name!r} was made by an earlier version, without a strength; make it again"
        )
    for copy in copies:
        write_strength(copy, strength)


def remove_variant(name: str) -> None:
    """Delete a variant's copies, node groups and images; objects that show it get their originals back.

    Files on the disk stay: other .blend files may use them. Raises BadInput when there is no such variant.
    """
    copies = set(copies_of(name))
    for object_ in bpy.data.objects:
        put_back(object_, name)
        if any(slot.material in copies for slot in object_.material_slots):
            restore(object_, copies)
    fake_users = former_fake_users(copies)
    bpy.data.batch_remove(copies)
    _remove_made(bpy.data.node_groups, name)
    _remove_made(bpy.data.images, name)
    still_needed = former_fake_users(bpy.data.materials)
    for original, had_fake_user in fake_users.items():
        if original not in still_needed:
            original.use_fake_user = had_fake_user


def purge_unused_variants() -> list[str]:
    """Remove every variant that no object shows. Returns their names."""
    unused = [name for name, copies in list_variants().items() if not any(map(is_shown, copies))]
    for name in unused:
        remove_variant(name)
    return unused


def rename_variant(name: str, new_name: str) -> None:
    """Give a variant another name. Raises BadInput when it is taken or empty."""
    copies = copies_of(name)
    if not new_name.strip():
        raise BadInput("a variant needs a name; type one")
    if new_name != name and new_name in list_variants():
        raise BadInput(f"there is a variant {new_name!r} already; choose another name")
    for copy in copies:
        record = record_of(copy)
        copy[VARIANT] = new_name
        if record is not None and record.original is not None:
            copy.name = f"{record.original.name} [{new_name}]"
    for data_block in (*bpy.data.images, *bpy.data.node_groups):
        if was_made_for(data_block, name):
            mark_made(data_block, new_name)
    for object_ in bpy.data.objects:
        if object_.get(COMPARED) == name:
            object_[COMPARED] = new_name
        rename_record(object_, name, new_name)


def _remove_made(collection: Any, variant: str) -> None:
    for data_block in [item for item in collection if was_made_for(item, variant)]:
        if not is_used(data_block):
            collection.remove(data_block)
