"""Restyled meshes, flat above and mesh-aware below: `python -m tests.benchmarks.seam_pictures OUT.jpg`.

Each is turned so that seams face the camera. Needs bpy.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import torch
from PIL import Image

from texture_stylizer.engine import Settings, load_features, stylize
from texture_stylizer.engine.surface.coverage import Surface
from texture_stylizer.jobs.mesh_file import ups_in_map
from texture_stylizer.jobs.worker.precision import choose_precision
from texture_stylizer.settings import STYLE_DIRECTIONS

from .seams import STYLES, areas_of, colored, corners_of, make_mesh

SIDE = 360
# Where the camera stands, (x, y, z), for an object about two units wide at the origin.
VIEWS = {
    "suzanne": (2.2, -3.6, 1.6),
    "uneven": (2.2, -3.6, 1.6),
    "torus": (1.6, -2.8, 2.6),
    "sphere": (2.0, -2.6, 1.2),
    "figure": (2.6, -5.2, 1.0),
    "crate": (2.6, -3.4, 1.8),
}
CRATE = STYLES.parent / "crate.blend"


def make_object(kind: str) -> tuple[Any, np.ndarray]:
    """A mesh and its texture: the sample crate with its own, or one with noise in space."""
    if kind == "crate":
        bpy.ops.wm.open_mainfile(filepath=str(CRATE), load_ui=False, use_scripts=False)
        image = bpy.data.images["crate_color"]
        pixels = np.empty((*image.size, 4), dtype=np.float32)
        image.pixels.foreach_get(pixels.ravel())
        return bpy.data.objects["Crate"], np.ascontiguousarray(pixels[::-1, :, :3])
    object_ = make_mesh(kind)
    uvs, positions, _ = corners_of(object_.data)
    return object_, colored(uvs, positions)


def render(object_: Any, texture: np.ndarray, camera_at: tuple[float, float, float]) -> np.ndarray:
    """The object with nothing but the texture's colours on it, (SIDE, SIDE, 3) uint8."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "texture.png")
        Image.fromarray(np.rint(texture * 255).astype(np.uint8)).save(path)
        _show(object_, bpy.data.images.load(str(path)))
        _place_camera(camera_at)
        scene = bpy.context.scene
        scene.render.engine, scene.cycles.samples = "CYCLES", 24
        scene.render.resolution_x = scene.render.resolution_y = SIDE
        scene.view_settings.view_transform = "Standard"
        scene.render.film_transparent = True
        scene.render.filepath = str(Path(folder, "shot.png"))
        bpy.ops.render.render(write_still=True)
        shot = Image.open(scene.render.filepath).convert("RGBA")
        paper = Image.new("RGBA", shot.size, (245, 245, 245, 255))
        return np.asarray(Image.alpha_composite(paper, shot).convert("RGB"))


def _show(object_: Any, image: Any) -> None:
    material = object_.material_slots[0].material
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    texture, light = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeEmission")
    output = tree.nodes.new("ShaderNodeOutputMaterial")
    texture.image = image
    tree.links.new(texture.outputs["Color"], light.inputs["Color"])
    tree.links.new(light.outputs["Emission"], output.inputs["Surface"])


def _place_camera(at: tuple[float, float, float]) -> None:
    from mathutils import Vector

    scene = bpy.context.scene
    if scene.camera is None:
        scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        scene.collection.objects.link(scene.camera)
    scene.camera.location = at
    scene.camera.rotation_euler = (-Vector(at)).to_track_quat("-Z", "Y").to_euler()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--meshes", nargs="+", default=["suzanne", "torus", "sphere", "figure", "crate"])
    parser.add_argument("--style", default="stained_glass")
    parser.add_argument("--features", default="vgg19")
    parser.add_argument("--direction", choices=STYLE_DIRECTIONS, default="image")
    options = parser.parse_args()
    features = load_features(options.features, dtype=choose_precision("auto", torch.device("cpu")))
    style = np.asarray(Image.open(STYLES / f"{options.style}.jpg").convert("RGB"), np.float32) / 255
    settings = Settings.preset("standard", style_direction=options.direction)
    columns = []
    for kind in options.meshes:
        object_, texture = make_object(kind)
        uvs, positions, vertices = corners_of(object_.data)
        ups = ups_in_map(positions[:, 1:] - positions[:, :1], uvs)
        surface = Surface.of(uvs, areas_of(positions), vertices, ups)
        shots = []
        for seams in (None, surface):
            made = stylize(texture, [(style, 1.0)], settings, features=features, seams=seams)
            shots.append(render(object_, made.image, VIEWS[kind]))
        columns.append(np.concatenate(shots, axis=0))
        print(kind, flush=True)
    Image.fromarray(np.concatenate(columns, axis=1)).save(options.out, quality=88)


if __name__ == "__main__":
    main()
