"""A variant made: copies of materials with the new images, shown on the chosen objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bpy

from ..baking.bake import BakedColor
from ..following_maps import Followed
from ..materials.material_users import MaterialUsers, editable_objects, material_users, render_uv_map_of
from ..materials.records import (
    former_fake_users,
    mark_made,
    record_of,
)
from ..node_trees.roles import Role
from ..texture_uses import TextureUse
from .colored_links import show_images
from .material_copies import copy_material, set_color
from .normal_nodes import add_normal_map
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
    following: Sequence[tuple[Followed, Any]] = (),
) -> Variant:
    """Copy every material that uses one of `images` or was baked, and show the copies on the chosen objects.

    images: the stylised image for the session id of each original. baked: baked colours with their stylised
    images; each gets a copy of the material for its objects. following: the maps beside the colours with
    their new images. Node groups on the way to an image are copied once for the whole variant, and once more
    for each baked colour.
    """
    editable = editable_objects(objects)
    users = material_users(editable)
    changes = _changes(uses, images, users)
    _add_following(changes, following)
    source = _Source(name, details, former_fake_users(bpy.data.materials), users, changes)
    copies = _Copies({object_.name: {} for object_ in editable})
    _copy_baked(source, baked, copies)
    _copy_painted(source, copies)
    for original, copy in copies.made:
        _add_normal_maps(original, copy, following)
    new_images = [*images.values(), *(image for _, image in (*baked, *following))]
    for image in new_images:
        mark_made(image, name)
    for object_ in editable:
        assign(object_, copies.shown[object_.name], name)
    return Variant(
        name,
        tuple((original.name, copy.name) for original, copy in copies.made),
        tuple(image.name for image in new_images),
        tuple(copies.problems),
    )


Changes = dict[tuple[tuple[str, ...], Role], Any]
"""The new image for each place in a material: the names of the nodes on the way, and the role."""


@dataclass(frozen=True)
class _Source:
    """What a variant's copies are made from.

    fake_users: as `former_fake_users` gives them; users: the objects of each original; changes: its images.
    """

    name: str
    details: dict[str, Any]
    fake_users: dict[Any, bool]
    users: Mapping[Any, MaterialUsers]
    changes: dict[Any, Changes]

    def copy(
        self, original: Any, groups: dict[Any, Any], objects: tuple[str, ...] = ()
    ) -> tuple[Any, list[str]]:
        """A copy of a material that shows its new images, and what cannot be shown. groups: copies of node
        groups that were made already, for more to be added."""
        copy = copy_material(original, self.name, self.details, self.fake_users, objects)
        rendered = render_uv_map_of(self.users[original])
        return copy, show_images(copy, self.changes.get(original, {}), groups, self.name, rendered)


@dataclass
class _Copies:
    """What was copied: shown: for each object, the copy of each original; made: originals and copies."""

    shown: dict[str, dict[Any, Any]]
    made: list[tuple[Any, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, original: Any, copy: Any, problems: list[str], objects: Iterable[str]) -> None:
        self.made.append((original, copy))
        self.problems += problems
        for name in objects:
            self.shown.setdefault(name, {})[original] = copy


def _changes(
    uses: Iterable[TextureUse], images: Mapping[int, Any], users: Mapping[Any, MaterialUsers]
) -> dict[Any, Changes]:
    """The new images of each material."""
    by_uid = {material.session_uid: material for material in users}
    found: dict[Any, Changes] = {}
    for use in uses:
        if use.session_uid in images:
            for place in use.places:
                if place.session_uid in by_uid:
                    changes = found.setdefault(by_uid[place.session_uid], {})
                    changes[place.path, use.role] = images[use.session_uid]
    return found


def _add_following(changes: dict[Any, Changes], following: Sequence[tuple[Followed, Any]]) -> None:
    """Add the maps that follow to the new images of materials that have some."""
    by_uid = {material.session_uid: found for material, found in changes.items()}
    for followed, image in following:
        for taker in followed.takers if followed.image is not None else ():
            for role in followed.roles if taker.material in by_uid else ():
                by_uid[taker.material][taker.path, role] = image


def _add_normal_maps(original: Any, copy: Any, following: Sequence[tuple[Followed, Any]]) -> None:
    """Add the normal maps that a material had none of."""
    for followed, image in following:
        for taker in followed.takers if followed.image is None else ():
            if taker.material == original.session_uid:
                add_normal_map(copy, taker.path, image, taker.uv_map)


def _copy_baked(source: _Source, baked: Sequence[tuple[BakedColor, Any]], copies: _Copies) -> None:
    """A copy for each baked colour, with node groups of its own."""
    by_name = {material.name: material for material in source.users}
    for color, image in baked:
        original = by_name.get(color.material)
        if original is None:
            continue
        groups: dict[Any, Any] = {}
        copy, problems = source.copy(original, groups, color.objects)
        set_color(copy, image, color.uv_map, groups, source.name)
        copies.add(original, copy, problems, color.objects)


def _copy_painted(source: _Source, copies: _Copies) -> None:
    """A copy of each material with new images, for the objects that have none that was baked for them."""
    groups: dict[Any, Any] = {}
    for original in source.changes:
        takers = [o.name for o in source.users[original].editable if original not in copies.shown[o.name]]
        if takers:
            copy, problems = source.copy(original, groups)
            copies.add(original, copy, problems, takers)
