"""Models of the kinds that Blender imports: textures replaced, names and geometry kept."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import made_by

COMMAND = [sys.executable, "-m", "texture_stylizer.cli"]

MAKE_MODELS = """
import os
import bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_monkey_add()
bpy.context.object.name = "Head"
material = bpy.data.materials.new("Skin")
if material.node_tree is None:
    material.use_nodes = True
tree = material.node_tree
node = tree.nodes.new("ShaderNodeTexImage")
node.image = bpy.data.images.load(os.path.abspath("paint.png"))
tree.links.new(node.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
bpy.context.object.data.materials.append(material)
here = os.path.abspath
bpy.ops.export_scene.fbx(filepath=here("a.fbx"), path_mode="RELATIVE")
bpy.ops.wm.obj_export(filepath=here("b.obj"), path_mode="RELATIVE")
bpy.ops.wm.usd_export(filepath=here("c.usdc"))
bpy.ops.export_scene.gltf(filepath=here("d.glb"))
bpy.ops.wm.save_as_mainfile(filepath=here("e.blend"), compress=False)
os._exit(0)
"""


@pytest.fixture(scope="module")
def made_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_by(MAKE_MODELS, tmp_path_factory.mktemp("models"), ("paint.png", "style.png"), 48)


@pytest.fixture
def models(made_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A head in paint.png, as a file of each kind."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made_models, tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=200)


def base_colors(path: str) -> dict[str, tuple[list[str], list[str]]]:
    rows = json.loads(run("inspect", path, "--json").stdout)["textures"]
    return {r["image"]: (r["materials"], r["objects"]) for r in rows if r["role"] == "base_color"}


def test_every_kind_comes_back_with_another_texture(models: Path) -> None:
    fixed = ["--style", "style.png", "--features", "embedded", "--device", "cpu", "--no-cache"]
    before = {path.name: path.read_bytes() for path in models.iterdir() if path.is_file()}
    done = run("stylize", "a.fbx", "b.obj", "c.usdc", "-o", "out", "--iterations", "2", *fixed)
    assert (done.returncode, done.stderr) == (0, "")
    assert {path.name: path.read_bytes() for path in models.iterdir() if path.is_file()} == before
    for name in before:
        if name[0] in "abc" and not name.endswith(".mtl"):
            ((image, (materials, objects)),) = base_colors(f"out/{name}").items()
            assert "paint_style" in image
            assert materials == ["Skin"]
            assert any("Head" in name or "Suzanne" in name for name in objects)


SHOWN = """
import os, sys
import bpy
from pathlib import Path
path = os.path.abspath(sys.argv[1])
if path.endswith(".blend"):
    bpy.ops.wm.open_mainfile(filepath=path)
else:
    bpy.ops.wm.read_homefile(use_empty=True)
    importer = {".fbx": bpy.ops.import_scene.fbx, ".obj": bpy.ops.wm.obj_import}
    importer[path[-4:]](filepath=path)
found = [os.path.normpath(bpy.path.abspath(i.filepath)) for i in bpy.data.images if i.filepath]
print("FOUND", *(file for file in found if file.startswith(str(Path(path).parent))), sep="|")
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize("name", ["e.blend", "e.obj", "e.fbx"])
def test_a_result_in_another_folder_shows_its_own_textures(models: Path, name: str) -> None:
    """One that does not lie below the input's."""
    (models / "here").mkdir()
    for moved in ("e.blend", "paint.png"):
        (models / moved).rename(models / "here" / moved)
    out = models / "there" / name
    options = ["--style", "style.png", "--features", "embedded", "--device", "cpu", "--iterations", "1"]
    done = run("stylize", "here/e.blend", *options, "-o", str(out))
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        [sys.executable, "-c", SHOWN, str(out)], capture_output=True, text=True, timeout=100
    )
    (line,) = [line for line in shown.stdout.splitlines() if line.startswith("FOUND")]
    paths = [Path(path) for path in line.split("|")[1:]]
    assert [path.name for path in paths] == ["paint_style.png"]
    assert paths[0].is_file()


def test_a_glb_can_become_a_blend_with_a_variant(models: Path) -> None:
    fixed = ["--style", "style.png", "--features", "embedded", "--device", "cpu", "--no-cache"]
    done = run("stylize", "d.glb", "-o", "scene.blend", "--iterations", "1", "--variant", "oil", *fixed)
    assert done.returncode == 0, done.stderr
    assert run("variants", "scene.blend", "list").stdout.startswith("oil: 1 material,")


def test_a_broken_model_is_named_in_one_line(models: Path) -> None:
    for name in ("broken.fbx", "broken.usdc", "broken.glb"):
        Path(name).write_bytes(b"nothing at all")
        done = run("inspect", name)
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1
        assert name in done.stderr
