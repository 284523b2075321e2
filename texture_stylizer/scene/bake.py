"""Procedural colour -> a UV image, baked with Cycles in a scene of its own: the user's stays as it is.

The colour is baked as emission: Blender's DIFFUSE pass is black for metals and tinted by coats, while the
emission of a rewired copy is exactly the colour. Mix Shaders keep mixing, since emissions mix linearly.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ..descriptions import BakeOptions, Source
from ..errors import BadInput, BadMachine, StylizerError
from ..quiet import quiet
from .images.pixels import write_source
from .materials.material_users import material_users
from .materials.records import original_of
from .node_trees.uv_maps import render_uv_map
from .node_trees.walk import LeafShader, is_fed_by_image_alone, leaf_shaders, output_node

_LIGHTS = ("ShaderNodeEmission", "ShaderNodeBackground")
_SEE_THROUGH = ("ShaderNodeBsdfTransparent", "ShaderNodeHoldout")


@dataclass(frozen=True)
class BakedColor:
    """A material's colour as an image.

    material, objects: names; uv_map: the map it was baked through; size: side in pixels; source: the file for
    the worker; warnings: one sentence each; unwrapped: objects that got their UV map for this.
    """

    material: str
    objects: tuple[str, ...]
    uv_map: str
    size: int
    source: Source
    warnings: tuple[str, ...] = ()
    unwrapped: tuple[str, ...] = ()


def color_socket(leaf: LeafShader, node: Any) -> Any | None:
    """The socket that holds a BSDF's colour; None for lights, transparency and what has none."""
    if leaf.kind in (*_LIGHTS, *_SEE_THROUGH):
        return None
    return node.inputs.get("Base Color") or node.inputs.get("Color")


def colored_leaves(material: Any, engine: str) -> list[tuple[LeafShader, str]]:
    """The BSDFs of a material and the names of their colour sockets."""
    found = []
    for leaf in leaf_shaders(material, engine):
        socket = color_socket(leaf, leaf_node(material, leaf))
        if socket is not None:
            found.append((leaf, socket.name))
    return found


def needs_baking(material: Any, engine: str) -> bool:
    """Whether the colour of one of the BSDFs is a constant, or anything but an image alone."""
    leaves = colored_leaves(material, engine)
    return any(not is_fed_by_image_alone(material, leaf, socket) for leaf, socket in leaves)


def leaf_node(material: Any, leaf: LeafShader) -> Any:
    """The node of a leaf within the material's own or a copied tree."""
    tree = material.node_tree
    for name in leaf.groups:
        tree = tree.nodes[name].node_tree
    return tree.nodes[leaf.node]


def materials_to_bake(objects: Iterable[Any], *, skip_hidden: bool = False) -> dict[Any, list[Any]]:
    """The materials whose colour is to be baked, each with the objects that can show the result."""
    engine = bpy.context.scene.render.engine
    return {
        material: users.editable
        for material, users in material_users(objects, skip_hidden=skip_hidden).items()
        if users.editable and needs_baking(material, engine)
    }


def bake_missing(
    objects: Iterable[Any],
    options: BakeOptions,
    folder: Path,
    *,
    skip_hidden: bool = False,
    materials: Collection[int] | None = None,
) -> tuple[list[BakedColor], list[StylizerError]]:
    """Bake every colour that is no image, of the objects' materials. Changes nothing but UV maps asked for.

    folder: where the pixels are written for the worker. materials: session ids of the only ones to bake; None
    for all. Returns what was baked, and why others were not.
    """
    engine = bpy.context.scene.render.engine
    baked: list[BakedColor] = []
    failed: list[StylizerError] = []
    number = 0
    for material, editable in materials_to_bake(objects, skip_hidden=skip_hidden).items():
        if materials is not None and material.session_uid not in materials:
            continue
        groups = [editable] if options.sharing == "atlas" else [[o] for o in editable]
        for group in groups:
            number += 1
            try:
                baked.append(_bake(material, group, options, engine, folder / f"bake_{number}"))
            except StylizerError as error:
                failed.append(error)
    return baked, failed


def bake_shown(copy: Any, original: Any, objects: Sequence[Any], size: int, path: Path) -> Source:
    """Bake the colour that a stylised copy shows on objects, in the slots of its original.

    size: side in pixels; path: where the pixels are written, without a suffix. Raises BadInput or BadMachine.
    """
    engine = bpy.context.scene.render.engine
    options = BakeOptions(size=size)
    uv_maps = [_uv_map_of(object_, original, options) for object_ in objects]
    return _bake_colors(original, copy, objects, uv_maps, options, engine, path)


def remove_uv_maps(color: BakedColor) -> None:
    """Take back the UV maps that were made for a baked colour, when its run came to nothing."""
    for name in color.unwrapped:
        object_ = bpy.data.objects.get(name)
        if object_ is not None and color.uv_map in object_.data.uv_layers:
            object_.data.uv_layers.remove(object_.data.uv_layers[color.uv_map])


def _bake(material: Any, objects: Sequence[Any], options: BakeOptions, engine: str, path: Path) -> BakedColor:
    # Imported late: the panels need this module, and must not wait for numpy.
    from .uv import pixels_for_density, uv_warnings

    bare = tuple(object_.name for object_ in objects if _has_no_uv_map(object_))
    uv_maps = [_uv_map_of(object_, material, options) for object_ in objects]
    size = options.size
    if options.density is not None:
        size = max(
            pixels_for_density(object_, material, uv_map, options.density)
            for object_, uv_map in zip(objects, uv_maps, strict=True)
        )
    sized = replace(options, size=size, density=None)
    source = _bake_colors(material, material, objects, uv_maps, sized, engine, path)
    warnings = [
        warning
        for object_, uv_map in zip(objects, uv_maps, strict=True)
        for warning in uv_warnings(object_, material, uv_map)
    ]
    names = tuple(object_.name for object_ in objects)
    return BakedColor(material.name, names, uv_maps[0], size, source, tuple(warnings), bare)


def _bake_colors(
    material: Any,
    shown: Any,
    objects: Sequence[Any],
    uv_maps: Sequence[str],
    options: BakeOptions,
    engine: str,
    path: Path,
) -> Source:
    """Bake the colours of `shown` where objects have `material`, all onto one image."""
    with _temporary_scene() as scene, _removed_afterwards() as temporary:
        copy = _emitting_copy(shown, engine, temporary)
        image = bpy.data.images.new("bake", options.size, options.size, alpha=True)
        temporary.append((bpy.data.images, image))
        _add_target(copy, image)
        for index, (object_, uv_map) in enumerate(zip(objects, uv_maps, strict=True)):
            _bake_object(scene, object_, material, copy, uv_map, options.margin, temporary, clear=index == 0)
        return write_source(image, path)


def _has_no_uv_map(object_: Any) -> bool:
    return object_.type == "MESH" and render_uv_map(object_) is None


def _uv_map_of(object_: Any, material: Any, options: BakeOptions) -> str:
    """The map that the renderer uses, made when asked for. Raises BadInput when there is none."""
    if object_.type != "MESH":
        raise BadInput(
            f"{material.name} on {object_.name} cannot be baked: it is no mesh; convert it to one first"
        )
    if not object_.data.polygons:
        raise BadInput(f"{material.name} on {object_.name} cannot be baked: the mesh has no faces")
    if not any(original_of(slot.material) == material for slot in object_.material_slots):
        raise BadInput(
            f"{material.name} on {object_.name} cannot be baked: a modifier puts it there; apply that first"
        )
    found = render_uv_map(object_)
    if found is None and options.unwrap:
        found = smart_uv_map(object_)
    if found is None:
        raise BadInput(
            f"{material.name} on {object_.name} cannot be baked: it has no UV map; unwrap it, "
            "or ask for Smart UV Project"
        )
    return found


def smart_uv_map(object_: Any) -> str:
    """Add a UV map by Smart UV Project to an object without one. Returns its name."""
    if not object_.data.is_editable:
        raise BadInput(f"the mesh of {object_.name} is linked and cannot get a UV map; unwrap it in its file")
    with _temporary_scene() as scene, _removed_afterwards() as temporary:
        helper = bpy.data.objects.new("unwrap", object_.data)
        temporary.append((bpy.data.objects, helper))
        scene.collection.objects.link(helper)
        layer = object_.data.uv_layers.new(name="UVMap")
        name = layer.name
        with _as_active(scene, helper):
            bpy.ops.object.mode_set(mode="EDIT")
            try:
                with bpy.context.temp_override(edit_object=helper, mode="EDIT_MESH"):
                    bpy.ops.mesh.select_all(action="SELECT")
                    bpy.ops.uv.smart_project(island_margin=0.02)
            finally:
                bpy.ops.object.mode_set(mode="OBJECT")
    return name


def _bake_object(
    scene: Any,
    object_: Any,
    material: Any,
    copy: Any,
    uv_map: str,
    margin: int,
    temporary: list[tuple[Any, Any]],
    *,
    clear: bool,
) -> None:
    """Bake `copy` in the slots of a copy of `object_`; its other slots get a material without a target."""
    helper = object_.copy()
    temporary.append((bpy.data.objects, helper))
    scene.collection.objects.link(helper)
    helper.hide_render = helper.hide_viewport = False
    blank = bpy.data.materials.new("blank")
    temporary.append((bpy.data.materials, blank))
    for shown, slot in zip(object_.material_slots, helper.material_slots, strict=True):
        slot.link = "OBJECT"
        slot.material = copy if original_of(shown.material) == material else blank
    with _as_active(scene, helper):
        try:
            # Blender would tell the user to save the image, which is ours and gone in a moment.
            with quiet():
                result = bpy.ops.object.bake(
                    type="EMIT", target="IMAGE_TEXTURES", uv_layer=uv_map, margin=margin, use_clear=clear
                )
        except RuntimeError as reason:
            text = " ".join(str(reason).replace("Error:", "").split())
            raise BadInput(f"{material.name} on {object_.name} cannot be baked ({text})") from reason
    if "FINISHED" not in result:
        raise BadInput(f"{material.name} on {object_.name} cannot be baked; Cycles gave no result")


def _emitting_copy(material: Any, engine: str, temporary: list[tuple[Any, Any]]) -> Any:
    """A copy of the material that emits the colour of its BSDFs."""
    copy = material.copy()
    temporary.append((bpy.data.materials, copy))
    output = output_node(copy, engine)
    assert output is not None, "a material with colours has an output"
    for node in [n for n in copy.node_tree.nodes if n.type == "OUTPUT_MATERIAL" and n != output]:
        copy.node_tree.nodes.remove(node)
    output.target, output.is_active_output = "ALL", True
    leaves = leaf_shaders(copy, "CYCLES")
    _own_groups(copy.node_tree, {leaf.groups for leaf in leaves}, temporary)
    for leaf in leaves:
        _emit_color(leaf, leaf_node(copy, leaf))
    return copy


def _own_groups(tree: Any, paths: set[tuple[str, ...]], temporary: list[tuple[Any, Any]]) -> None:
    """Give the tree copies of the node groups on the paths, so that rewiring them changes no other."""
    for name in {path[0] for path in paths if path}:
        node = tree.nodes[name]
        node.node_tree = node.node_tree.copy()
        temporary.append((bpy.data.node_groups, node.node_tree))
        _own_groups(node.node_tree, {path[1:] for path in paths if path and path[0] == name}, temporary)


def _emit_color(leaf: LeafShader, node: Any) -> None:
    """Put an Emission of a BSDF's colour in its place; lights go dark, transparency is looked through."""
    tree = node.id_data
    if leaf.kind in _SEE_THROUGH:
        _bypass_mixes(tree, node)
        return
    socket = color_socket(leaf, node)
    emission = tree.nodes.new("ShaderNodeEmission")
    if socket is None:
        emission.inputs["Strength"].default_value = 0.0
    elif any(not link.is_muted for link in socket.links):
        tree.links.new(socket.links[0].from_socket, emission.inputs["Color"])
    else:
        emission.inputs["Color"].default_value = socket.default_value
    for output in node.outputs:
        for target in [link.to_socket for link in output.links]:
            tree.links.new(emission.outputs[0], target)


def _bypass_mixes(tree: Any, node: Any) -> None:
    """A Mix Shader with transparency is a cut-out: its colour is the other shader's."""
    mixes = [link.to_node for link in node.outputs[0].links if link.to_node.type == "MIX_SHADER"]
    for mix in mixes:
        others = [
            link.from_socket for socket in mix.inputs[1:] for link in socket.links if link.from_node != node
        ]
        if others:
            for target in [link.to_socket for link in mix.outputs[0].links]:
                tree.links.new(others[0], target)


def _add_target(material: Any, image: Any) -> None:
    nodes = material.node_tree.nodes
    for node in nodes:
        node.select = False
    target = nodes.new("ShaderNodeTexImage")
    target.image = image
    # From 5.0 Cycles takes the node that is active and selected as well.
    target.select = True
    nodes.active = target


@contextlib.contextmanager
def _temporary_scene() -> Iterator[Any]:
    """An empty scene for Cycles on the CPU; the user's scene, its engine and selection are not touched."""
    scene = bpy.data.scenes.new("Texture Stylizer Bake")
    try:
        try:
            scene.render.engine = "CYCLES"
        except TypeError as reason:
            raise BadMachine("Cycles is not enabled; enable it in the add-ons to bake colours") from reason
        scene.cycles.device = "CPU"
        scene.cycles.samples = 1
        scene.cycles.use_denoising = False
        scene.render.bake.use_selected_to_active = False
        yield scene
    finally:
        bpy.data.scenes.remove(scene)


@contextlib.contextmanager
def _removed_afterwards() -> Iterator[list[tuple[Any, Any]]]:
    """A list of (collection, data-block); all of them are removed at the end, the last first."""
    made: list[tuple[Any, Any]] = []
    try:
        yield made
    finally:
        for collection, data_block in reversed(made):
            collection.remove(data_block)


@contextlib.contextmanager
def _as_active(scene: Any, object_: Any) -> Iterator[None]:
    layer = scene.view_layers[0]
    layer.objects.active = object_
    object_.select_set(True, view_layer=layer)
    layer.update()
    with bpy.context.temp_override(
        scene=scene,
        view_layer=layer,
        object=object_,
        active_object=object_,
        selected_objects=[object_],
        selected_editable_objects=[object_],
    ):
        yield
