"""A scene of its own for Cycles: the user's, its engine and selection, stays as it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import bpy

from ...errors import BadMachine


@contextlib.contextmanager
def temporary_scene() -> Iterator[Any]:
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
def removed_afterwards() -> Iterator[list[tuple[Any, Any]]]:
    """A list of (collection, data-block); all of them are removed at the end, the last first."""
    made: list[tuple[Any, Any]] = []
    try:
        yield made
    finally:
        for collection, data_block in reversed(made):
            collection.remove(data_block)


@contextlib.contextmanager
def as_active(scene: Any, object_: Any) -> Iterator[None]:
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
