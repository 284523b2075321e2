"""An empty file before every test, and short ways to build what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from texture_stylizer.descriptions import Compute
from texture_stylizer.jobs.client import WorkerClient
from texture_stylizer.scene import stylize_objects
from texture_stylizer.settings import Settings

UNCHANGED = Settings(iterations=0)


@pytest.fixture(autouse=True)
def empty_file() -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)


@pytest.fixture
def make_image():
    def make(name: str = "paint", size: int = 24, *, seed: int = 0) -> bpy.types.Image:
        image = bpy.data.images.new(name, size, size, alpha=True)
        values = np.random.default_rng(seed).integers(0, 256, size * size * 4) / np.float32(255)
        image.pixels.foreach_set(values.astype(np.float32))
        image.pack()
        return image

    return make


@pytest.fixture
def make_material():
    """A material with a Principled BSDF, and an image node linked into one of its sockets."""

    def make(name: str, image: bpy.types.Image | None, socket: str = "Base Color") -> bpy.types.Material:
        material = bpy.data.materials.new(name)
        if material.node_tree is None:
            material.use_nodes = True
        tree = material.node_tree
        tree.nodes.clear()
        shader = tree.nodes.new("ShaderNodeBsdfPrincipled")
        output = tree.nodes.new("ShaderNodeOutputMaterial")
        tree.links.new(shader.outputs[0], output.inputs["Surface"])
        if image is not None:
            node = tree.nodes.new("ShaderNodeTexImage")
            node.image = image
            tree.links.new(node.outputs["Color"], shader.inputs[socket])
        return material

    return make


@pytest.fixture
def make_object():
    def make(name: str, *materials: bpy.types.Material, mesh: bpy.types.Mesh | None = None):
        mesh = mesh or bpy.data.meshes.new(name)
        if not mesh.materials:
            for material in materials:
                mesh.materials.append(material)
        object_ = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(object_)
        return object_

    return make


@pytest.fixture
def make_plane():
    """A square with a UV map over the whole image, whose texels are seen unblurred."""

    def make(name: str, *materials: bpy.types.Material) -> bpy.types.Object:
        bpy.ops.mesh.primitive_plane_add()
        object_ = bpy.context.object
        object_.name = name
        for material in materials:
            object_.data.materials.append(material)
        for material in materials:
            for found in (n for n in material.node_tree.nodes if n.type == "TEX_IMAGE"):
                found.interpolation = "Closest"
        return object_

    return make


@pytest.fixture
def style(tmp_path: Path) -> Path:
    array = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(array).save(tmp_path / "style.png")
    return tmp_path / "style.png"


@pytest.fixture(scope="session")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


@pytest.fixture
def restyle(style: Path, worker: WorkerClient):
    """Restyle objects; without other settings every pixel stays as it is."""

    def run(*objects, variant: str = "oil", settings: Settings = UNCHANGED, **options):
        compute = Compute(features="embedded", device="cpu", cache=False)
        options = {"variant": variant, "compute": compute, "client": worker} | options
        return stylize_objects(objects, [(style, 1.0)], settings, **options)

    return run
