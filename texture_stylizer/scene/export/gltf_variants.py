"""Variants handed to Blender's own glTF exporter, which writes them as KHR_materials_variants."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ...errors import BadInput
from ..materials.records import original_of
from ..variants.find import list_variants
from ..variants.show import SuitingCopies


def give_to_gltf(objects: Iterable[Any]) -> list[str]:
    """Fill the exporter's list of variants from those of the file, for the meshes of `objects`.

    What the objects show stays the default of the exported file; a variant that is called "Original" carries
    the originals. What another hand entered in the exporter's list is kept. Returns the variants' names.
    Turns the exporter's variants on. Raises BadInput when the exporter is disabled, or there is none to give.
    """
    scene = bpy.data.scenes[0]
    variants = list_variants()
    if not variants:
        raise BadInput("this file has no variant; stylise an object first")
    if not writes_variants():
        _turn_on()
    names = ["Original", *sorted(variants)]
    entries = {name: _entry(scene, name) for name in names}
    suiting_copies = {name: SuitingCopies(variants[name]) for name in sorted(variants)}
    for object_ in objects:
        if object_.type != "MESH" or not object_.data.is_editable:
            continue
        choices = {name: copies.of(object_) for name, copies in suiting_copies.items()}
        for index, slot in enumerate(object_.material_slots):
            original = original_of(slot.material)
            suiting = {name: found[original] for name, found in choices.items() if original in found}
            if suiting:
                for name, material in {"Original": original, **suiting}.items():
                    _map(object_.data, index, material, entries[name])
    return names


def writes_variants() -> bool:
    """Whether Material Variants is on in the exporter's preferences."""
    return hasattr(bpy.types.Scene, "gltf2_KHR_materials_variants_variants")


def _turn_on() -> None:
    addon = bpy.context.preferences.addons.get("io_scene_gltf2")
    if addon is None:
        raise BadInput("Blender's glTF exporter is disabled; enable the add-on glTF 2.0 format")
    addon.preferences.KHR_materials_variants_ui = True


def _entry(scene: Any, name: str) -> int:
    """The number of a variant in the exporter's list, where it is added when missing."""
    known = scene.gltf2_KHR_materials_variants_variants
    for entry in known:
        if entry.name == name:
            return entry.variant_idx
    entry = known.add()
    # The number first: from 5.2 on setting the name compares it with the entries of other numbers.
    entry.variant_idx = len(known) - 1
    entry.name = name
    return entry.variant_idx


def _map(mesh: Any, slot_index: int, material: Any, variant: int) -> None:
    """Let a slot of a mesh show a material in a variant; a mapping that is there is replaced."""
    rows = [row for row in mesh.gltf2_variant_mesh_data if row.material_slot_index == slot_index]
    for row in rows:
        for position in reversed(range(len(row.variants))):
            if row.variants[position].variant.variant_idx == variant:
                row.variants.remove(position)
    row = next((row for row in rows if row.material == material), None)
    if row is None:
        row = mesh.gltf2_variant_mesh_data.add()
        row.material_slot_index, row.material = slot_index, material
    row.variants.add().variant.variant_idx = variant
