"""The variants in the file: their copies and images, and what shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ...errors import BadInput
from ..materials.records import (
    original_of,
    record_of,
    was_made_for,
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


def copies_of(name: str) -> list[Any]:
    """A variant's stylised copies. Raises BadInput when there is no such variant."""
    variants = list_variants()
    if name not in variants:
        known = ", ".join(sorted(variants)) or "none"
        raise BadInput(f"there is no variant {name!r}; this file has: {known}")
    return variants[name]
