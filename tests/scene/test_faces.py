"""From meshes to the surface of a texture: whose faces count, where seams lie, what is tiled."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from texture_stylizer.errors import BadInput
from texture_stylizer.jobs.mesh_file import Triangles, read_triangles, save_meshes
from texture_stylizer.scene.faces import copy_meshes, faces_of
from texture_stylizer.scene.texture_uses import find_textures


@pytest.fixture
def cube(make_image, make_material) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add()
    object_ = bpy.context.object
    object_.data.materials.append(make_material("m", make_image()))
    return object_


def surface_of(*objects: bpy.types.Object, path: Path) -> Triangles | None:
    uses = [use for use in find_textures(objects) if use.skipped is None]
    try:
        arrays = copy_meshes(faces_of(uses, objects))
    except BadInput:
        return None
    save_meshes(path / "meshes.npz", arrays)
    return read_triangles(path / "meshes.npz")


def test_a_cube_has_the_area_of_its_faces_and_its_own_vertices(cube, tmp_path: Path) -> None:
    found = surface_of(cube, path=tmp_path)
    assert found is not None
    assert found.areas.sum() == pytest.approx(24.0)
    assert found.uvs.shape == (12, 3, 2)
    assert np.array_equal(np.unique(found.vertices), np.arange(8))


def test_every_object_that_shows_the_image_counts(cube, tmp_path: Path) -> None:
    other = cube.copy()
    other.data = cube.data.copy()
    other.scale = (2, 2, 2)
    bpy.context.scene.collection.objects.link(other)
    bpy.context.view_layer.update()
    found = surface_of(cube, other, path=tmp_path)
    assert found is not None
    assert found.areas.sum() == pytest.approx(24.0 + 96.0)


def test_the_surface_goes_on_from_one_material_to_the_next(cube, make_material, tmp_path: Path) -> None:
    image = cube.data.materials[0].node_tree.nodes["Image Texture"].image
    cube.data.materials.append(make_material("other", image))
    cube.data.polygons[0].material_index = 1
    found = surface_of(cube, path=tmp_path)
    assert found is not None
    assert found.areas.sum() == pytest.approx(24.0)
    assert np.array_equal(np.unique(found.vertices), np.arange(8))


def test_vertices_at_one_place_are_one(cube, tmp_path: Path) -> None:
    """Imported glTF, and edges split for shading, have several where the surface goes on."""
    cube.modifiers.new("split", "EDGE_SPLIT")
    found = surface_of(cube, path=tmp_path)
    assert found is not None
    assert len(np.unique(found.vertices)) == 8


def test_without_uvs_there_is_no_surface(cube, tmp_path: Path) -> None:
    cube.data.uv_layers.remove(cube.data.uv_layers[0])
    assert surface_of(cube, path=tmp_path) is None


def test_broken_uvs_are_left_out(cube, tmp_path: Path) -> None:
    cube.data.uv_layers[0].uv[0].vector = (float("nan"), 0)
    found = surface_of(cube, path=tmp_path)
    assert found is not None
    assert np.isfinite(found.uvs).all()
    assert len(found.uvs) in (10, 11)


def test_faces_that_a_modifier_makes_count(cube, tmp_path: Path) -> None:
    cube.modifiers.new("array", "ARRAY").count = 3
    found = surface_of(cube, path=tmp_path)
    assert found is not None
    assert found.areas.sum() == pytest.approx(72.0)


@pytest.mark.parametrize("way", ["generated", "noise", "box", "edit mode", "curve"])
def test_an_image_that_is_not_placed_by_a_uv_map_alone_has_no_surface(cube, tmp_path: Path, way) -> None:
    tree = cube.active_material.node_tree
    node = next(node for node in tree.nodes if node.type == "TEX_IMAGE")
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    if way == "noise":
        noise, add = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeVectorMath")
        tree.links.new(coordinates.outputs["UV"], add.inputs[0])
        tree.links.new(noise.outputs["Color"], add.inputs[1])
        tree.links.new(add.outputs["Vector"], node.inputs["Vector"])
    elif way == "generated":
        tree.links.new(coordinates.outputs["Generated"], node.inputs["Vector"])
    elif way == "box":
        node.projection = "BOX"
    objects = [cube]
    if way == "curve":
        curve = bpy.data.objects.new("curve", bpy.data.curves.new("curve", "CURVE"))
        curve.data.materials.append(cube.active_material)
        bpy.context.scene.collection.objects.link(curve)
        objects.append(curve)
    if way == "edit mode":
        bpy.ops.object.mode_set(mode="EDIT")
    assert surface_of(*objects, path=tmp_path) is None


def test_the_uv_output_and_a_named_map_are_plain(cube, tmp_path: Path) -> None:
    tree = cube.active_material.node_tree
    node = next(node for node in tree.nodes if node.type == "TEX_IMAGE")
    coordinates, reroute = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("NodeReroute")
    tree.links.new(coordinates.outputs["UV"], reroute.inputs[0])
    tree.links.new(reroute.outputs[0], node.inputs["Vector"])
    assert surface_of(cube, path=tmp_path) is not None
    named = tree.nodes.new("ShaderNodeUVMap")
    named.uv_map = cube.data.uv_layers.new(name="second").name
    tree.links.new(named.outputs["UV"], node.inputs["Vector"])
    assert surface_of(cube, path=tmp_path) is not None


def moved_by(cube, build) -> None:
    """Lead the UVs through what `build` makes of a tree: it returns an input and an output socket."""
    tree = cube.active_material.node_tree
    node = next(node for node in tree.nodes if node.type == "TEX_IMAGE")
    coordinates = tree.nodes.new("ShaderNodeTexCoord")
    start, end = build(tree)
    tree.links.new(coordinates.outputs["UV"], start)
    tree.links.new(end, node.inputs["Vector"])


@pytest.mark.parametrize("kind", ["POINT", "TEXTURE"])
def test_a_mapping_is_followed(cube, tmp_path: Path, kind: str) -> None:
    plain = surface_of(cube, path=tmp_path)

    def build(tree):
        node = tree.nodes.new("ShaderNodeMapping")
        node.vector_type = kind
        node.inputs["Location"].default_value = (0.25, 0.5, 0)
        node.inputs["Rotation"].default_value = (0, 0, np.pi / 2)
        node.inputs["Scale"].default_value = (2, 4, 1)
        return node.inputs["Vector"], node.outputs["Vector"]

    moved_by(cube, build)
    found = surface_of(cube, path=tmp_path)
    assert plain is not None and found is not None
    u, v = plain.uvs[..., 0], plain.uvs[..., 1]
    there = (-4 * v + 0.25, 2 * u + 0.5) if kind == "POINT" else ((v - 0.5) / 2, -(u - 0.25) / 4)
    assert np.allclose(found.uvs, np.stack(there, axis=-1), atol=1e-5)


def test_a_mapping_that_does_nothing_changes_nothing(cube, tmp_path: Path) -> None:
    plain = surface_of(cube, path=tmp_path)

    def build(tree):
        node = tree.nodes.new("ShaderNodeMapping")
        return node.inputs["Vector"], node.outputs["Vector"]

    moved_by(cube, build)
    found = surface_of(cube, path=tmp_path)
    assert plain is not None and found is not None
    assert np.array_equal(found.uvs, plain.uvs)


def test_a_group_that_hands_on_the_uvs_is_followed(cube, tmp_path: Path) -> None:
    plain = surface_of(cube, path=tmp_path)

    def build(tree):
        group = bpy.data.node_groups.new("UV", "ShaderNodeTree")
        for way in ("INPUT", "OUTPUT"):
            group.interface.new_socket("UV", in_out=way, socket_type="NodeSocketVector")
        start, end = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
        math = group.nodes.new("ShaderNodeVectorMath")
        math.operation = "MULTIPLY"
        math.inputs[1].default_value = (0.5, 1, 1)
        group.links.new(start.outputs[0], math.inputs[0])
        group.links.new(math.outputs[0], end.inputs[0])
        node = tree.nodes.new("ShaderNodeGroup")
        node.node_tree = group
        return node.inputs[0], node.outputs[0]

    moved_by(cube, build)
    found = surface_of(cube, path=tmp_path)
    assert plain is not None and found is not None
    assert np.allclose(found.uvs, plain.uvs * [0.5, 1], atol=1e-6)


def test_what_cannot_be_followed_is_said(cube, restyle) -> None:
    tree = cube.active_material.node_tree
    node = next(node for node in tree.nodes if node.type == "TEX_IMAGE")
    tree.links.new(tree.nodes.new("ShaderNodeTexCoord").outputs["Generated"], node.inputs["Vector"])
    (sentence,) = restyle(cube).failed
    assert "paint: m does not place it by a UV map" in sentence
    assert "flat picture" in sentence


def test_triangles_are_those_of_blender(make_image, make_material, tmp_path: Path) -> None:
    """Quads hollow at a corner, and a hollow face of six corners among others."""
    corners = [(0, 0, 0), (4, 0, 0), (4, 4, 0), (0, 4, 0), (1, 3, 1), (3, 3, 0), (3, 1, 0), (9, 9, 3)]
    faces = [(0, 1, 2, 3), (0, 1, 5, 2, 3, 6), (1, 2, 7), (0, 6, 1, 5), (6, 1, 5, 0), (3, 0, 4)]
    mesh = bpy.data.meshes.new("faces")
    mesh.from_pydata(corners, [], faces)
    uvs = mesh.uv_layers.new().uv
    for loop in mesh.loops:
        uvs[loop.index].vector = (loop.index / 64, (loop.index * 5 % 64) / 64)
    mesh.materials.append(make_material("m", make_image()))
    object_ = bpy.data.objects.new("faces", mesh)
    bpy.context.scene.collection.objects.link(object_)
    found = surface_of(object_, path=tmp_path)
    assert found is not None
    mesh.calc_loop_triangles()
    own = {frozenset(tuple(uvs[loop].vector) for loop in row.loops) for row in mesh.loop_triangles}
    quads = {triangle for triangle in map(_corner_set, found.uvs) if triangle in own}
    areas = [row.area for row in mesh.loop_triangles]
    assert len(found.uvs) == len(areas)
    assert found.areas.sum() == pytest.approx(sum(areas))
    # All but the face of six corners are divided alike.
    assert len(quads) >= len(areas) - 4


def _corner_set(triangle: np.ndarray) -> frozenset[tuple[float, float]]:
    return frozenset((float(u), float(v)) for u, v in triangle)


def test_unused_texels_of_a_scenes_texture_stay_on_wish(restyle, cube, make_image) -> None:
    from texture_stylizer.settings import Settings

    image = next(node.image for node in cube.active_material.node_tree.nodes if node.type == "TEX_IMAGE")
    image.scale(128, 128)
    image.pack()
    before = np.array(image.pixels[:]).reshape(128, 128, 4)
    restyle(cube, settings=Settings(iterations=3, scales=1, keep_unused=True))
    made = next(
        node.image for node in cube.material_slots[0].material.node_tree.nodes if node.type == "TEX_IMAGE"
    )
    after = np.array(made.pixels[:]).reshape(128, 128, 4)
    # The default cube's cross leaves the upper left corner of its map empty.
    assert np.array_equal(before[100:, :8], after[100:, :8])
    assert not np.array_equal(before[60:70, 60:70], after[60:70, 60:70])
