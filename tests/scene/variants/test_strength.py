"""How much of a variant is seen: mixed in scene-linear colour by nodes, with the original left alone."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.scene.images.test_udim import tiled_image
from tests.scene.seen import seen_color
from tests.scene.trees import group, mix, node, picture, shader_of
from texture_stylizer.descriptions import BakeOptions
from texture_stylizer.errors import BadInput
from texture_stylizer.scene import list_variants, remove_variant, use_original, use_variant
from texture_stylizer.scene.materials.records import strength_of
from texture_stylizer.scene.variants.edit import purge_unused_variants, set_strength
from texture_stylizer.settings import Settings

CHANGED = Settings(iterations=3)


def shown(object_: bpy.types.Object) -> bpy.types.Material:
    return object_.material_slots[0].material


def node_count(material: bpy.types.Material) -> int:
    return len(material.node_tree.nodes)


def mixes(tree: bpy.types.NodeTree) -> list[bpy.types.Node]:
    return [found for found in tree.nodes if found.bl_idname == "ShaderNodeMix"]


def test_the_colours_are_mixed_in_scene_linear(restyle, make_image, make_material, make_plane) -> None:
    original = make_material("m", make_image())
    object_ = make_plane("a", original)
    restyle(object_, settings=CHANGED)
    before, after = seen_color(object_, original), seen_color(object_, shown(object_))
    assert np.abs(before - after).max() > 0.05
    set_strength("oil", 0.3)
    wanted = 0.7 * before + 0.3 * after
    assert np.abs(seen_color(object_, shown(object_)) - wanted).max() < 1e-4
    set_strength("oil", 0.0)
    assert np.abs(seen_color(object_, shown(object_)) - before).max() < 1e-4


def test_full_strength_leaves_the_image_alone(restyle, make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    count = node_count(shown(object_))
    set_strength("oil", 0.4)
    set_strength("oil", 0.6)
    assert node_count(shown(object_)) == count + 2
    set_strength("oil", 1.0)
    assert node_count(shown(object_)) == count
    link = shader_of(shown(object_)).inputs["Base Color"].links[0]
    assert link.from_node.type == "TEX_IMAGE"
    assert strength_of(shown(object_)) == 1.0


def test_the_original_never_changes(restyle, make_image, make_material, make_object) -> None:
    original = make_material("m", make_image())
    object_ = make_object("a", original)
    restyle(object_)
    names = [found.name for found in original.node_tree.nodes]
    set_strength("oil", 0.5)
    assert [found.name for found in original.node_tree.nodes] == names
    assert not any(found.keys() for found in original.node_tree.nodes)


def test_images_of_one_material_are_mixed_alike(restyle, make_image, make_material, make_plane) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    first, second = picture(tree, make_image("p", seed=1)), picture(tree, make_image("q", seed=2))
    tree.links.new(mix(tree, first, second), shader_of(material).inputs["Base Color"])
    object_ = make_plane("a", material)
    restyle(object_, settings=CHANGED)
    set_strength("oil", 0.0)
    assert len(mixes(shown(object_).node_tree)) == 3
    difference = seen_color(object_, shown(object_)) - seen_color(object_, material)
    assert np.abs(difference).max() < 1e-4


def test_images_in_shared_groups_are_mixed_once(restyle, make_image, make_material, make_plane) -> None:
    tree, _, end = group("Paint", {}, {"Color": "Color"})
    tree.links.new(picture(tree, make_image()), end.inputs["Color"])
    materials = []
    for name in "mn":
        material = make_material(name, None)
        made = node(material.node_tree, "Group", node_tree=tree)
        material.node_tree.links.new(made.outputs["Color"], shader_of(material).inputs["Base Color"])
        materials.append(material)
    object_ = make_plane("a", *materials)
    restyle(object_, settings=CHANGED)
    full = seen_color(object_, shown(object_))
    set_strength("oil", 0.5)
    half = seen_color(object_, shown(object_))
    assert np.abs(half - (full + seen_color(object_, materials[0])) / 2).max() < 1e-4
    assert not mixes(tree)
    groups = {n.node_tree for m in list_variants()["oil"] for n in m.node_tree.nodes if n.type == "GROUP"}
    assert [len(mixes(found)) for found in groups] == [1]
    remove_variant("oil")
    assert [found.name for found in bpy.data.node_groups] == ["Paint"]


def test_an_image_that_is_data_too_is_mixed_for_its_colour(
    restyle, make_image, make_material, make_plane
) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    color = picture(tree, make_image())
    tree.links.new(color, shader_of(material).inputs["Base Color"])
    tree.links.new(color, shader_of(material).inputs["Roughness"])
    object_ = make_plane("a", material)
    restyle(object_, settings=CHANGED)
    set_strength("oil", 0.5)
    shader = shader_of(shown(object_))
    assert shader.inputs["Roughness"].links[0].from_node.image.name == "paint"
    assert shader.inputs["Base Color"].links[0].from_node.bl_idname == "ShaderNodeMix"


def test_tiled_images_are_mixed(restyle, make_material, make_plane, tmp_path: Path) -> None:
    image = tiled_image(tmp_path / "in", {1001: (24, 24), 1002: (24, 24)})
    object_ = make_plane("a", make_material("m", image))
    restyle(object_)
    set_strength("oil", 0.5)
    pictures = [found.image for found in shown(object_).node_tree.nodes if found.type == "TEX_IMAGE"]
    assert [len(image.tiles) for image in pictures] == [2, 2]


@pytest.mark.parametrize("linked", [False, True], ids=["a colour", "nodes"])
def test_a_baked_colour_is_mixed_with_what_was_baked(restyle, make_material, make_plane, linked) -> None:
    material = make_material("m", None)
    socket = shader_of(material).inputs["Base Color"]
    socket.default_value = (0.8, 0.2, 0.05, 1.0)
    if linked:
        noise = node(material.node_tree, "TexNoise", Scale=3.0)
        material.node_tree.links.new(noise.outputs["Color"], socket)
    object_ = make_plane("a", material)
    restyle(object_, settings=CHANGED, bake=BakeOptions(size=24))
    full, before = seen_color(object_, shown(object_)), seen_color(object_, material)
    set_strength("oil", 0.5)
    assert np.abs(seen_color(object_, shown(object_)) - (full + before) / 2).max() < 0.01
    set_strength("oil", 0.0)
    assert np.abs(seen_color(object_, shown(object_)) - before).max() < 0.01


def test_switching_keeps_the_strength(restyle, make_image, make_material, make_object, tmp_path) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    set_strength("oil", 0.25)
    use_original([object_])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    use_variant("oil", [bpy.data.objects["a"]])
    material = shown(bpy.data.objects["a"])
    assert strength_of(material) == 0.25
    (made,) = mixes(material.node_tree)
    factor = next(socket for socket in made.inputs if socket.identifier == "Factor_Float")
    assert factor.default_value == 0.25


@pytest.mark.parametrize("remove", [lambda: remove_variant("oil"), purge_unused_variants])
def test_a_mixed_variant_is_removed_whole(restyle, make_image, make_material, make_object, remove) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    set_strength("oil", 0.5)
    use_original([object_])
    remove()
    assert [material.name for material in bpy.data.materials] == ["m"]
    assert [image.name for image in bpy.data.images] == ["paint"]
    paint = bpy.data.images["paint"]
    assert bpy.data.user_map(subset={paint}) == {paint: {bpy.data.materials["m"]}}


def test_a_strength_is_between_nothing_and_all(restyle, make_image, make_material, make_object) -> None:
    restyle(make_object("a", make_material("m", make_image())))
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(BadInput, match="between 0 and 1"):
            set_strength("oil", wrong)
    with pytest.raises(BadInput, match="no variant 'ink'"):
        set_strength("ink", 0.5)


def test_an_original_that_is_gone_leaves_the_variant_at_full_strength(
    restyle, make_image, make_material, make_object
) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    restyle(object_)
    bpy.data.images.remove(bpy.data.images["paint"])
    set_strength("oil", 0.5)
    assert not mixes(shown(object_).node_tree)
