"""What the buttons do beyond a plain run: styles out of the file, one material, variants, presets."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import bpy
import pytest
from PIL import Image

import texture_stylizer
from tests.ui.conftest import SAMPLES
from texture_stylizer.scene.variants.find import list_variants

pytestmark = pytest.mark.usefixtures("addon")


@pytest.fixture
def plane(make_painted_plane, tmp_path: Path) -> bpy.types.Object:
    """A plane with two painted materials, in a saved file, and a style to draw it in."""
    object_ = make_painted_plane("wall", "roof")
    bpy.context.preferences.filepaths.use_auto_save_temporary_files = False
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    settings = bpy.context.scene.texture_stylizer
    settings.style_path, settings.quality = str(SAMPLES / "styles" / "mosaic.jpg"), "draft"
    settings.features, settings.iterations = "embedded", 2
    return object_


def shown(object_: bpy.types.Object) -> list[str]:
    return [slot.material.name for slot in object_.material_slots]


def test_a_packed_image_of_the_file_is_the_style(plane: bpy.types.Object) -> None:
    settings = bpy.context.scene.texture_stylizer
    settings.style_path, settings.style_image = "", bpy.data.images["roof image"]
    assert bpy.ops.texture_stylizer.stylize() == {"FINISHED"}
    assert shown(plane) == ["wall [roof image]", "roof [roof image]"]


def test_the_active_material_alone(plane: bpy.types.Object) -> None:
    plane.active_material_index = 1
    assert bpy.ops.texture_stylizer.stylize_material() == {"FINISHED"}
    assert shown(plane) == ["wall", "roof [mosaic]"]
    assert bpy.ops.texture_stylizer.show_variant(name="", only_material=True) == {"FINISHED"}
    assert shown(plane) == ["wall", "roof"]


def test_one_material_goes_back_while_another_stays(plane: bpy.types.Object, add_variant) -> None:
    add_variant(plane, "mosaic")
    plane.active_material_index = 0
    bpy.ops.texture_stylizer.show_variant(name="", only_material=True)
    assert shown(plane) == ["wall", "roof [mosaic]"]
    bpy.ops.texture_stylizer.show_variant(name="mosaic", only_material=True)
    assert shown(plane) == ["wall [mosaic]", "roof [mosaic]"]


def test_purging_removes_what_no_object_shows(plane: bpy.types.Object, add_variant) -> None:
    add_variant(plane, "mosaic")
    add_variant(plane, "second")
    assert sorted(list_variants()) == ["mosaic", "second"]
    assert bpy.ops.texture_stylizer.purge_variants() == {"FINISHED"}
    assert sorted(list_variants()) == ["second"]
    assert bpy.ops.texture_stylizer.purge_variants() == {"CANCELLED"}
    assert shown(plane) == ["wall [second]", "roof [second]"]


def test_results_go_to_the_folder_of_the_file(plane: bpy.types.Object, tmp_path: Path) -> None:
    bpy.ops.texture_stylizer.stylize()
    names = sorted(path.name for path in (tmp_path / "textures").iterdir())
    assert names == ["roof image_mosaic.png", "wall image_mosaic.png"]


def test_a_preset_brings_the_settings_back() -> None:
    settings = bpy.context.scene.texture_stylizer
    settings.quality, settings.content_weight = "high", 0.7
    bpy.ops.texture_stylizer.add_preset(name="strong")
    settings.quality, settings.content_weight = "draft", 0.1
    path = next(
        Path(folder, "strong.py")
        for folder in bpy.utils.preset_paths("texture_stylizer")
        if Path(folder, "strong.py").is_file()
    )
    bpy.ops.script.execute_preset(filepath=str(path), menu_idname="TEXTURE_STYLIZER_PT_presets")
    assert settings.quality == "high"
    assert settings.content_weight == pytest.approx(0.7)
    bpy.ops.texture_stylizer.add_preset(name="strong", remove_name=True)
    assert not path.exists()


def test_a_dropped_file_becomes_the_style(tmp_path: Path) -> None:
    settings = bpy.context.scene.texture_stylizer
    settings.style_image = bpy.data.images.new("old", 4, 4)
    bpy.ops.texture_stylizer.drop_style(filepath=str(tmp_path / "new.png"))
    assert settings.style_path == str(tmp_path / "new.png")
    assert settings.style_image is None


def test_variants_leave_with_the_gltf_export(plane: bpy.types.Object, add_variant, tmp_path: Path) -> None:
    bpy.ops.preferences.addon_enable(module="io_scene_gltf2")
    preferences = bpy.context.preferences.addons["io_scene_gltf2"].preferences
    preferences.KHR_materials_variants_ui = False
    add_variant(plane, "mosaic")
    bpy.ops.texture_stylizer.give_to_gltf()
    assert preferences.KHR_materials_variants_ui
    bpy.ops.texture_stylizer.give_to_gltf()
    path = tmp_path / "model.glb"
    bpy.ops.export_scene.gltf(filepath=str(path))
    data = path.read_bytes()
    model = json.loads(data[20 : 20 + struct.unpack("<I", data[12:16])[0]])
    names = [variant["name"] for variant in model["extensions"]["KHR_materials_variants"]["variants"]]
    assert sorted(names) == ["Original", "mosaic"]
    mappings = model["meshes"][0]["primitives"][0]["extensions"]["KHR_materials_variants"]["mappings"]
    materials = {
        names[variant]: model["materials"][mapping["material"]]["name"]
        for mapping in mappings
        for variant in mapping["variants"]
    }
    assert materials == {"Original": "wall", "mosaic": "wall [mosaic]"}


@pytest.mark.parametrize("kind", ["missing", "empty", "no image", "huge"])
def test_a_bad_style_is_one_sentence(plane: bpy.types.Object, tmp_path: Path, kind: str) -> None:
    style = tmp_path / "style.png"
    if kind == "empty":
        style.write_bytes(b"")
    elif kind == "no image":
        style.write_text("no image at all")
    elif kind == "huge":
        # A header that claims 100,000 x 100,000 pixels, and nothing behind it.
        Image.new("RGB", (4, 4)).save(style)
        data = bytearray(style.read_bytes())
        data[16:24] = struct.pack(">II", 100_000, 100_000)
        style.write_bytes(data)
    bpy.context.scene.texture_stylizer.style_path = str(style)
    with pytest.raises(RuntimeError, match="style") as caught:
        bpy.ops.texture_stylizer.stylize()
    assert "Traceback" not in str(caught.value)
    assert shown(plane) == ["wall", "roof"]
    assert not (tmp_path / "textures").exists()


def test_a_broken_torch_is_one_sentence(
    plane: bpy.types.Object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken" / "torch").mkdir(parents=True)
    (tmp_path / "broken" / "torch" / "__init__.py").write_text("raise OSError('libtorch.so is damaged')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "broken"))
    monkeypatch.setenv("TEXTURE_STYLIZER_PYTHON", sys.executable)
    with pytest.raises(RuntimeError, match="libtorch.so is damaged"):
        bpy.ops.texture_stylizer.stylize()
    assert shown(plane) == ["wall", "roof"]


def test_variants_stay_without_the_add_on(plane: bpy.types.Object, add_variant, tmp_path: Path) -> None:
    add_variant(plane, "mosaic")
    bpy.ops.wm.save_mainfile()
    texture_stylizer.unregister()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"), load_ui=False)
    assert shown(bpy.data.objects["Plane"]) == ["wall [mosaic]", "roof [mosaic]"]
    bpy.ops.wm.save_mainfile()
    texture_stylizer.register()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"), load_ui=False)
    assert sorted(list_variants()) == ["mosaic"]
    assert bpy.context.scene.texture_stylizer.quality == "draft"
    bpy.data.objects["Plane"].select_set(True)
    bpy.ops.texture_stylizer.show_variant(name="")
    assert shown(bpy.data.objects["Plane"]) == ["wall", "roof"]


_QUITTING = """
import os, sys, time
from texture_stylizer.descriptions import Compute, Destination, Job, Source, StyleImage
from texture_stylizer.jobs.client import WorkerClient, private_folder
from texture_stylizer.settings import Settings
style, out = sys.argv[1:]
folder = private_folder()
client = WorkerClient()
client.submit(Job("job", "style", Source(style), Destination(out), (StyleImage(style),),
                  Settings(iterations=100000, max_size=64), Compute("embedded", "cpu", cache=False),
                  str(folder)))
while not any(message["type"] == "progress" for message in client.poll(wait=0.2)):
    pass
print(client.pid, folder, flush=True)
os._exit(0)
"""


def test_the_worker_ends_soon_after_a_quitting_program(tmp_path: Path) -> None:
    python = os.environ.get("TEXTURE_STYLIZER_PYTHON", sys.executable)
    arguments = [python, "-c", _QUITTING, str(SAMPLES / "styles" / "mosaic.jpg"), str(tmp_path / "out.png")]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split()
    left = [Path(f"/proc/{said[0]}"), Path(said[1])]
    deadline = time.monotonic() + 20.0
    # Two seconds on a quiet machine.
    while any(path.exists() for path in left):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # Where bfloat16 may be faster, that was measured and is remembered.
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {"precision.measured"}


def test_making_one_variant_permanent_leaves_the_others(plane: bpy.types.Object, add_variant) -> None:
    add_variant(plane, "mosaic")
    add_variant(plane, "second", "roof")
    assert shown(plane) == ["wall [mosaic]", "roof [second]"]
    bpy.ops.texture_stylizer.keep_variant(name="mosaic")
    assert sorted(list_variants()) == ["second"]
    bpy.ops.texture_stylizer.remove_variant(name="second")
    assert [image.name for image in bpy.data.images if "second" in image.name] == []
    assert shown(plane) == ["wall", "roof (original)"]
