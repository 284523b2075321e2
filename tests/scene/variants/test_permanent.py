"""A variant that is kept: its materials are the objects' own, and nothing is left of the rest."""

from __future__ import annotations

import bpy
import numpy as np

from tests.scene.seen import seen_color
from texture_stylizer.descriptions import BakeOptions
from texture_stylizer.scene import list_variants
from texture_stylizer.scene.variants.edit import set_strength
from texture_stylizer.scene.variants.permanent import make_permanent
from texture_stylizer.settings import Settings


def names(collection) -> list[str]:
    return sorted(item.name for item in collection)


def test_the_copies_take_the_originals_place(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    make_permanent("oil")
    slot = object_.material_slots[0]
    assert (slot.material.name, slot.link) == ("m", "DATA")
    assert names(bpy.data.materials) == ["m"]
    assert not list_variants()
    assert not object_.keys()
    assert not any(found.keys() for found in slot.material.node_tree.nodes)


def test_an_original_in_use_stays_renamed(restyle, make_image, make_material, make_object) -> None:
    material = make_material("m", make_image())
    object_ = make_object("a", material)
    other = make_object("b", mesh=object_.data)
    restyle(object_)
    make_permanent("oil")
    assert object_.material_slots[0].material.name == "m"
    assert other.material_slots[0].material == material
    assert material.name == "m (original)"


def test_an_original_with_a_fake_user_of_its_own_stays(
    restyle, make_image, make_material, make_object
) -> None:
    material = make_material("m", make_image())
    material.use_fake_user = True
    restyle(make_object("a", material))
    make_permanent("oil")
    assert names(bpy.data.materials) == ["m", "m (original)"]
    assert material.use_fake_user


def test_an_original_of_another_variant_stays(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    restyle(object_, variant="ink")
    make_permanent("oil")
    assert "m (original)" in names(bpy.data.materials)
    assert list(list_variants()) == ["ink"]


def test_every_copy_of_a_baked_material_takes_its_name(restyle, make_material, make_plane) -> None:
    material = make_material("m", None)
    planes = [make_plane("a", material), make_plane("b", material)]
    restyle(*planes, bake=BakeOptions(size=24, sharing="object"))
    make_permanent("oil")
    assert names(bpy.data.materials) == ["m", "m.001"]


def test_what_is_mixed_stays_mixed(restyle, make_image, make_material, make_plane) -> None:
    object_ = make_plane("a", make_material("m", make_image()))
    restyle(object_, settings=Settings(iterations=3))
    set_strength("oil", 0.5)
    before = seen_color(object_, object_.material_slots[0].material)
    make_permanent("oil")
    kept = object_.material_slots[0].material
    assert np.array_equal(seen_color(object_, kept), before)
    assert not any(found.keys() for found in kept.node_tree.nodes)
