"""Masks of a scene by name: what is not in them stays bit for bit, on every kind of mask."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.scene.trees import node, picture, shader_of
from texture_stylizer.errors import BadInput
from texture_stylizer.scene.masks import find_mask
from texture_stylizer.scene.variants.find import copies_of
from texture_stylizer.scene.variants.strength import restyled_nodes
from texture_stylizer.settings import Settings

FEW = Settings(iterations=2, scales=1)


def pixels(image: bpy.types.Image) -> np.ndarray:
    width, height = image.size
    found = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(found)
    return found.reshape(height, width, 4)


def restyled(variant: str) -> dict[str, np.ndarray]:
    """The variant's pictures by the names of the originals."""
    nodes = restyled_nodes(copies_of(variant))
    return {node["texture_stylizer_stands_for"].name: pixels(node.image) for node in nodes}


@pytest.fixture
def halved(make_image, make_material, make_plane):
    """A plane of two faces, each with a half of the texture."""

    def make(name: str = "wall", image: bpy.types.Image | None = None) -> bpy.types.Object:
        image = image or make_image("paint", 48)
        object_ = make_plane(name, make_material(name, image))
        mesh = object_.data
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.subdivide(number_cuts=1)
        bpy.ops.object.mode_set(mode="OBJECT")
        assert len(mesh.polygons) == 4
        return object_

    return make


def left_faces(object_: bpy.types.Object) -> list[int]:
    return [face.index for face in object_.data.polygons if face.center.x < 0]


def mark(object_: bpy.types.Object, kind: str, name: str = "part") -> None:
    """Mark the left half of the texture."""
    mesh, faces = object_.data, left_faces(object_)
    vertices = sorted({vertex for face in faces for vertex in mesh.polygons[face].vertices})
    loops = [loop for face in faces for loop in mesh.polygons[face].loop_indices]
    if kind == "vertex group":
        object_.vertex_groups.new(name=name).add(vertices, 1.0, "REPLACE")
    elif kind == "faces":
        attribute = mesh.attributes.new(name, "BOOLEAN", "FACE")
        for face in faces:
            attribute.data[face].value = True
    else:
        attribute = mesh.color_attributes.new(name, kind, "CORNER")
        for number, element in enumerate(attribute.data):
            element.color = (1, 1, 1, 1) if number in loops else (0, 0, 0, 1)


@pytest.mark.parametrize("kind", ["vertex group", "faces", "BYTE_COLOR", "FLOAT_COLOR"])
def test_what_is_not_marked_stays_bit_for_bit(halved, restyle, kind: str) -> None:
    object_ = halved()
    mark(object_, kind)
    before = pixels(bpy.data.images["paint"])
    restyle(object_, settings=FEW, mask="part")
    after = restyled("oil")["paint"]
    changed = (after != before).any(axis=2).mean(axis=0)
    # A vertex group fades out over the next face.
    edge = 48 if kind == "vertex group" else 24
    assert (changed[:23] > 0.5).all()
    assert not changed[edge:].any()


def test_an_image_of_the_file_is_a_mask(halved, restyle) -> None:
    object_ = halved()
    mask = bpy.data.images.new("where", 48, 48, alpha=True)
    values = np.zeros((48, 48, 4), np.float32)
    values[:16, :, :3], values[..., 3] = 1.0, 1.0
    mask.pixels.foreach_set(values.ravel())
    before = pixels(bpy.data.images["paint"])
    restyle(object_, settings=FEW, mask="where")
    changed = (restyled("oil")["paint"] != before).any(axis=2).mean(axis=1)
    assert (changed[:16] > 0.5).all() and not changed[16:].any()


def test_objects_on_one_texture_are_put_together(halved, restyle, make_image) -> None:
    image = make_image("paint", 48)
    one, other = halved("one", image), halved("other", image)
    mark(one, "faces")
    attribute = other.data.attributes.new("part", "BOOLEAN", "FACE")
    for face in other.data.polygons:
        attribute.data[face.index].value = face.center.x > 0 and face.center.y > 0
    before = pixels(image)
    restyle(one, other, settings=FEW, mask="part")
    changed = (restyled("oil")["paint"] != before).any(axis=2)
    assert changed[:, :24].mean() > 0.5 and changed[24:, 24:].mean() > 0.5
    assert not changed[:24, 24:].any()


def test_a_texture_without_marks_stays_and_the_others_go_on(halved, restyle, make_image) -> None:
    one, other = halved("one"), halved("other", make_image("floor", 48, seed=3))
    mark(one, "faces")
    made = restyle(one, other, settings=FEW, mask="part")
    assert list(restyled("oil")) == ["paint"]
    assert made.failed == ("floor: nothing of it is in the mask part, so it stays as it is",)


def test_a_repeated_texture_is_masked_on_every_repetition(halved, restyle) -> None:
    object_ = halved()
    mark(object_, "faces")
    for loop in object_.data.uv_layers[0].uv:
        loop.vector = (loop.vector[0] + 3.0, loop.vector[1])
    before = pixels(bpy.data.images["paint"])
    restyle(object_, settings=FEW, mask="part")
    changed = (restyled("oil")["paint"] != before).any(axis=2).mean(axis=0)
    assert (changed[:23] > 0.5).all() and not changed[24:].any()


def test_an_unknown_name_is_said_with_what_there_is(halved) -> None:
    object_ = halved()
    mark(object_, "faces", "letters")
    with pytest.raises(BadInput, match=r"no mask 'leters'.*there are: .*letters.*paint"):
        find_mask("leters", [object_])


def test_a_mask_in_edit_mode_is_refused_with_what_to_do(halved, restyle) -> None:
    object_ = halved()
    mark(object_, "faces")
    bpy.context.view_layer.objects.active = object_
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(BadInput, match="wall is in edit mode, so its mask cannot be told"):
        restyle(object_, settings=FEW, mask="part")
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_part_of_a_variant_is_drawn_anew_and_the_rest_is_the_variants(halved, restyle, make_image) -> None:
    one, other = halved("one"), halved("other", make_image("floor", 48, seed=3))
    mark(one, "faces")
    restyle(one, other, settings=FEW)
    before = restyled("oil")
    restyle(
        one, other, settings=Settings(iterations=2, scales=1, seed=7), variant="new", mask="part", base="oil"
    )
    after = restyled("new")
    changed = (after["paint"] != before["paint"]).any(axis=2).mean(axis=0)
    assert (changed[:23] > 0.5).all() and not changed[24:].any()
    assert np.array_equal(after["floor"], before["floor"])
    assert all(np.array_equal(before[name], picture) for name, picture in restyled("oil").items())


def test_a_variant_that_is_not_there_is_named(halved, restyle) -> None:
    object_ = halved()
    mark(object_, "faces")
    with pytest.raises(BadInput, match="there is no variant 'oli'"):
        restyle(object_, settings=FEW, mask="part", base="oli")


@pytest.fixture
def bumpy(halved) -> bpy.types.Object:
    """With a normal map beside the colour."""
    object_ = halved()
    mark(object_, "faces")
    tree = object_.data.materials[0].node_tree
    bumps = bpy.data.images.new("bumps", 48, 48, alpha=True)
    bumps.colorspace_settings.name = "Non-Color"
    bumps.pixels.foreach_set(np.tile(np.float32([0.6, 0.5, 0.98, 1.0]), 48 * 48))
    bumps.pack()
    normal_map = node(tree, "NormalMap", Color=picture(tree, bumps))
    shader = shader_of(object_.data.materials[0])
    tree.links.new(normal_map.outputs["Normal"], shader.inputs["Normal"])
    return object_


def test_the_relief_of_what_is_masked_out_stays_bit_for_bit(bumpy, restyle) -> None:
    before = pixels(bpy.data.images["bumps"])
    restyle(bumpy, settings=Settings(iterations=4, scales=1, relief=1.0), mask="part")
    changed = (restyled("oil")["bumps"] != before).any(axis=2).mean(axis=0)
    assert changed[:23].mean() > 0.5 and not changed[24:].any()


def test_a_variants_normal_map_goes_over_to_the_one_drawn_on_it(bumpy, restyle) -> None:
    restyle(bumpy, settings=Settings(iterations=4, scales=1, relief=1.0))
    restyle(bumpy, settings=FEW, variant="new", mask="part", base="oil")
    assert np.array_equal(restyled("new")["bumps"], restyled("oil")["bumps"])
    with pytest.raises(BadInput, match="without relief"):
        restyle(bumpy, settings=Settings(relief=0.5), mask="part", base="oil")
