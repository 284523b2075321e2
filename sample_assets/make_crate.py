"""Build crate.blend: a wooden crate whose maps are baked from procedural wood and metal with Cycles.

    python sample_assets/make_crate.py

Needs bpy. Every texel comes from this program and its seed.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import bpy
import numpy as np

HERE = Path(__file__).parent
SIZE = 1024
SAMPLES = 8

Vector = tuple[float, float, float]


class CrateMesh:
    """Boxes put together into one mesh; every corner knows its place along its own board."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.vertices: list[Vector] = []
        self.faces: list[tuple[int, ...]] = []
        self.materials: list[int] = []
        self.grain: list[Vector] = []

    def add_box(self, center: Vector, size: Vector, *, along: int, material: int = 0) -> None:
        """A box with its grain along an axis (0, 1 or 2)."""
        start = len(self.vertices)
        shift = self.rng.uniform(-20, 20, 3)
        order = [along, (along + 1) % 3, (along + 2) % 3]
        for signs in itertools.product((-0.5, 0.5), repeat=3):
            corner = np.array(signs) * np.array(size)
            self.vertices.append(tuple(np.array(center) + corner))
            self.grain.append(tuple(corner[order] + shift))
        quads = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
        self.faces += [tuple(start + index for index in quad) for quad in quads]
        self.materials += [material] * 6

    def to_object(self, name: str) -> bpy.types.Object:
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(self.vertices, [], self.faces)
        mesh.polygons.foreach_set("material_index", self.materials)
        attribute = mesh.attributes.new("grain", "FLOAT_VECTOR", "POINT")
        attribute.data.foreach_set("vector", np.array(self.grain, dtype=np.float32).ravel())
        object_ = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(object_)
        return object_


def build_crate() -> bpy.types.Object:
    """Plank walls, a frame with a diagonal on each side, and metal corners."""
    crate = CrateMesh(seed=7)
    planks = 5
    width = 1.84 / planks
    for side, (axis, sign) in enumerate(itertools.product((0, 1, 2), (-1, 1))):
        across, along = [(1, 2), (0, 2), (0, 1)][axis]
        if side % 2 and axis == 2:
            across, along = along, across
        for number in range(planks):
            center, size = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
            center[axis] = sign * (0.93 + crate.rng.uniform(-0.008, 0.008))
            center[across] = -0.92 + width * (number + 0.5)
            size[axis], size[across], size[along] = 0.06, width - 0.016, 1.86
            crate.add_box(tuple(center), tuple(size), along=along)
    for along in range(3):
        others = [axis for axis in range(3) if axis != along]
        for signs in itertools.product((-1, 1), repeat=2):
            center, size = [0.0, 0.0, 0.0], [0.2, 0.2, 0.2]
            for axis, sign in zip(others, signs, strict=True):
                center[axis] = sign * 0.95
            size[along] = 1.7
            crate.add_box(tuple(center), tuple(size), along=along)
    for signs in itertools.product((-0.94, 0.94), repeat=3):
        crate.add_box(signs, (0.28, 0.28, 0.28), along=0, material=1)
    return crate.to_object("Crate")


def unwrap(object_: bpy.types.Object) -> None:
    bpy.context.view_layer.objects.active = object_
    object_.select_set(True)
    object_.data.uv_layers.new(name="UVMap")
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.uv.smart_project(angle_limit=1.1, island_margin=0.004, scale_to_bounds=False)
    bpy.ops.object.mode_set(mode="OBJECT")


class Nodes:
    """A short way to write a node tree: make a node with values and links at once."""

    def __init__(self, material: bpy.types.Material) -> None:
        material.use_nodes = True
        self.tree = material.node_tree
        self.tree.nodes.clear()

    def add(self, kind: str, *links: tuple[str | int, object], **properties: object) -> bpy.types.Node:
        node = self.tree.nodes.new(kind)
        for name, value in properties.items():
            setattr(node, name, value)
        for socket, value in links:
            target = node.inputs[socket]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, target)
            else:
                target.default_value = value
        return node

    def ramp(self, factor: bpy.types.NodeSocket, *stops: tuple[float, tuple[float, float, float]]):
        node = self.add("ShaderNodeValToRGB", ("Fac", factor))
        elements = node.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, color) in zip(elements, stops, strict=True):
            element.position, element.color = position, (*color, 1.0)
        return node.outputs["Color"]

    def mix(self, factor: object, first: object, second: object, blend: str = "MIX"):
        node = self.add("ShaderNodeMix", data_type="RGBA", blend_type=blend)
        by_name = {socket.identifier: socket for socket in node.inputs}
        for name, value in (("Factor_Float", factor), ("A_Color", first), ("B_Color", second)):
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, by_name[name])
            else:
                by_name[name].default_value = value
        return next(s for s in node.outputs if s.identifier == "Result_Color")

    def noise(self, vector, scale: float, detail: float = 6.0):
        return self.add(
            "ShaderNodeTexNoise", ("Vector", vector), ("Scale", scale), ("Detail", detail)
        ).outputs[0]


def wood() -> dict[str, bpy.types.NodeSocket]:
    """Boards with grain, stains and worn edges. Returns the sockets of the three channels."""
    nodes = Nodes(bpy.data.materials.new("Procedural Wood"))
    grain = nodes.add("ShaderNodeAttribute", attribute_name="grain").outputs["Vector"]
    long = nodes.add("ShaderNodeMapping", ("Vector", grain), ("Scale", (0.7, 7.0, 7.0))).outputs[0]
    fibres = nodes.noise(long, 2.6, 9.0)
    rings = nodes.add(
        "ShaderNodeTexWave",
        ("Vector", long),
        ("Scale", 0.35),
        ("Distortion", 7.0),
        ("Detail", 4.0),
    ).outputs["Fac"]
    streaks = nodes.mix(0.42, fibres, rings)
    color = nodes.ramp(
        streaks,
        (0.12, (0.055, 0.022, 0.009)),
        (0.42, (0.2, 0.095, 0.036)),
        (0.62, (0.36, 0.19, 0.075)),
        (0.88, (0.52, 0.31, 0.14)),
    )
    board = nodes.add("ShaderNodeMapping", ("Vector", grain), ("Scale", (0.05, 0.05, 0.05))).outputs[0]
    tint = nodes.ramp(nodes.noise(board, 3.0, 0.0), (0.3, (0.62, 0.55, 0.5)), (0.7, (1.0, 0.96, 0.86)))
    color = nodes.mix(0.85, color, tint, "MULTIPLY")
    place = nodes.add("ShaderNodeTexCoord").outputs["Object"]
    dirt = nodes.ramp(nodes.noise(place, 2.4), (0.38, (0.35, 0.32, 0.29)), (0.62, (1.0, 1.0, 1.0)))
    color = nodes.mix(0.8, color, dirt, "MULTIPLY")
    rough = nodes.ramp(streaks, (0.1, (0.85,) * 3), (0.9, (0.5,) * 3))
    bump = nodes.add("ShaderNodeBump", ("Height", streaks), ("Strength", 0.5), ("Distance", 0.03))
    return {"color": color, "roughness": rough, "normal": bump.outputs[0]}


def metal() -> dict[str, bpy.types.NodeSocket]:
    """Scratched dark steel with rust. Returns the sockets of the three channels."""
    nodes = Nodes(bpy.data.materials.new("Procedural Metal"))
    place = nodes.add("ShaderNodeTexCoord").outputs["Object"]
    rust = nodes.ramp(nodes.noise(place, 5.0, 9.0), (0.5, (0.0,) * 3), (0.62, (1.0,) * 3))
    scratch = nodes.add("ShaderNodeMapping", ("Vector", place), ("Scale", (4.0, 40.0, 40.0))).outputs[0]
    steel = nodes.ramp(nodes.noise(scratch, 3.0), (0.3, (0.09, 0.1, 0.115)), (0.75, (0.3, 0.31, 0.33)))
    brown = nodes.ramp(nodes.noise(place, 14.0), (0.3, (0.12, 0.03, 0.01)), (0.7, (0.42, 0.14, 0.035)))
    color = nodes.mix(rust, steel, brown)
    rough = nodes.mix(rust, (0.34, 0.34, 0.34, 1), (0.9, 0.9, 0.9, 1))
    bump = nodes.add("ShaderNodeBump", ("Height", rust), ("Strength", 0.35), ("Distance", 0.02))
    return {"color": color, "roughness": rough, "normal": bump.outputs[0]}


def bake(object_: bpy.types.Object, channel: str, sources: list[dict]) -> bpy.types.Image:
    """Bake one channel of the object's materials into a new image: colours through Emission."""
    image = bpy.data.images.new(f"crate_{channel}", SIZE, SIZE, alpha=True)
    if channel != "color":
        image.colorspace_settings.name = "Non-Color"
    for slot, sockets in zip(object_.material_slots, sources, strict=True):
        tree = slot.material.node_tree
        target = tree.nodes.new("ShaderNodeTexImage")
        target.image = image
        tree.nodes.active = target
        target.select = True
        output = tree.nodes.new("ShaderNodeOutputMaterial")
        output.is_active_output = True
        if channel == "normal":
            shader = tree.nodes.new("ShaderNodeBsdfDiffuse")
            tree.links.new(sockets["normal"], shader.inputs["Normal"])
        else:
            shader = tree.nodes.new("ShaderNodeEmission")
            tree.links.new(sockets[channel], shader.inputs["Color"])
        tree.links.new(shader.outputs[0], output.inputs["Surface"])
    bpy.context.scene.cycles.samples = SAMPLES
    bpy.ops.object.bake(type="NORMAL" if channel == "normal" else "EMIT", margin=8)
    for slot in object_.material_slots:
        tree = slot.material.node_tree
        tree.nodes.remove(tree.nodes.active)
    image.pack()
    return image


def game_material(images: dict[str, bpy.types.Image]) -> bpy.types.Material:
    """The material that a game artist would ship: three maps into a Principled BSDF."""
    nodes = Nodes(bpy.data.materials.new("Crate"))
    color = nodes.add("ShaderNodeTexImage", image=images["color"], name="Base Color")
    rough = nodes.add("ShaderNodeTexImage", image=images["roughness"], name="Roughness")
    normal = nodes.add("ShaderNodeTexImage", image=images["normal"], name="Normal")
    tangent = nodes.add("ShaderNodeNormalMap", ("Color", normal.outputs["Color"]))
    shader = nodes.add(
        "ShaderNodeBsdfPrincipled",
        ("Base Color", color.outputs["Color"]),
        ("Roughness", rough.outputs["Color"]),
        ("Normal", tangent.outputs["Normal"]),
    )
    nodes.add("ShaderNodeOutputMaterial", ("Surface", shader.outputs[0]))
    return next(m for m in bpy.data.materials if m.node_tree == nodes.tree)


def add_stage() -> None:
    """A camera and lights, so that the file renders as it is."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (4.6, -4.2, 3.1), (1.13, 0.0, 0.83)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.camera = camera
    for name, place, turn, energy, size in (
        ("Key", (3, -4, 5), (0.75, 0.0, 0.6), 500.0, 3.0),
        ("Fill", (-5, -2, 3), (1.0, 0.0, -1.2), 160.0, 4.0),
    ):
        light = bpy.data.lights.new(name, "AREA")
        light.energy, light.size = energy, size
        object_ = bpy.data.objects.new(name, light)
        object_.location, object_.rotation_euler = place, turn
        bpy.context.scene.collection.objects.link(object_)
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    background = next(n for n in world.node_tree.nodes if n.type == "BACKGROUND")
    background.inputs[0].default_value = (0.32, 0.36, 0.42, 1.0)
    bpy.context.scene.world = world


def main() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.render.engine = "CYCLES"
    crate = build_crate()
    unwrap(crate)
    sources = [wood(), metal()]
    for name in ("Procedural Wood", "Procedural Metal"):
        crate.data.materials.append(bpy.data.materials[name])
    images = {channel: bake(crate, channel, sources) for channel in ("color", "roughness", "normal")}
    crate.data.materials.clear()
    crate.data.materials.append(game_material(images))
    crate.data.polygons.foreach_set("material_index", [0] * len(crate.data.polygons))
    crate.data.attributes.remove(crate.data.attributes["grain"])
    for name in ("Procedural Wood", "Procedural Metal"):
        bpy.data.materials.remove(bpy.data.materials[name])
    add_stage()
    path = HERE / "crate.blend"
    path.unlink(missing_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    print(path.name, path.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
