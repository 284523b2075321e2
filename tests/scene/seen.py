"""The colour that a material's BSDF is given, as Cycles sees it: an outside judge of node trees."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from tests.scene.trees import shader_of


def seen_color(object_: Any, material: Any, size: int = 24) -> np.ndarray:
    """(size, size, 3) scene-linear values of the Base Color, baked through the object's UV map."""
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.cycles.samples = 1
    judged = material.copy()
    tree = judged.node_tree
    emission = tree.nodes.new("ShaderNodeEmission")
    socket = shader_of(judged).inputs["Base Color"]
    if socket.links:
        tree.links.new(socket.links[0].from_socket, emission.inputs["Color"])
    else:
        emission.inputs["Color"].default_value = socket.default_value
    output = next(node for node in tree.nodes if node.type == "OUTPUT_MATERIAL")
    tree.links.new(emission.outputs[0], output.inputs["Surface"])
    target = tree.nodes.new("ShaderNodeTexImage")
    target.image = bpy.data.images.new("judge", size, size, alpha=True, float_buffer=True)
    for node in tree.nodes:
        node.select = False
    target.select, tree.nodes.active = True, target
    helper = bpy.data.objects.new("judge", object_.data)
    bpy.context.scene.collection.objects.link(helper)
    for slot in helper.material_slots:
        slot.link, slot.material = "OBJECT", judged
    bpy.context.view_layer.objects.active = helper
    for other in bpy.context.scene.objects:
        other.select_set(other == helper)
    bpy.context.view_layer.update()
    bpy.ops.object.bake(type="EMIT", margin=0)
    values = np.empty(size * size * 4, dtype=np.float32)
    target.image.pixels.foreach_get(values)
    bpy.data.objects.remove(helper)
    bpy.data.images.remove(target.image)
    bpy.data.materials.remove(judged)
    return values.reshape(size, size, 4)[..., :3]
