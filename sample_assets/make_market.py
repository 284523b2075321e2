"""Build market.blend: one of each thing that real scenes have, on a small market stall.

    python sample_assets/make_market.py

Needs bpy (4.2, so that every later Blender opens the file). Images are drawn here, from seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np

HERE = Path(__file__).parent
TEXTURES = HERE / "market_textures"
Color = tuple[float, float, float]


def pattern(size: int, seed: int, first: Color, second: Color, kind: str) -> np.ndarray:
    """Planks, bricks, blobs or cloth between two colours. Returns (size, size, 4) in [0, 1]."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:size, 0:size] / size
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    frequency[0, 0] = np.inf
    cloud = np.real(np.fft.ifft2(np.fft.fft2(rng.standard_normal((size, size))) / frequency**1.6))
    cloud = (cloud - cloud.min()) / np.ptp(cloud)
    if kind == "planks":
        tone = 0.5 + 0.3 * np.sin(90 * rows + 9 * cloud) - 0.9 * ((columns * 6) % 1 < 0.04)
    elif kind == "bricks":
        shifted = columns * 5 + 0.5 * (np.floor(rows * 10) % 2)
        tone = 0.7 - 0.6 * (((rows * 10) % 1 < 0.1) | (shifted % 1 < 0.06)) + 0.4 * (cloud - 0.5)
    elif kind == "cloth":
        tone = 0.5 + 0.5 * np.sign(np.sin(24 * columns)) * 0.7 + 0.1 * np.sin(600 * rows)
    else:
        tone = cloud
    tone = np.clip(tone, 0, 1)[..., None]
    rgb = np.array(first) * (1 - tone) + np.array(second) * tone
    return np.concatenate([rgb, np.ones((size, size, 1))], axis=-1).astype(np.float32)


def new_image(name: str, pixels: np.ndarray, *, path: Path | None = None, deep: bool = False):
    """An image with these pixels: saved at `path`, or packed. `deep` makes it a 16-bit PNG."""
    height, width = pixels.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=True, float_buffer=deep)
    image.pixels.foreach_set(np.ascontiguousarray(pixels[::-1]).ravel())
    if path is None:
        image.pack()
        return image
    path.parent.mkdir(exist_ok=True)
    image.filepath_raw = str(path)
    image.file_format = "PNG"
    image.save()
    bpy.data.images.remove(image)
    loaded = bpy.data.images.load(str(path))
    loaded.name = name
    return loaded


class Tree:
    """A material's or group's node tree with short ways to add and link."""

    def __init__(self, tree: bpy.types.NodeTree) -> None:
        self.tree = tree

    def add(self, kind: str, name: str = "", **properties: object):
        node = self.tree.nodes.new(kind)
        for key, value in properties.items():
            setattr(node, key, value)
        if name:
            node.name = name
        return node

    def image(self, image: bpy.types.Image, name: str = ""):
        return self.add("ShaderNodeTexImage", name, image=image)

    def link(self, source, target) -> None:
        self.tree.links.new(source, target)


def material(name: str, build: Callable[[Tree, bpy.types.Node], None]) -> bpy.types.Material:
    """A material whose Principled BSDF `build` connects."""
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    made.node_tree.nodes.clear()
    tree = Tree(made.node_tree)
    shader = tree.add("ShaderNodeBsdfPrincipled")
    output = tree.add("ShaderNodeOutputMaterial")
    tree.link(shader.outputs[0], output.inputs["Surface"])
    build(tree, shader)
    return made


def plain(image: bpy.types.Image) -> Callable[[Tree, bpy.types.Node], None]:
    def build(tree: Tree, shader: bpy.types.Node) -> None:
        tree.link(tree.image(image).outputs["Color"], shader.inputs["Base Color"])

    return build


def nested_group(image: bpy.types.Image) -> bpy.types.NodeTree:
    """A group that holds a group that holds the image."""
    inner = bpy.data.node_groups.new("Inner Paint", "ShaderNodeTree")
    inner.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    tree = Tree(inner)
    end = tree.add("NodeGroupOutput")
    tree.link(tree.image(image, "Paint").outputs["Color"], end.inputs["Color"])
    outer = bpy.data.node_groups.new("Outer Paint", "ShaderNodeTree")
    outer.interface.new_socket("Color", in_out="OUTPUT", socket_type="NodeSocketColor")
    tree = Tree(outer)
    node = tree.add("ShaderNodeGroup", "Inner", node_tree=inner)
    end, reroute = tree.add("NodeGroupOutput"), tree.add("NodeReroute")
    tree.link(node.outputs["Color"], reroute.inputs[0])
    tree.link(reroute.outputs[0], end.inputs["Color"])
    return outer


def materials() -> dict[str, bpy.types.Material]:
    brown, sand = (0.25, 0.13, 0.06), (0.72, 0.52, 0.3)
    planks = new_image("planks", pattern(512, 1, brown, sand, "planks"), path=TEXTURES / "planks.png")
    cloth = new_image("cloth", pattern(512, 2, (0.75, 0.1, 0.1), (0.95, 0.9, 0.8), "cloth"))
    bricks = new_image("bricks", pattern(512, 3, (0.55, 0.5, 0.45), (0.6, 0.2, 0.12), "bricks"))
    moss = new_image("moss", pattern(256, 4, (0.1, 0.2, 0.05), (0.5, 0.6, 0.2), "blobs"))
    paint = new_image("paint", pattern(512, 5, (0.1, 0.25, 0.45), (0.8, 0.75, 0.4), "blobs"))
    glow = new_image("glow", pattern(256, 6, (0.0, 0.0, 0.0), (1.0, 0.6, 0.1), "blobs"))
    leaf_pixels = pattern(256, 7, (0.1, 0.35, 0.08), (0.5, 0.7, 0.2), "blobs")
    rows, columns = np.mgrid[-1:1:256j, -1:1:256j]
    leaf_pixels[..., 3] = np.hypot(rows, columns * 1.8) < 0.95
    leaf = new_image("leaf", leaf_pixels)
    deep = new_image(
        "clay_16bit", pattern(256, 8, (0.4, 0.2, 0.1), (0.8, 0.5, 0.3), "blobs"),
        path=TEXTURES / "clay_16bit.png", deep=True,
    )  # fmt: skip
    for number in (1001, 1002):
        tile = pattern(256, number, (0.3, 0.3, 0.5), (0.8, 0.8, 0.6), "bricks")
        image = new_image("tile", tile, path=TEXTURES / f"wall.{number}.png")
        bpy.data.images.remove(image)
    udim = bpy.data.images.load(str(TEXTURES / "wall.1001.png"))
    udim.source = "TILED"
    udim.name = "wall"
    missing = new_image("lost", pattern(64, 9, brown, sand, "blobs"), path=TEXTURES / "lost.png")

    def mixed(tree: Tree, shader: bpy.types.Node) -> None:
        mix = tree.add("ShaderNodeMix", data_type="RGBA")
        sockets = {socket.identifier: socket for socket in mix.inputs}
        tree.link(tree.image(bricks, "Bricks").outputs["Color"], sockets["A_Color"])
        tree.link(tree.image(moss, "Moss").outputs["Color"], sockets["B_Color"])
        result = next(s for s in mix.outputs if s.identifier == "Result_Color")
        tree.link(result, shader.inputs["Base Color"])

    def grouped(tree: Tree, shader: bpy.types.Node) -> None:
        node = tree.add("ShaderNodeGroup", "Paint Group", node_tree=nested_group(paint))
        tree.link(node.outputs["Color"], shader.inputs["Base Color"])

    def lamp(tree: Tree, shader: bpy.types.Node) -> None:
        tree.link(tree.image(glow).outputs["Color"], shader.inputs["Emission Color"])
        shader.inputs["Emission Strength"].default_value = 2.0

    def cut_out(tree: Tree, shader: bpy.types.Node) -> None:
        node = tree.image(leaf)
        tree.link(node.outputs["Color"], shader.inputs["Base Color"])
        tree.link(node.outputs["Alpha"], shader.inputs["Alpha"])

    def muted(tree: Tree, shader: bpy.types.Node) -> None:
        gamma = tree.add("ShaderNodeGamma", mute=True)
        tree.link(tree.image(cloth, "Through Muted").outputs["Color"], gamma.inputs["Color"])
        tree.link(gamma.outputs[0], shader.inputs["Base Color"])

    def no_image(tree: Tree, shader: bpy.types.Node) -> None:
        shader.inputs["Base Color"].default_value = (0.8, 0.2, 0.1, 1.0)

    made = {
        "Planks": material("Planks", plain(planks)),
        "Dark Planks": material("Dark Planks", plain(planks)),
        "Cloth": material("Cloth", plain(cloth)),
        "Old Wall": material("Old Wall", mixed),
        "Painted": material("Painted", grouped),
        "Lamp": material("Lamp", lamp),
        "Leaf": material("Leaf", cut_out),
        "Clay": material("Clay", plain(deep)),
        "Tiled Wall": material("Tiled Wall", plain(udim)),
        "Awning": material("Awning", muted),
        "Lost": material("Lost", plain(missing)),
        "Plain Red": material("Plain Red", no_image),
    }
    (TEXTURES / "lost.png").unlink()
    missing.reload()
    return made


def main() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    made = materials()
    # Planks on three objects; every other material on one.
    assigned = ["Planks", "Planks", "Planks", *(name for name in made if name != "Planks")]
    for index, name in enumerate(assigned):
        bpy.ops.mesh.primitive_cube_add(size=1.6, location=(index % 5 * 2.2, index // 5 * 2.2, 0.8))
        object_ = bpy.context.object
        object_.name = f"{name} Stall {index}" if name == "Planks" else f"{name} Stall"
        object_.data.materials.append(made[name])
    bpy.context.scene.render.engine = "CYCLES"
    path = HERE / "market.blend"
    path.unlink(missing_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True, relative_remap=True)
    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    print(path.name, path.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
