"""Which images a scene uses, in which roles, and why some are skipped."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from texture_stylizer.scene import find_textures

MARKET = Path(__file__).parents[2] / "sample_assets" / "market.blend"


@pytest.mark.parametrize(
    ("socket", "role"),
    [
        ("Base Color", "base_color"),
        ("Emission Color", "emission"),
        ("Roughness", "roughness"),
        ("Metallic", "metallic"),
        ("Alpha", "alpha"),
        ("Coat Weight", "other"),
    ],
)
def test_the_shader_socket_tells_the_role(make_image, make_material, make_object, socket, role) -> None:
    (use,) = find_textures([make_object("a", make_material("m", make_image(), socket))])
    assert use.role == role
    assert (use.skipped is None) == (role in ("base_color", "emission"))


@pytest.mark.parametrize(
    ("kind", "socket", "role"),
    [
        ("ShaderNodeBsdfDiffuse", "Color", "base_color"),
        ("ShaderNodeBsdfToon", "Color", "base_color"),
        ("ShaderNodeSubsurfaceScattering", "Color", "base_color"),
        ("ShaderNodeEeveeSpecular", "Base Color", "base_color"),
        ("ShaderNodeEmission", "Color", "emission"),
        ("ShaderNodeBsdfDiffuse", "Normal", "normal"),
    ],
)
def test_every_shader_counts_not_only_principled(make_image, make_object, kind, socket, role) -> None:
    material = bpy.data.materials.new("m")
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    shader, other = tree.nodes.new(kind), tree.nodes.new("ShaderNodeBsdfGlossy")
    mix, output = tree.nodes.new("ShaderNodeMixShader"), tree.nodes.new("ShaderNodeOutputMaterial")
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = make_image()
    tree.links.new(node.outputs["Color"], shader.inputs[socket])
    tree.links.new(shader.outputs[0], mix.inputs[1])
    tree.links.new(other.outputs[0], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])
    assert [use.role for use in find_textures([make_object("a", material)])] == [role]


def test_an_unlinked_image_node_is_not_in_use(make_image, make_material, make_object) -> None:
    material = make_material("m", None)
    material.node_tree.nodes.new("ShaderNodeTexImage").image = make_image()
    assert find_textures([make_object("a", material)]) == []


def test_a_muted_link_counts_as_none(make_image, make_material, make_object) -> None:
    material = make_material("m", make_image())
    link = next(link for link in material.node_tree.links if link.from_node.type == "TEX_IMAGE")
    link.is_muted = True
    assert find_textures([make_object("a", material)]) == []


def test_a_mask_in_a_mix_factor_is_no_colour(make_image, make_material, make_object) -> None:
    material = make_material("m", make_image("color"))
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type = "RGBA"
    sockets = {socket.identifier: socket for socket in mix.inputs}
    color = next(node for node in tree.nodes if node.type == "TEX_IMAGE")
    mask = tree.nodes.new("ShaderNodeTexImage")
    mask.image = make_image("mask")
    tree.links.new(color.outputs["Color"], sockets["A_Color"])
    tree.links.new(mask.outputs["Color"], sockets["Factor_Float"])
    result = next(socket for socket in mix.outputs if socket.identifier == "Result_Color")
    tree.links.new(result, shader.inputs["Base Color"])
    found = {use.image: use.role for use in find_textures([make_object("a", material)])}
    assert found == {"color": "base_color", "mask": "other"}


def test_the_market_holds_one_of_each_thing() -> None:
    bpy.ops.wm.open_mainfile(filepath=str(MARKET), load_ui=False)
    uses = find_textures(bpy.context.scene.objects)
    by_image = {(use.image, use.role): use for use in uses}
    assert by_image["planks", "base_color"].materials == ("Planks", "Dark Planks")
    assert by_image["paint", "base_color"].node_path == ("Paint Group", "Inner", "Paint")
    assert by_image["cloth", "base_color"].materials == ("Cloth", "Awning")
    assert {"bricks", "moss"} <= {image for image, _ in by_image}
    assert by_image["glow", "emission"].skipped is None
    assert by_image["leaf", "alpha"].skipped is not None
    assert (by_image["wall", "base_color"].source, by_image["wall", "base_color"].skipped) == ("TILED", None)
    assert "missing" in (by_image["lost", "base_color"].skipped or "")


def test_the_engine_chooses_the_output(make_image, make_material, make_object) -> None:
    material = make_material("m", make_image("all"))
    tree = material.node_tree
    for target in ("CYCLES", "EEVEE"):
        output, shader = tree.nodes.new("ShaderNodeOutputMaterial"), tree.nodes.new("ShaderNodeBsdfDiffuse")
        output.target = target
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = make_image(target)
        tree.links.new(node.outputs["Color"], shader.inputs["Color"])
        tree.links.new(shader.outputs[0], output.inputs["Surface"])
    object_ = make_object("a", material)
    found = {
        engine: [use.image for use in find_textures([object_], engine=engine)]
        for engine in ("CYCLES", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH")
    }
    assert found == {
        "CYCLES": ["CYCLES"], "BLENDER_EEVEE_NEXT": ["EEVEE"], "BLENDER_WORKBENCH": ["all"],
    }  # fmt: skip


def test_an_image_in_two_roles_is_stylised_in_the_colour_one(make_image, make_material, make_object) -> None:
    material = make_material("m", make_image())
    tree = material.node_tree
    node = next(n for n in tree.nodes if n.type == "TEX_IMAGE")
    shader = next(n for n in tree.nodes if n.type == "BSDF_PRINCIPLED")
    tree.links.new(node.outputs["Alpha"], shader.inputs["Alpha"])
    tree.links.new(node.outputs["Color"], shader.inputs["Roughness"])
    found = {use.role: use.skipped is None for use in find_textures([make_object("a", material)])}
    assert found == {"base_color": True, "alpha": False, "roughness": False}


@pytest.mark.parametrize(
    ("kind", "socket"),
    [
        ("ShaderNodeHueSaturation", "Color"), ("ShaderNodeGamma", "Color"), ("ShaderNodeInvert", "Color"),
        ("ShaderNodeBrightContrast", "Color"), ("ShaderNodeRGBCurve", "Color"), ("ShaderNodeValToRGB", "Fac"),
        ("ShaderNodeVectorMath", 0), ("ShaderNodeMapRange", "Value"), ("ShaderNodeSeparateColor", "Color"),
        ("ShaderNodeRGBToBW", "Color"), ("ShaderNodeClamp", "Value"), ("ShaderNodeMath", 0),
    ],
)  # fmt: skip
def test_colours_are_followed_through_converters(
    make_image, make_material, make_object, kind, socket
) -> None:
    material = make_material("m", make_image())
    tree = material.node_tree
    shader = next(n for n in tree.nodes if n.type == "BSDF_PRINCIPLED")
    node, source = tree.nodes.new(kind), shader.inputs["Base Color"].links[0].from_socket
    tree.links.new(source, node.inputs[socket if socket == 0 or socket in node.inputs else 0])
    tree.links.new(node.outputs[0], shader.inputs["Base Color"])
    assert [use.role for use in find_textures([make_object("a", material)])] == ["base_color"]
