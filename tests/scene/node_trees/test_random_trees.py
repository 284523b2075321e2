"""Random node trees: the walk finds exactly the images that Cycles' own evaluation lets through.

Each image is a constant power of 8 and all nodes add, so the baked sum says how often each image arrives.
"""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from texture_stylizer.scene import find_textures

MOST_IMAGES = 7

IMAGES = st.just(("image",))
INPUTS = st.sampled_from([("input", 0), ("input", 1)])
MUTE = st.sampled_from([False, False, True])


def nodes(leaves: st.SearchStrategy) -> st.SearchStrategy:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.just("mix"), MUTE, inner, inner),
            st.tuples(st.just("vector"), MUTE, inner, inner),
            st.tuples(st.just("bright"), MUTE, inner),
            st.tuples(st.just("reroute"), inner),
            st.tuples(st.just("cut"), inner),
        ),
        max_leaves=4,
    )


def in_group(outer: st.SearchStrategy) -> st.SearchStrategy:
    return st.tuples(st.just("group"), MUTE, nodes(IMAGES | INPUTS), outer, outer)


TREES = st.one_of(nodes(IMAGES), nodes(IMAGES | in_group(nodes(IMAGES | in_group(IMAGES)))))


class Builder:
    """Turns a description into nodes; every image is a new one until there are seven."""

    def __init__(self) -> None:
        self.images: list[bpy.types.Image] = []

    def build(self, tree: Any, description: tuple, inputs: Any = None) -> Any:
        """Returns the output socket of what is described."""
        kind, *rest = description
        if kind == "image":
            node = tree.nodes.new("ShaderNodeTexImage")
            if len(self.images) < MOST_IMAGES:
                node.image = self._image()
            else:
                return tree.nodes.new("ShaderNodeRGB").outputs[0]
            return node.outputs["Color"]
        if kind == "input":
            return inputs.outputs[rest[0]]
        if kind == "reroute":
            node = tree.nodes.new("NodeReroute")
            tree.links.new(self.build(tree, rest[0], inputs), node.inputs[0])
            return node.outputs[0]
        if kind == "cut":
            node = self._bright(tree)
            link = tree.links.new(self.build(tree, rest[0], inputs), node.inputs["Color"])
            link.is_muted = True
            return node.outputs[0]
        return self._calculation(tree, kind, rest, inputs)

    def _calculation(self, tree: Any, kind: str, rest: list, inputs: Any) -> Any:
        mute, *parts = rest
        if kind == "bright":
            node = self._bright(tree)
            sockets, output = [node.inputs["Color"]], node.outputs[0]
        elif kind == "vector":
            node = tree.nodes.new("ShaderNodeVectorMath")
            sockets, output = node.inputs[:2], node.outputs["Vector"]
        elif kind == "mix":
            node = tree.nodes.new("ShaderNodeMix")
            node.data_type, node.blend_type = "RGBA", "ADD"
            by_name = {socket.identifier: socket for socket in node.inputs}
            by_name["Factor_Float"].default_value = 1.0
            sockets = [by_name["A_Color"], by_name["B_Color"]]
            for socket in sockets:
                socket.default_value = (0, 0, 0, 1)
            output = next(s for s in node.outputs if s.identifier == "Result_Color")
        else:
            inner, *parts = parts
            node = tree.nodes.new("ShaderNodeGroup")
            node.node_tree = self._group(inner)
            sockets, output = node.inputs[:2], node.outputs[0]
        for part, socket in zip(parts, sockets, strict=True):
            tree.links.new(self.build(tree, part, inputs), socket)
        node.mute = mute
        return output

    def _bright(self, tree: Any) -> Any:
        node = tree.nodes.new("ShaderNodeBrightContrast")
        node.inputs["Color"].default_value = (0, 0, 0, 1)
        return node

    def _group(self, description: tuple) -> Any:
        group = bpy.data.node_groups.new("group", "ShaderNodeTree")
        for name in "ab":
            group.interface.new_socket(name, in_out="INPUT", socket_type="NodeSocketColor")
        group.interface.new_socket("out", in_out="OUTPUT", socket_type="NodeSocketColor")
        start, end = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
        group.links.new(self.build(group, description, start), end.inputs[0])
        return group

    def _image(self) -> bpy.types.Image:
        value = float(8 ** len(self.images))
        image = bpy.data.images.new(f"i{len(self.images)}", 1, 1, float_buffer=True, is_data=True)
        image.pixels.foreach_set(np.float32([value, value, value, 1]))
        image.pack()
        self.images.append(image)
        return image


def scene_of(description: tuple) -> tuple[bpy.types.Object, Builder]:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_plane_add(size=1)
    material = bpy.data.materials.new("m")
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    emission, output = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    builder = Builder()
    tree.links.new(builder.build(tree, description), emission.inputs["Color"])
    tree.links.new(emission.outputs[0], output.inputs["Surface"])
    bpy.context.object.data.materials.append(material)
    return bpy.context.object, builder


def images_that_arrive(object_: bpy.types.Object, images: list[bpy.types.Image]) -> set[str]:
    """Cycles' answer: bake the emission into one float pixel and read the digits of the sum."""
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    target = bpy.data.images.new("target", 1, 1, float_buffer=True, is_data=True)
    nodes_ = object_.data.materials[0].node_tree.nodes
    for node in nodes_:
        node.select = False
    node = nodes_.new("ShaderNodeTexImage")
    node.image, node.select, nodes_.active = target, True, node
    bpy.ops.object.bake(type="EMIT")
    total = round(target.pixels[0])
    nodes_.remove(node)
    return {image.name for k, image in enumerate(images) if total // 8**k % 8}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(TREES)
def test_the_walk_agrees_with_cycles(description: tuple) -> None:
    object_, builder = scene_of(description)
    expected = images_that_arrive(object_, builder.images)
    assert {use.image for use in find_textures([object_])} == expected
