"""Custom properties with our names and other people's values are not believed, and stop nothing."""

from __future__ import annotations

import bpy
import pytest

from texture_stylizer.scene import list_variants, use_original
from texture_stylizer.scene.materials.geometry_nodes import put_back
from texture_stylizer.scene.materials.records import MODIFIERS, SLOT_LINKS, VARIANT, mapping_of, record_of

STRANGE = ["{no json", b"\xff", 3, 2.5, [1, 2], {"a": 1}, "[]", "null"]


@pytest.mark.parametrize("value", STRANGE, ids=str)
def test_a_strange_record_is_read_as_far_as_it_goes(make_material, value: object) -> None:
    material = make_material("m", None)
    material[VARIANT] = "odd"
    for key in ("original", "original_name", "details", "objects", "original_had_fake_user"):
        material[f"texture_stylizer_{key}"] = value
    record = record_of(material)
    assert record is not None
    assert isinstance(record.details, dict)
    assert record.original is None
    assert set(list_variants()) == {"odd"}


@pytest.mark.parametrize("value", [b"\xff", 3, [1, 2], {"a": 1}], ids=str)
def test_what_names_no_variant_is_no_copy(make_material, value: object) -> None:
    material = make_material("m", None)
    material[VARIANT] = value
    assert record_of(material) is None
    assert list_variants() == {}


@pytest.mark.parametrize("value", ["x", b"\xff", 3, [1, 2]], ids=str)
def test_strange_properties_of_an_object(make_material, make_object, value: object) -> None:
    object_ = make_object("a", make_material("m", None))
    object_[SLOT_LINKS] = object_[MODIFIERS] = value
    assert mapping_of(object_, SLOT_LINKS) == {}
    assert put_back(object_) == 0
    use_original(bpy.data.objects)
    assert object_.material_slots[0].material.name == "m"
