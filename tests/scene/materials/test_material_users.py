"""Which objects show a material, in which way, and what cannot be relinked."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from texture_stylizer.scene import find_textures, list_variants, remove_variant, use_original, use_variant
from texture_stylizer.scene.materials import geometry_nodes


def set_material_tree(material: bpy.types.Material, node: str = "GeometryNodeSetMaterial"):
    tree = bpy.data.node_groups.new("Set", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    start, end = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    setter = tree.nodes.new(node)
    setter.inputs["Material" if "Material" in setter.inputs else "New"].default_value = material
    tree.links.new(start.outputs[0], setter.inputs["Geometry"])
    tree.links.new(setter.outputs[0], end.inputs[0])
    return tree


def cube(name: str) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add()
    bpy.context.object.name = name
    return bpy.context.object


@pytest.mark.parametrize("kind", ["MESH", "CURVE", "FONT", "META", "SURFACE", "HAIR"])
def test_every_kind_of_object_has_materials(restyle, make_image, make_material, kind) -> None:
    data = {
        "MESH": lambda: bpy.data.meshes.new("d"),
        "CURVE": lambda: bpy.data.curves.new("d", "CURVE"),
        "FONT": lambda: bpy.data.curves.new("d", "FONT"),
        "SURFACE": lambda: bpy.data.curves.new("d", "SURFACE"),
        "META": lambda: bpy.data.metaballs.new("d"),
        "HAIR": lambda: bpy.data.hair_curves.new("d"),
    }[kind]()
    material = make_material("m", make_image())
    data.materials.append(material)
    object_ = bpy.data.objects.new("a", data)
    bpy.context.scene.collection.objects.link(object_)
    restyle(object_)
    assert object_.material_slots[0].material == list_variants()["oil"][0]
    use_original([object_])
    assert object_.material_slots[0].material == material


def evaluated_materials(object_: bpy.types.Object) -> list[str]:
    bpy.context.view_layer.update()
    evaluated = object_.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return [slot.material.name for slot in evaluated.material_slots if slot.material]


@pytest.mark.parametrize("node", ["GeometryNodeSetMaterial", "GeometryNodeReplaceMaterial"])
def test_a_material_set_by_geometry_nodes_is_replaced_in_a_copy(
    restyle, make_image, make_material, node
) -> None:
    object_, other = cube("a"), cube("b")
    slot_material = make_material("slot", None)
    material = make_material("m", make_image())
    tree = set_material_tree(material, node)
    if node == "GeometryNodeReplaceMaterial":
        next(n for n in tree.nodes if n.bl_idname == node).inputs["Old"].default_value = slot_material
    for item in (object_, other):
        item.data.materials.append(slot_material)
        item.modifiers.new("n", "NODES").node_group = tree
    (use,) = find_textures([object_])
    assert (use.materials, use.skipped) == (("m",), None)
    restyle(object_)
    assert "m [oil]" in evaluated_materials(object_)
    assert "m" in evaluated_materials(other)
    use_original([object_])
    assert "m" in evaluated_materials(object_)
    assert object_.modifiers["n"].node_group == tree
    assert len(bpy.data.node_groups) == 1
    use_variant("oil", [object_])
    assert "m [oil]" in evaluated_materials(object_)
    remove_variant("oil")
    assert "m" in evaluated_materials(object_)
    assert (len(bpy.data.node_groups), len(bpy.data.materials), list(object_.keys())) == (1, 2, [])


def test_a_material_in_a_modifier_input_is_replaced(
    restyle, make_image, make_material, tmp_path: Path
) -> None:
    object_ = cube("a")
    material = make_material("m", make_image())
    tree = set_material_tree(None)
    socket = tree.interface.new_socket("Material", in_out="INPUT", socket_type="NodeSocketMaterial")
    start = next(n for n in tree.nodes if n.type == "GROUP_INPUT")
    setter = next(n for n in tree.nodes if n.bl_idname == "GeometryNodeSetMaterial")
    tree.links.new(start.outputs["Material"], setter.inputs["Material"])
    modifier = object_.modifiers.new("n", "NODES")
    modifier.node_group = tree
    geometry_nodes._set_input(modifier, socket.identifier, material)
    restyle(object_)
    assert evaluated_materials(object_) == ["m [oil]"]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    object_ = bpy.data.objects["a"]
    assert evaluated_materials(object_) == ["m [oil]"]
    use_original([object_])
    assert evaluated_materials(object_) == ["m"]


def test_a_slot_beside_geometry_nodes_is_relinked_too(restyle, make_image, make_material) -> None:
    object_ = cube("a")
    object_.data.materials.append(make_material("m", make_image()))
    object_.modifiers.new("n", "NODES").node_group = set_material_tree(make_material("n", make_image("q")))
    variant = restyle(object_)
    assert {original for original, _ in variant.materials} == {"m", "n"}


def test_hidden_objects_are_skipped_unless_named(make_image, make_material, make_object) -> None:
    object_ = make_object("a", make_material("m", make_image()))
    object_.hide_set(True)
    (use,) = find_textures([object_], skip_hidden=True)
    assert "hidden" in (use.skipped or "")
    (use,) = find_textures([object_])
    assert use.skipped is None


def test_objects_of_an_excluded_collection_are_skipped_unless_named(make_image, make_material) -> None:
    collection = bpy.data.collections.new("c")
    bpy.context.scene.collection.children.link(collection)
    object_ = cube("a")
    object_.data.materials.append(make_material("m", make_image()))
    bpy.context.scene.collection.objects.unlink(object_)
    collection.objects.link(object_)
    bpy.context.view_layer.layer_collection.children["c"].exclude = True
    (use,) = find_textures([object_], skip_hidden=True)
    assert "hidden" in (use.skipped or "")


def test_a_collection_instance_shows_its_objects(restyle, make_image, make_material) -> None:
    collection = bpy.data.collections.new("c")
    object_ = bpy.data.objects.new("a", bpy.data.meshes.new("a"))
    object_.data.materials.append(make_material("m", make_image()))
    collection.objects.link(object_)
    instance = bpy.data.objects.new("i", None)
    instance.instance_type, instance.instance_collection = "COLLECTION", collection
    bpy.context.scene.collection.objects.link(instance)
    restyle(instance)
    assert object_.material_slots[0].material == list_variants()["oil"][0]
    use_original([instance])
    assert object_.material_slots[0].material.name == "m"


@pytest.fixture
def library(make_image, make_material, make_object, tmp_path: Path) -> Path:
    """A file with an object `a` that uses an image through a group."""
    object_ = make_object("a", make_material("m", make_image()))
    assert object_
    path = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path


def link(path: Path, collection: str, name: str):
    with bpy.data.libraries.load(str(path), link=True) as (_, wanted):
        setattr(wanted, collection, [name])
    return getattr(wanted, collection)[0]


def test_a_linked_object_is_named_with_what_to_do(library: Path) -> None:
    object_ = link(library, "objects", "a")
    bpy.context.scene.collection.objects.link(object_)
    (use,) = find_textures([object_])
    assert "library override" in (use.skipped or "")


def test_a_local_object_with_a_linked_mesh_is_relinked(restyle, library: Path) -> None:
    object_ = bpy.data.objects.new("b", link(library, "meshes", "a"))
    bpy.context.scene.collection.objects.link(object_)
    restyle(object_)
    material = object_.material_slots[0].material
    assert material.library is None
    path = library.with_name("user.blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    object_ = bpy.data.objects["b"]
    assert object_.material_slots[0].material.library is None
    use_original([object_])
    assert object_.material_slots[0].material.library is not None


def test_an_override_is_relinked(restyle, library: Path) -> None:
    object_ = link(library, "objects", "a")
    bpy.context.scene.collection.objects.link(object_)
    override = object_.override_create(remap_local_usages=True)
    restyle(override)
    assert override.material_slots[0].material.library is None


def test_a_missing_library_is_no_error(library: Path, make_object) -> None:
    object_ = link(library, "objects", "a")
    bpy.context.scene.collection.objects.link(object_)
    path = library.with_name("user.blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    library.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert find_textures(bpy.context.scene.objects) == []


def test_the_gltf_group_has_its_occlusion_found(make_image, make_material, make_object) -> None:
    material = make_material("m", make_image("color"))
    group = bpy.data.node_groups.new("glTF Material Output", "ShaderNodeTree")
    group.interface.new_socket("Occlusion", in_out="INPUT", socket_type="NodeSocketFloat")
    node = material.node_tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    image = material.node_tree.nodes.new("ShaderNodeTexImage")
    image.image = make_image("occlusion")
    material.node_tree.links.new(image.outputs["Color"], node.inputs["Occlusion"])
    found = {use.image: use.role for use in find_textures([make_object("a", material)])}
    assert found == {"color": "base_color", "occlusion": "other"}
