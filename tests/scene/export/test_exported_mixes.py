"""What exporters are given of a mixed variant: one image that looks like the mix, and all is put back."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from tests.scene.images.test_udim import tiled_image
from tests.scene.seen import seen_color
from tests.scene.trees import group, node, picture, shader_of
from texture_stylizer.descriptions import BakeOptions
from texture_stylizer.scene.export.exported_mixes import bake_mixes, mixed_copies, restore_mixes
from texture_stylizer.scene.variants.edit import set_strength
from texture_stylizer.settings import Settings

CHANGED = Settings(iterations=3)


def shown(object_: bpy.types.Object) -> bpy.types.Material:
    return object_.material_slots[0].material


def assert_looks_the_same_and_is_put_back(object_: bpy.types.Object, tolerance: float) -> None:
    mixed = seen_color(object_, shown(object_))
    images = {image.name for image in bpy.data.images}
    nodes = len(shown(object_).node_tree.nodes)
    changed, problems = bake_mixes(mixed_copies())
    assert (len(changed), problems) == (1, [])
    assert not any(found.bl_idname == "ShaderNodeMix" for found in shown(object_).node_tree.nodes)
    assert np.abs(seen_color(object_, shown(object_)) - mixed).max() < tolerance
    restore_mixes(changed)
    assert np.abs(seen_color(object_, shown(object_)) - mixed).max() < 1e-5
    assert {image.name for image in bpy.data.images} == images
    assert len(shown(object_).node_tree.nodes) == nodes


@pytest.mark.parametrize("space", ["sRGB", "Non-Color", "Linear Rec.709"])
def test_bytes_are_mixed_as_the_shader_does(restyle, make_image, make_material, make_plane, space) -> None:
    image = make_image()
    image.alpha_mode = "CHANNEL_PACKED"
    image.colorspace_settings.name = space
    object_ = make_plane("a", make_material("m", image))
    restyle(object_, settings=CHANGED)
    set_strength("oil", 0.4)
    assert_looks_the_same_and_is_put_back(object_, 0.005)


def test_sixteen_bits_stay_sixteen_bits(restyle, make_material, make_plane, tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (24, 24), dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    object_ = make_plane("a", make_material("m", bpy.data.images.load(str(tmp_path / "deep.png"))))
    restyle(object_, settings=CHANGED)
    set_strength("oil", 0.4)
    assert_looks_the_same_and_is_put_back(object_, 0.0005)
    changed, _ = bake_mixes(mixed_copies())
    data = changed[0].node.image.packed_files[0].packed_file.data
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert data[24] == 16


def test_high_range_stays(restyle, make_material, make_plane) -> None:
    image = bpy.data.images.new("glow", 24, 24, float_buffer=True, alpha=True)
    values = np.random.default_rng(0).random((24, 24, 4)).astype(np.float32) * 4
    values[..., 3] = 1.0
    image.pixels.foreach_set(values.ravel())
    image.pack()
    object_ = make_plane("a", make_material("m", image))
    restyle(object_, settings=CHANGED)
    set_strength("oil", 0.4)
    assert_looks_the_same_and_is_put_back(object_, 0.005)


def test_a_baked_colour_is_baked_mixed(restyle, make_material, make_plane) -> None:
    material = make_material("m", None)
    noise = node(material.node_tree, "TexNoise", Scale=0.5)
    material.node_tree.links.new(noise.outputs["Color"], shader_of(material).inputs["Base Color"])
    object_ = make_plane("a", material)
    restyle(object_, settings=CHANGED, bake=BakeOptions(size=24))
    next(n for n in shown(object_).node_tree.nodes if n.type == "TEX_IMAGE").interpolation = "Closest"
    set_strength("oil", 0.4)
    assert_looks_the_same_and_is_put_back(object_, 0.03)


@pytest.mark.parametrize("pack", [False, True])
def test_every_tile_is_mixed(restyle, make_material, make_plane, tmp_path: Path, pack) -> None:
    image = tiled_image(tmp_path / "in", {1001: (24, 24), 1002: (12, 12)}, pack=pack)
    object_ = make_plane("a", make_material("m", image))
    restyle(object_, settings=CHANGED)
    set_strength("oil", 0.4)
    assert_looks_the_same_and_is_put_back(object_, 0.005)
    changed, _ = bake_mixes(mixed_copies())
    assert [tuple(tile.size) for tile in changed[0].node.image.tiles] == [(24, 24), (12, 12)]


def test_an_image_in_a_shared_group_is_mixed_once(restyle, make_image, make_material, make_plane) -> None:
    tree, _, end = group("Paint", {}, {"Color": "Color"})
    tree.links.new(picture(tree, make_image()), end.inputs["Color"])
    materials = []
    for name in "mn":
        material = make_material(name, None)
        made = node(material.node_tree, "Group", node_tree=tree)
        material.node_tree.links.new(made.outputs["Color"], shader_of(material).inputs["Base Color"])
        materials.append(material)
    restyle(make_plane("a", *materials))
    set_strength("oil", 0.4)
    images = len(bpy.data.images)
    bake_mixes(mixed_copies())
    assert len(bpy.data.images) == images + 1


def test_an_original_of_another_size_is_scaled(restyle, make_image, make_material, make_plane) -> None:
    image = make_image()
    object_ = make_plane("a", make_material("m", image))
    restyle(object_)
    set_strength("oil", 0.5)
    image.scale(12, 12)
    changed, problems = bake_mixes(mixed_copies())
    assert tuple(changed[0].node.image.size) == (24, 24)
    assert not problems


def test_what_cannot_be_mixed_is_exported_at_full_strength(
    restyle, make_material, make_plane, tmp_path: Path
) -> None:
    Image.new("RGB", (24, 24), "red").save(tmp_path / "a.png")
    image = bpy.data.images.load(str(tmp_path / "a.png"))
    object_ = make_plane("a", make_material("m", image))
    restyle(object_)
    set_strength("oil", 0.5)
    (tmp_path / "a.png").unlink()
    image.reload()
    _, problems = bake_mixes(mixed_copies())
    assert problems == [
        "a_oil is exported at full strength: the image a.png has no pixels that a_oil can be mixed with"
    ]
    assert shader_of(shown(object_)).inputs["Base Color"].links[0].from_node.image.name == "a_oil"
