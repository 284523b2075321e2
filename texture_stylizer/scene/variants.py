"""Stylised copies of materials: made, switched to, mixed and deleted; the originals are never changed."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import bpy

from ..errors import BadInput
from .baking.bake import BakedColor
from .colored_links import show_images
from .copies import copy_material, set_color
from .materials.geometry_nodes import put_back, rename_record, set_materials
from .materials.material_users import editable_objects, material_users, render_uv_map_of
from .materials.records import (
    COMPARED,
    SLOT_LINKS,
    VARIANT,
    former_fake_users,
    is_used,
    mapping_of,
    mark_made,
    original_of,
    record_of,
    was_made_for,
    write_strength,
)
from .node_trees.roles import Role
from .strength import mix_with_original
from .textures import TextureUse


@dataclass(frozen=True)
class Variant:
    """A named set of stylised copies: (original, copy) names, the images made, and what was skipped."""

    name: str
    materials: tuple[tuple[str, str], ...]
    images: tuple[str, ...]
    failed: tuple[str, ...] = ()


def unique_variant_name(wanted: str, materials: Iterable[Any]) -> str:
    """`wanted`, or `wanted 2` and so on when one of the materials has such a variant already."""
    originals = set(materials)
    taken = {
        record.variant
        for material in bpy.data.materials
        for record in [record_of(material)]
        if record is not None and record.original in originals
    }
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted} {number}"
    return name


def create_variant(
    name: str,
    objects: Iterable[Any],
    uses: Iterable[TextureUse],
    images: Mapping[int, Any],
    details: dict[str, Any],
    baked: Sequence[tuple[BakedColor, Any]] = (),
) -> Variant:
    """Copy every material that uses one of `images` or was baked, and show the copies on the chosen objects.

    images: the stylised image for the session id of each original. baked: baked colours with their stylised
    images; each gets a copy of the material for its objects. Node groups on the way to an image are copied
    once for the whole variant, and once more for each baked colour.
    """
    editable = editable_objects(objects)
    users = material_users(editable)
    by_uid = {material.session_uid: material for material in users}
    by_name = {material.name: material for material in users}
    changes: dict[Any, dict[tuple[tuple[str, ...], Role], Any]] = {}
    for use in uses:
        if use.session_uid in images:
            for place in use.places:
                if place.session_uid in by_uid:
                    found = changes.setdefault(by_uid[place.session_uid], {})
                    found[place.path, use.role] = images[use.session_uid]

    fake_users = former_fake_users(bpy.data.materials)
    shown: dict[str, dict[Any, Any]] = {object_.name: {} for object_ in editable}
    made: list[tuple[Any, Any]] = []
    problems: list[str] = []
    for color, image in baked:
        original = by_name.get(color.material)
        if original is None:
            continue
        copy = copy_material(original, name, details, fake_users, color.objects)
        own_groups: dict[Any, Any] = {}
        rendered = render_uv_map_of(users[original])
        problems += show_images(copy, changes.get(original, {}), own_groups, name, rendered)
        set_color(copy, image, color.uv_map, own_groups, name)
        made.append((original, copy))
        for object_name in color.objects:
            shown.setdefault(object_name, {})[original] = copy
    groups: dict[Any, Any] = {}
    for original, places in changes.items():
        takers = [o for o in users[original].editable if original not in shown[o.name]]
        if takers:
            copy = copy_material(original, name, details, fake_users)
            rendered = render_uv_map_of(users[original])
            problems += show_images(copy, places, groups, name, rendered)
            made.append((original, copy))
            for object_ in takers:
                shown[object_.name][original] = copy

    new_images = [*images.values(), *(image for _, image in baked)]
    for image in new_images:
        mark_made(image, name)
    for object_ in editable:
        _assign(object_, shown[object_.name], name)
    return Variant(
        name,
        tuple((original.name, copy.name) for original, copy in made),
        tuple(image.name for image in new_images),
        tuple(problems),
    )


def list_variants() -> dict[str, list[Any]]:
    """The stylised copies in the file, by variant name."""
    found: dict[str, list[Any]] = {}
    for material in bpy.data.materials:
        record = record_of(material)
        if record is not None:
            found.setdefault(record.variant, []).append(material)
    return found


def variants_for(objects: Iterable[Any], material: Any = None) -> dict[str, list[Any]]:
    """The stylised copies, by variant name, of the materials in the objects' slots, or of one material."""
    if material is not None:
        originals = {original_of(material)}
    else:
        originals = {original_of(slot.material) for object_ in objects for slot in object_.material_slots}
    found = {}
    for name, copies in list_variants().items():
        suiting = [copy for copy in copies if original_of(copy) in originals]
        if suiting:
            found[name] = suiting
    return found


def use_variant(name: str, objects: Iterable[Any], material: Any = None) -> int:
    """Show a variant on the objects whose materials have it, or only in place of one original material.

    Returns how many slots and modifiers changed. Raises BadInput when there is no such variant.
    """
    found = [copy for copy in copies_of(name) if material is None or original_of(copy) == material]
    suiting = SuitingCopies(found)
    return sum(_assign(object_, suiting.of(object_), name) for object_ in editable_objects(objects))


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
        return sum(_restore(object_, copies) for object_ in editable)
    return sum(put_back(object_) + _restore(object_) for object_ in editable)


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
            _restore(object_, copies)
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


def is_shown(copy: Any) -> bool:
    """Whether anything but its own fake user needs a stylised copy: a slot, a modifier, a node group."""
    return copy.users > int(copy.use_fake_user)


def images_of(copies: Iterable[Any]) -> list[Any]:
    """The stylised images that a variant's copies show, for its thumbnail."""
    found = []
    for copy in copies:
        record = record_of(copy)
        if record is not None and copy.node_tree is not None:
            found += _made_images(copy.node_tree, record.variant)
    return found


def _made_images(tree: Any, variant: str) -> list[Any]:
    found = []
    for node in tree.nodes:
        image, group = getattr(node, "image", None), getattr(node, "node_tree", None)
        if image is not None and was_made_for(image, variant):
            found.append(image)
        elif group is not None and was_made_for(group, variant):
            found += _made_images(group, variant)
    return found


def shown_variants(objects: Iterable[Any]) -> set[str]:
    """Names of the variants that the objects' slots show."""
    return {
        record.variant
        for object_ in objects
        for slot in object_.material_slots
        if slot.material is not None
        for record in [record_of(slot.material)]
        if record is not None
    }


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


def copies_of(name: str) -> list[Any]:
    """A variant's stylised copies. Raises BadInput when there is no such variant."""
    variants = list_variants()
    if name not in variants:
        known = ", ".join(sorted(variants)) or "none"
        raise BadInput(f"there is no variant {name!r}; this file has: {known}")
    return variants[name]


def _assign(object_: Any, copies: Mapping[Any, Any], variant: str) -> int:
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


def _restore(object_: Any, only: Set[Any] | None = None) -> int:
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


def _remove_made(collection: Any, variant: str) -> None:
    for data_block in [item for item in collection if was_made_for(item, variant)]:
        if not is_used(data_block):
            collection.remove(data_block)
