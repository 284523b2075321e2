"""The add-on registered in an empty file, and small painted materials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest

import texture_stylizer
from texture_stylizer.descriptions import Compute, StyleImage
from texture_stylizer.jobs.client import WorkerClient
from texture_stylizer.scene.plan import plan
from texture_stylizer.scene.restyle import apply, discard, work
from texture_stylizer.scene.run_options import RunOptions, Which
from texture_stylizer.settings import Settings

SAMPLES = Path(__file__).parents[2] / "sample_assets"


@pytest.fixture(scope="session")
def worker() -> Iterator[WorkerClient]:
    """One for all tests that are not about its start: importing torch takes seconds."""
    with WorkerClient() as client:
        yield client


@pytest.fixture
def addon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The add-on, registered, with a cache of its own."""
    monkeypatch.setenv("TEXTURE_STYLIZER_CACHE", str(tmp_path / "cache"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    texture_stylizer.register()
    yield
    texture_stylizer.unregister()


@pytest.fixture
def preferences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[bpy.types.AddonPreferences]:
    """The preferences of the add-on, enabled as Blender does it, with a cache of its own."""
    # Blender's own module, found once bpy is there.
    import addon_utils

    monkeypatch.setenv("TEXTURE_STYLIZER_CACHE", str(tmp_path / "cache"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon_utils.enable("texture_stylizer", default_set=True)
    yield bpy.context.preferences.addons["texture_stylizer"].preferences
    addon_utils.disable("texture_stylizer", default_set=True)


@pytest.fixture
def make_painted_plane():
    """A plane with a material for each name, each with a small packed image as its colour: noise over a ramp.

    The ramp keeps it from counting as tiled, which would be worked on at nine times the size.
    """

    def make(*names: str) -> bpy.types.Object:
        bpy.ops.mesh.primitive_plane_add()
        object_ = bpy.context.object
        for name in names:
            image = bpy.data.images.new(f"{name} image", 24, 24, alpha=True)
            noise = np.random.default_rng(0).random((24, 24, 4))
            ramp = np.add.outer(np.arange(24), np.arange(24))[..., None] / 46
            image.pixels.foreach_set((0.3 * noise + 0.7 * ramp).astype(np.float32).ravel())
            image.pack()
            material = bpy.data.materials.new(name)
            if material.node_tree is None:
                material.use_nodes = True
            tree = material.node_tree
            node = tree.nodes.new("ShaderNodeTexImage")
            node.image = image
            tree.links.new(node.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
            object_.data.materials.append(material)
        return object_

    return make


@pytest.fixture
def add_variant(worker: WorkerClient):
    """Restyle an object's materials, or those named, as the operator would, in one step."""

    def add(object_: bpy.types.Object, variant: str, *names: str) -> None:
        run = plan(
            [object_],
            [StyleImage(str(SAMPLES / "styles" / "mosaic.jpg"))],
            Settings(iterations=1),
            RunOptions(
                variant,
                Which(materials=[bpy.data.materials[name].session_uid for name in names] or None),
                compute=Compute(features="embedded", device="cpu", cache=False),
            ),
        )
        work(run, worker)
        apply(run)
        discard(run)

    return add
