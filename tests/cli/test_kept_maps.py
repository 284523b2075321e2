"""Maps that are not restyled arrive with the model, whatever kind it becomes; missing ones are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import bpy
import pytest

from tests.gltf.models import encoded
from texture_stylizer.cli import main

Run = Callable[..., int]
MAPS = {"base": "Base Color", "rough": "Roughness", "metal": "Metallic"}


@pytest.fixture
def stylize(tmp_path: Path) -> Run:
    style = tmp_path / "style.png"
    style.write_bytes(encoded(9, size=(40, 40)))

    def run(source: Path, target: Path) -> int:
        fixed = [
            "--iterations",
            "0",
            "--features",
            "embedded",
            "--device",
            "cpu",
            "--no-cache",
            "--variant",
            "oil",
        ]
        return main(["stylize", str(source), "--style", str(style), "-o", str(target), *fixed])

    return run


def scene(folder: Path, *, packed: bool, extra: bool = False) -> Path:
    """A cube with three maps, saved as a .blend."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.mesh.primitive_cube_add()
    material = bpy.data.materials.new("m")
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    shader = next(n for n in tree.nodes if n.type == "BSDF_PRINCIPLED")
    (folder / "maps").mkdir(parents=True, exist_ok=True)
    for number, (name, socket) in enumerate(MAPS.items()):
        (folder / "maps" / f"{name}.png").write_bytes(encoded(number, size=(32, 32)))
        image = bpy.data.images.load(str(folder / "maps" / f"{name}.png"))
        if packed:
            image.pack()
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        tree.links.new(node.outputs["Color"], shader.inputs[socket])
    bpy.context.object.data.materials.append(material)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    if packed:
        for name in MAPS:
            (folder / "maps" / f"{name}.png").unlink()
    return folder / "scene.blend"


def images_in(path: Path) -> dict[str, tuple[Path, tuple[int, int]]]:
    """What a model's importer finds: file and size by name."""
    from texture_stylizer.commands.blender_process.open_and_save import load_scene

    load_scene(path)
    return {i.name: (Path(bpy.path.abspath(i.filepath)), tuple(i.size)) for i in bpy.data.images if i.users}


@pytest.mark.parametrize("kind", [".fbx", ".obj"])
@pytest.mark.parametrize("packed", [True, False])
def test_all_maps_arrive_beside_the_model(stylize: Run, tmp_path: Path, kind: str, packed: bool) -> None:
    source = scene(tmp_path / "in", packed=packed)
    assert stylize(source, tmp_path / "out" / f"m{kind}") == 0
    found = images_in(tmp_path / "out" / f"m{kind}")
    assert len(found) == 3
    for path, size in found.values():
        assert path.resolve().is_relative_to(tmp_path / "out")
        assert size == (32, 32)
    for number, name in enumerate(MAPS):
        if name != "base":
            assert (tmp_path / "out" / "textures" / f"{name}.png").read_bytes() == encoded(
                number, size=(32, 32)
            )


def test_an_existing_texture_in_the_folder_is_left_alone(stylize: Run, tmp_path: Path) -> None:
    source = scene(tmp_path / "in", packed=True)
    (tmp_path / "out" / "textures").mkdir(parents=True)
    (tmp_path / "out" / "textures" / "rough.png").write_bytes(b"mine")
    assert stylize(source, tmp_path / "out" / "m.obj") == 0
    assert (tmp_path / "out" / "textures" / "rough.png").read_bytes() == b"mine"
    assert (tmp_path / "out" / "textures" / "rough_001.png").read_bytes() == encoded(1, size=(32, 32))


@pytest.mark.parametrize("kind", [".fbx", ".obj"])
def test_textures_are_looked_for_beside_a_model_by_name(stylize: Run, tmp_path: Path, kind: str) -> None:
    model = tmp_path / "out" / f"m{kind}"
    assert stylize(scene(tmp_path / "in", packed=True), model) == 0
    (tmp_path / "out" / "textures").rename(tmp_path / "gone")
    moved = tmp_path / "moved"
    (moved / "Maps").mkdir(parents=True)
    for path in (tmp_path / "out").iterdir():
        path.rename(moved / path.name)
    (moved / "Maps" / "ROUGH.PNG").write_bytes(encoded(1, size=(32, 32)))
    (moved / "base_oil.png").write_bytes(encoded(0, size=(32, 32)))
    found = images_in(moved / f"m{kind}")
    sizes = {name.partition(".")[0]: size for name, (_, size) in found.items()}
    assert sizes == {"base_oil": (32, 32), "rough": (32, 32), "metal": (0, 0)}


@pytest.mark.parametrize("kind", [".fbx", ".obj"])
def test_a_missing_texture_is_named(stylize: Run, tmp_path: Path, capsys, kind: str) -> None:
    model = tmp_path / "out" / f"m{kind}"
    assert stylize(scene(tmp_path / "in", packed=True), model) == 0
    (tmp_path / "out" / "textures" / "base_oil.png").unlink()
    (tmp_path / "out" / "textures" / "rough.png").unlink()
    capsys.readouterr()
    assert main(["inspect", str(model), "--json"]) == 0
    rows = {row["role"]: row for row in json.loads(capsys.readouterr().out)["textures"]}
    assert "base_oil.png is missing" in rows["base_color"]["skipped"]
    assert stylize(model, tmp_path / "again.obj") == 1
    assert "base_oil.png is missing" in capsys.readouterr().err
    assert not (tmp_path / "again.obj").exists()
