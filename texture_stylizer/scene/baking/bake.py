"""Procedural colour -> a UV image, baked with Cycles in a scene of its own: the user's stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ...descriptions import BakeOptions, Source
from ...errors import BadInput, StylizerError
from ...quiet import quiet
from ..images.pixels import write_source
from ..materials.records import original_of
from .base_color import materials_to_bake
from .emission import emitting_copy
from .temporary_scene import as_active, removed_afterwards, temporary_scene
from .unwrap import has_no_uv_map, uv_map_of


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
    uv_maps = [uv_map_of(object_, original, options) for object_ in objects]
    return _bake_colors(original, copy, objects, uv_maps, options, engine, path)


def remove_uv_maps(color: BakedColor) -> None:
    """Take back the UV maps that were made for a baked colour, when its run came to nothing."""
    for name in color.unwrapped:
        object_ = bpy.data.objects.get(name)
        if object_ is not None and color.uv_map in object_.data.uv_layers:
            object_.data.uv_layers.remove(object_.data.uv_layers[color.uv_map])


def _bake(material: Any, objects: Sequence[Any], options: BakeOptions, engine: str, path: Path) -> BakedColor:
    # Imported late: the panels need this module, and must not wait for numpy.
    from .texel_density import pixels_for_density, uv_warnings

    bare = tuple(object_.name for object_ in objects if has_no_uv_map(object_))
    uv_maps = [uv_map_of(object_, material, options) for object_ in objects]
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
    with temporary_scene() as scene, removed_afterwards() as temporary:
        copy = emitting_copy(shown, engine, temporary)
        image = bpy.data.images.new("bake", options.size, options.size, alpha=True)
        temporary.append((bpy.data.images, image))
        _add_target(copy, image)
        for index, (object_, uv_map) in enumerate(zip(objects, uv_maps, strict=True)):
            _bake_object(scene, object_, material, copy, uv_map, options.margin, temporary, clear=index == 0)
        return write_source(image, path)


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
    with as_active(scene, helper):
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


def _add_target(material: Any, image: Any) -> None:
    nodes = material.node_tree.nodes
    for node in nodes:
        node.select = False
    target = nodes.new("ShaderNodeTexImage")
    target.image = image
    # From 5.0 Cycles takes the node that is active and selected as well.
    target.select = True
    nodes.active = target
