"""Originals are sacred: what a variant changes, and that everything can be taken back."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from texture_stylizer.errors import BadInput
from texture_stylizer.scene import list_variants, remove_variant, use_original, use_variant
from texture_stylizer.scene.variants.edit import rename_variant
from texture_stylizer.scene.variants.show import compare


def image_in(material: bpy.types.Material) -> bpy.types.Image:
    return next(node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE")


def pixels(image: bpy.types.Image) -> np.ndarray:
    values = np.empty(len(image.pixels), dtype=np.float32)
    image.pixels.foreach_get(values)
    return values


def test_an_unstylised_pass_returns_the_same_pixels(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    copy = image_in(object_.material_slots[0].material)
    assert copy != bpy.data.images["paint"]
    assert np.array_equal(pixels(copy), pixels(bpy.data.images["paint"]))


def test_only_the_chosen_object_changes(restyle, make_image, make_material, make_object) -> None:
    material = make_material("m", make_image())
    chosen = make_object("a", material)
    other = make_object("b", mesh=chosen.data)
    restyle(chosen)
    assert other.material_slots[0].material == material
    assert chosen.material_slots[0].material != material
    assert image_in(material).name == "paint"
    assert material.use_fake_user


def test_a_shared_group_is_copied_and_left_alone(restyle, make_image, make_material, make_object) -> None:
    group = bpy.data.node_groups.new("Paint", "ShaderNodeTree")
    group.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    inner, end = group.nodes.new("ShaderNodeTexImage"), group.nodes.new("NodeGroupOutput")
    inner.image = make_image()
    group.links.new(inner.outputs["Color"], end.inputs["Color"])
    materials = []
    for name in "mn":
        material = make_material(name, None)
        node = material.node_tree.nodes.new("ShaderNodeGroup")
        node.node_tree = group
        shader = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
        material.node_tree.links.new(node.outputs["Color"], shader.inputs["Base Color"])
        materials.append(material)
    restyle(make_object("a", *materials))
    assert inner.image.name == "paint"
    groups = {
        node.node_tree
        for material in list_variants()["oil"]
        for node in material.node_tree.nodes
        if node.type == "GROUP"
    }
    assert len(groups) == 1
    assert group not in groups


def test_switching_and_reverting(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    slot = object_.material_slots[0]
    stylised = slot.material
    use_original([object_])
    assert (slot.material.name, slot.link) == ("m", "DATA")
    use_variant("oil", [object_])
    assert slot.material == stylised


def test_a_second_run_starts_from_the_original(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    restyle(object_)
    assert set(list_variants()) == {"oil", "oil 2"}
    assert len(bpy.data.images) == 3


def test_removing_leaves_nothing_behind(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    remove_variant("oil")
    assert [material.name for material in bpy.data.materials] == ["m"]
    assert [image.name for image in bpy.data.images] == ["paint"]
    assert not bpy.data.materials["m"].use_fake_user
    assert not object_.keys()
    assert object_.material_slots[0].link == "DATA"


def test_removing_one_variant_leaves_another_shown(restyle, make_image, make_material, make_object) -> None:
    first, second = make_material("m", make_image("p")), make_material("n", make_image("q"))
    object_, helper = make_object("a", first, second), make_object("b", second)
    restyle(helper, variant="ink")
    restyle(make_object("c", first), variant="oil")
    use_variant("ink", [object_])
    use_variant("oil", [object_])
    remove_variant("oil")
    assert object_.material_slots[0].material == first
    assert object_.material_slots[1].material in list_variants()["ink"]
    use_original([object_])
    assert [slot.link for slot in object_.material_slots] == ["DATA", "DATA"]


def test_an_unknown_variant_is_named(make_object) -> None:
    with pytest.raises(BadInput, match="no variant 'none'"):
        use_variant("none", [])


def test_variants_survive_saving(restyle, make_image, make_material, make_object, tmp_path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    restyle(make_object("a", make_material("m", make_image())))
    assert [path.name for path in (tmp_path / "textures").iterdir()] == ["paint_oil.png"]
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert len(pixels(image_in(list_variants()["oil"][0]))) == 24 * 24 * 4
    use_original(bpy.data.objects)
    assert bpy.data.objects["a"].material_slots[0].material.name == "m"


def test_existing_files_are_never_written_over(
    restyle, make_image, make_material, make_object, tmp_path: Path
) -> None:
    (tmp_path / "textures").mkdir()
    (tmp_path / "textures" / "paint_oil.png").write_text("mine")
    restyle(make_object("a", make_material("m", make_image())), folder=tmp_path / "textures")
    assert (tmp_path / "textures" / "paint_oil.png").read_text() == "mine"
    assert (tmp_path / "textures" / "paint_oil_001.png").is_file()


def test_a_failed_run_leaves_nothing_behind(
    restyle, style: Path, make_image, make_material, make_object, tmp_path: Path
) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    style.write_text("no image")
    with pytest.raises(BadInput, match="style"):
        restyle(object_, folder=tmp_path / "textures")
    assert len(bpy.data.materials) == len(bpy.data.images) == 1
    assert object_.material_slots[0].link == "DATA"
    assert not (tmp_path / "textures").exists()


def test_nothing_to_stylise_says_why(restyle, make_image, make_material, make_object) -> None:
    with pytest.raises(BadInput, match="its role is roughness"):
        restyle(make_object("a", make_material("m", make_image(), "Roughness")))


def test_renaming(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    restyle(object_, variant="ink")
    with pytest.raises(BadInput, match="already"):
        rename_variant("oil", "ink")
    rename_variant("oil", "paint")
    assert set(list_variants()) == {"ink", "paint"}
    remove_variant("paint")
    remove_variant("ink")
    assert [image.name for image in bpy.data.images] == ["paint"]


def test_comparing_switches_to_and_fro(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    compare([object_])
    assert object_.material_slots[0].material.name == "m"
    compare([object_])
    assert object_.material_slots[0].material.name == "m [oil]"


def test_switching_a_hundred_objects(restyle, make_image, make_material, make_object) -> None:
    material = make_material("m", make_image())
    objects = [make_object(f"o{number}", material) for number in range(100)]
    restyle(*objects)
    assert use_original(objects) == 100
    assert use_variant("oil", objects) == 100
