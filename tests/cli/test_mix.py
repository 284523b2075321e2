"""`variants mix`: a restyled .blend at another strength, and models that carry the mix."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from texture_stylizer.srgb import decode, encode

from .conftest import made_by

COMMAND = [sys.executable, "-m", "texture_stylizer.cli"]
MAKE_SCENE = """
import os
import bpy
from texture_stylizer.scene.texture_uses import find_textures
from texture_stylizer.scene.variants.create import create_variant
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_plane_add()
material = bpy.data.materials.new("Skin")
if material.node_tree is None:
    material.use_nodes = True
tree = material.node_tree
node = tree.nodes.new("ShaderNodeTexImage")
node.image = bpy.data.images.load(os.path.abspath("paint.png"))
tree.links.new(node.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
bpy.context.object.data.materials.append(material)
restyled = bpy.data.images.load(os.path.abspath("oil.png"))
uses = find_textures([bpy.context.object])
create_variant("oil", [bpy.context.object], uses, {node.image.session_uid: restyled}, {})
bpy.ops.wm.save_as_mainfile(filepath=os.path.abspath("scene.blend"))
os._exit(0)
"""


@pytest.fixture(scope="module")
def made_scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by(MAKE_SCENE, tmp_path_factory.mktemp("scene"), ("paint.png", "oil.png"), 32)


@pytest.fixture
def scene(made_scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A plane in paint.png with a variant that shows oil.png."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made_scene, tmp_path, dirs_exist_ok=True)
    return tmp_path / "scene.blend"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=200)


def mixed(strength: float) -> np.ndarray:
    """What a texture of that strength holds: paint.png and oil.png, mixed in linear light."""
    before, after = (
        decode(np.asarray(Image.open(name)).astype(np.float32) / 255) for name in ("paint.png", "oil.png")
    )
    return encode(before + np.float32(strength) * (after - before))


def test_a_strength_is_kept_in_the_blend(scene: Path) -> None:
    assert run("variants", "scene.blend", "mix", "oil", "0.6", "-o", "mixed.blend").returncode == 0
    line = run("variants", "mixed.blend", "list").stdout
    assert line == "oil: 1 material, shown in 1 slot, strength 0.6\n"
    assert run("variants", "scene.blend", "list").stdout == "oil: 1 material, shown in 1 slot\n"


@pytest.mark.parametrize("kind", ["fbx", "obj"])
def test_a_model_names_one_image_that_holds_the_mix(scene: Path, kind: str) -> None:
    before = scene.read_bytes()
    done = run("variants", "scene.blend", "mix", "oil", "0.6", "-o", f"out/model.{kind}")
    assert (done.returncode, done.stderr) == (0, "")
    assert scene.read_bytes() == before
    (texture,) = Path("out/textures").iterdir()
    assert texture.name == "oil_60.png"
    found = np.asarray(Image.open(texture).convert("RGB")).astype(np.float32) / 255
    assert np.abs(found - mixed(0.6)).max() < 1.5 / 255
    rows = json.loads(run("inspect", f"out/model.{kind}", "--json").stdout)["textures"]
    assert [(row["role"], row["materials"]) for row in rows] == [("base_color", ["Skin"])]
    assert "oil_60" in rows[0]["image"]


def test_a_glb_embeds_the_mix(scene: Path) -> None:
    done = run("variants", "scene.blend", "mix", "oil", "0.25", "-o", "model.glb")
    assert (done.returncode, done.stderr) == (0, "")
    data = Path("model.glb").read_bytes()
    Path("embedded.png").write_bytes(data[data.index(b"\x89PNG") :])
    found = np.asarray(Image.open("embedded.png").convert("RGB")).astype(np.float32) / 255
    assert np.abs(found - mixed(0.25)).max() < 1.5 / 255


def test_an_unknown_variant_is_one_line(scene: Path) -> None:
    done = run("variants", "scene.blend", "mix", "ink", "0.5")
    assert done.returncode == 1
    assert done.stderr == "error: there is no variant 'ink'; this file has: oil\n"
