"""A role belongs to a way through the nodes: data on one stays as it was, whatever it is on another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy
import pytest

from tests.scene.trees import group, mix, node, picture, shader_of
from texture_stylizer.scene import find_textures
from texture_stylizer.scene.node_trees.walk import image_nodes, node_at

Make = Callable[..., Any]


@pytest.fixture
def data_image(make_image):
    def make(name: str, *, non_color: bool = True) -> Any:
        image = make_image(name)
        if non_color:
            image.colorspace_settings.name = "Non-Color"
        return image

    return make


@pytest.fixture
def roles_of(make_object):
    """The roles of every image that a material's tree shows, by the image's name."""

    def roles(material: Any) -> dict[str, set[str]]:
        bpy.ops.mesh.primitive_cube_add()
        object_ = bpy.context.object
        object_.data.materials.append(material)
        object_.data.uv_layers.new(name="second")
        found: dict[str, set[str]] = {}
        for use in find_textures([object_]):
            found.setdefault(use.image, set()).add(use.role)
        return found

    return roles


def shows(material: Any, color: Any, socket: str = "Base Color") -> Any:
    material.node_tree.links.new(color, shader_of(material).inputs[socket])
    return material


@pytest.mark.parametrize("separate", ["SeparateColor", "SeparateXYZ"])
def test_one_channel_of_a_packed_image_is_data(
    make_image, make_material, data_image, roles_of, separate
) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    packed = node(tree, separate, _0=picture(tree, data_image("orm", non_color=False)))
    shows(material, mix(tree, picture(tree, make_image("albedo")), packed.outputs[0]))
    shows(material, packed.outputs[1], "Roughness")
    shows(material, packed.outputs[2], "Metallic")
    assert roles_of(material) == {"albedo": {"base_color"}, "orm": {"other", "roughness", "metallic"}}


def test_channels_that_become_a_colour_again_are_one(make_image, make_material, roles_of) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    apart = node(tree, "SeparateColor", Color=picture(tree, make_image()))
    red, green, blue = apart.outputs
    shows(material, node(tree, "CombineColor", Red=green, Green=blue, Blue=red).outputs[0])
    assert roles_of(material) == {"paint": {"base_color"}}


def test_one_channel_three_times_over_is_still_one(make_image, make_material, data_image, roles_of) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    red = node(tree, "SeparateColor", Color=picture(tree, data_image("packed", non_color=False))).outputs[0]
    grey = node(tree, "CombineColor", Red=red, Green=red, Blue=red).outputs[0]
    shows(material, mix(tree, picture(tree, make_image("albedo")), grey))
    assert roles_of(material) == {"albedo": {"base_color"}, "packed": {"other"}}


@pytest.mark.parametrize("way", ["mix", "swapped", "old mix", "vector", "group", "overlay"])
def test_a_non_color_image_that_is_multiplied_in_is_data(
    make_image, make_material, data_image, roles_of, way
) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    albedo, shade = picture(tree, make_image("albedo")), picture(tree, data_image("grey"))
    if way == "old mix":
        color = node(tree, "MixRGB", blend_type="MULTIPLY", _1=albedo, _2=shade).outputs[0]
    elif way == "vector":
        color = node(tree, "VectorMath", operation="MULTIPLY", _0=albedo, _1=shade).outputs[0]
    elif way == "group":
        inner, start, end = group("Shade", {"A": "Color", "B": "Color"}, {"Out": "Color"})
        inner.links.new(mix(inner, start.outputs["A"], start.outputs["B"]), end.inputs["Out"])
        color = node(tree, "Group", node_tree=inner, A=albedo, B=shade).outputs[0]
    else:
        pair = (shade, albedo) if way == "swapped" else (albedo, shade)
        color = mix(tree, *pair, "OVERLAY" if way == "overlay" else "MULTIPLY")
    assert roles_of(shows(material, color)) == {"albedo": {"base_color"}, "grey": {"other"}}


@pytest.mark.parametrize("way", ["alone", "tinted", "mixed"])
def test_non_color_by_itself_does_not_make_data(make_image, make_material, data_image, roles_of, way) -> None:
    """Public files have base colours that are marked so."""
    material = make_material("m", None)
    tree = material.node_tree
    color = picture(tree, data_image("albedo"))
    if way == "tinted":
        color = mix(tree, color, (0.5, 0.4, 0.3, 1))
    if way == "mixed":
        color = mix(tree, color, picture(tree, make_image("other")), "MIX")
    assert roles_of(shows(material, color))["albedo"] == {"base_color"}


@pytest.mark.parametrize("lookup", ["light", "normal", "reflection", "fresnel", "half lambert", "group"])
def test_an_image_looked_up_by_shading_is_a_ramp(make_image, make_material, roles_of, lookup) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    coordinates = node(tree, "TexCoord")
    if lookup == "light":
        light = node(tree, "ShaderToRGB", Shader=node(tree, "BsdfDiffuse").outputs[0]).outputs[0]
        place = node(tree, "CombineXYZ", X=light).outputs[0]
    elif lookup == "normal":
        turned = node(tree, "VectorTransform", Vector=coordinates.outputs["Normal"]).outputs[0]
        place = node(tree, "Mapping", Vector=turned, Scale=(0.5, 0.5, 0.5)).outputs[0]
    elif lookup == "reflection":
        place = coordinates.outputs["Reflection"]
    elif lookup == "fresnel":
        place = node(tree, "LayerWeight").outputs["Facing"]
    elif lookup == "half lambert":
        angle = node(
            tree, "VectorMath", operation="DOT_PRODUCT",
            _0=node(tree, "NewGeometry").outputs["Normal"], _1=coordinates.outputs["Object"],
        ).outputs["Value"]  # fmt: skip
        place = node(tree, "CombineXYZ", X=angle).outputs[0]
    else:
        inner, _, end = group("UV", {}, {"Base": "Vector", "Shine": "Vector"})
        inner.links.new(node(inner, "TexCoord").outputs["Normal"], end.inputs["Shine"])
        place = node(tree, "Group", node_tree=inner).outputs["Shine"]
    ramp = picture(tree, make_image("ramp"), place)
    shows(material, mix(tree, picture(tree, make_image("face")), ramp, "ADD"))
    assert roles_of(material) == {"face": {"base_color"}, "ramp": {"other"}}


@pytest.mark.parametrize("way", ["parallax", "bombing"])
def test_a_place_that_is_moved_by_other_things_is_still_a_place(
    make_image, make_material, roles_of, way
) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    uv = node(tree, "TexCoord").outputs["UV"]
    moved = node(tree, "NewGeometry").outputs["Incoming"]
    if way == "bombing":
        moved = node(tree, "TexVoronoi", Vector=uv).outputs["Position"]
    place = node(tree, "VectorMath", _0=uv, _1=moved).outputs[0]
    assert roles_of(shows(material, picture(tree, make_image(), place))) == {"paint": {"base_color"}}


@pytest.mark.parametrize("name", ["Toon Tex", "Sphere Tex", "AO", "Light Map"])
def test_a_groups_socket_says_what_is_data(make_image, make_material, roles_of, name) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    inner, start, end = group("Shader", {"Base Tex": "Color", name: "Color"}, {"Out": "Color"})
    inner.links.new(mix(inner, start.outputs[0], start.outputs[1], "ADD"), end.inputs[0])
    base, other = picture(tree, make_image("face")), picture(tree, make_image("x"))
    shows(material, node(tree, "Group", node_tree=inner, _0=base, _1=other).outputs[0])
    assert roles_of(material) == {"face": {"base_color"}, "x": {"other"}}


def test_a_light_map_on_a_second_uv_map_is_data(make_image, make_material, roles_of) -> None:
    material = make_material("m", None)
    tree = material.node_tree
    named, second = (node(tree, "UVMap", uv_map=name).outputs[0] for name in ("UVMap", "second"))
    albedo, light = picture(tree, make_image("albedo"), named), picture(tree, make_image("baked"), second)
    shows(material, mix(tree, picture(tree, make_image("grunge")), mix(tree, light, albedo)))
    assert roles_of(material) == {"albedo": {"base_color"}, "grunge": {"base_color"}, "baked": {"other"}}


# How one picture, as `build` shows it in a tree, comes to a colour and to data.


def _directly(tree: Any, image: Any) -> tuple[Any, Any]:
    color = picture(tree, image)
    return color, color


def _by_reroutes(tree: Any, image: Any) -> tuple[Any, Any]:
    reroute = tree.nodes.new("NodeReroute")
    tree.links.new(picture(tree, image), reroute.inputs[0])
    return reroute.outputs[0], reroute.outputs[0]


def _behind_one_correction(tree: Any, image: Any) -> tuple[Any, Any]:
    curve = node(tree, "RGBCurve", Color=picture(tree, image))
    curve.mapping.curves[3].points.new(0.5, 0.75)
    ramp = node(tree, "ValToRGB", _0=curve.outputs[0])
    ramp.color_ramp.elements.new(0.5).color = (1, 0, 0, 1)
    return ramp.outputs[0], ramp.outputs[0]


def _by_two_outputs_of_a_group(tree: Any, image: Any) -> tuple[Any, Any]:
    inner, _, end = group("Paint", {}, {"Color": "Color", "Rough": "Color"})
    color = picture(inner, image)
    for socket in end.inputs[:2]:
        inner.links.new(color, socket)
    made = node(tree, "Group", node_tree=inner)
    return made.outputs[0], made.outputs[1]


def _by_one_output_of_a_group(tree: Any, image: Any) -> tuple[Any, Any]:
    inner, _, end = group("Paint", {}, {"Color": "Color"})
    inner.links.new(picture(inner, image), end.inputs[0])
    made = node(tree, "Group", node_tree=inner)
    return made.outputs[0], made.outputs[0]


def _into_a_group(tree: Any, image: Any) -> tuple[Any, Any]:
    inner, start, end = group("Use", {"In": "Color"}, {"Color": "Color", "Rough": "Color"})
    for socket in end.inputs[:2]:
        inner.links.new(start.outputs[0], socket)
    made = node(tree, "Group", node_tree=inner, _0=picture(tree, image))
    return made.outputs[0], made.outputs[1]


def _by_a_group_in_a_group(tree: Any, image: Any) -> tuple[Any, Any]:
    inner, _, end = group("Outer", {}, {"Color": "Color", "Rough": "Color"})
    color, data = _into_a_group(inner, image)
    inner.links.new(color, end.inputs[0])
    inner.links.new(data, end.inputs[1])
    made = node(tree, "Group", node_tree=inner)
    return made.outputs[0], made.outputs[1]


WAYS = [
    _directly, _by_reroutes, _behind_one_correction, _by_two_outputs_of_a_group, _by_one_output_of_a_group,
    _into_a_group, _by_a_group_in_a_group,
]  # fmt: skip


def images_by_role(material: Any) -> dict[str, set[str]]:
    """The images that reach the output, by role."""
    found: dict[str, set[str]] = {}
    for place in image_nodes(material, "CYCLES"):
        found.setdefault(place.role, set()).add(node_at(material, place.path).image.name)
    return found


@pytest.mark.parametrize("build", WAYS)
def test_data_keeps_the_original_where_a_colour_shows_the_same_image(
    restyle, make_image, make_material, make_object, build
) -> None:
    material = make_material("m", None)
    color, data = build(material.node_tree, make_image())
    shows(material, color)
    shows(material, data, "Roughness")
    bump = node(material.node_tree, "Bump", Height=data)
    shows(material, bump.outputs[0], "Normal")
    object_ = make_object("a", material)
    before = images_by_role(material)
    assert before == {role: {"paint"} for role in ("base_color", "roughness", "normal")}
    made = restyle(object_)
    assert made.failed == () or all("flat picture" in sentence for sentence in made.failed)
    copy = object_.material_slots[0].material
    assert images_by_role(copy) == before | {"base_color": {"paint_oil"}}
    assert images_by_role(material) == before


def test_a_second_correction_is_like_the_first(restyle, make_image, make_material, make_object) -> None:
    material = make_material("m", None)
    color, data = _behind_one_correction(material.node_tree, make_image())
    shows(material, color)
    shows(material, data, "Roughness")
    object_ = make_object("a", material)
    restyle(object_)
    nodes = object_.material_slots[0].material.node_tree.nodes
    first, second = (n for n in nodes if n.type == "VALTORGB")
    assert [tuple(e.color) for e in first.color_ramp.elements] == [
        tuple(e.color) for e in second.color_ramp.elements
    ]
    one, two = (n.mapping.curves[3] for n in nodes if n.type == "CURVE_RGB")
    assert [tuple(p.location) for p in one.points] == [tuple(p.location) for p in two.points]


def test_a_group_used_for_colour_here_and_for_data_there(
    restyle, make_image, make_material, make_object
) -> None:
    """The copy for one must not serve the other."""
    inner, _, end = group("Paint", {}, {"Color": "Color"})
    inner.links.new(picture(inner, make_image()), end.inputs[0])
    materials = []
    for name, sockets in (("colour", ["Base Color"]), ("both", ["Base Color", "Roughness"])):
        material = make_material(name, None)
        made = node(material.node_tree, "Group", node_tree=inner)
        for socket in sockets:
            shows(material, made.outputs[0], socket)
        materials.append(material)
    object_ = make_object("a", *materials)
    restyle(object_)
    colour, both = (images_by_role(slot.material) for slot in object_.material_slots)
    assert colour == {"base_color": {"paint_oil"}}
    assert both == {"base_color": {"paint_oil"}, "roughness": {"paint"}}


def test_the_alpha_of_a_restyled_image_needs_no_second_node(
    restyle, make_image, make_material, make_object
) -> None:
    material = make_material("m", make_image())
    tree = material.node_tree
    image = next(n for n in tree.nodes if n.type == "TEX_IMAGE")
    tree.links.new(image.outputs["Alpha"], shader_of(material).inputs["Alpha"])
    object_ = make_object("a", material)
    restyle(object_)
    assert len([n for n in object_.material_slots[0].material.node_tree.nodes if n.type == "TEX_IMAGE"]) == 1
