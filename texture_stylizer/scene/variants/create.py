"""A variant made: copies of materials with the new images, shown on the chosen objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ..baking.bake import BakedColor
from ..materials.material_users import editable_objects, material_users, render_uv_map_of
from ..materials.records import (
    former_fake_users,
    mark_made,
    record_of,
)
from ..node_trees.roles import Role
from ..texture_uses import TextureUse
from .colored_links import show_images
from .material_copies import copy_material, set_color
from .show import assign


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
        assign(object_, shown[object_.name], name)
    return Variant(
        name,
        tuple((original.name, copy.name) for original, copy in made),
        tuple(image.name for image in new_images),
        tuple(problems),
    )
