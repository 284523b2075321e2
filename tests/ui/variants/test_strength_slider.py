"""The slider of a variant's strength, and what Blender's own glTF export makes of it."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from tests.ui.drawn import Layout
from texture_stylizer.scene.materials.records import strength_of
from texture_stylizer.scene.variants.find import list_variants
from texture_stylizer.srgb import decode, encode
from texture_stylizer.ui.variants.variant_list import draw_variants

pytestmark = pytest.mark.usefixtures("addon")


def slide(strength: float) -> None:
    """Move the slider of the active object's material, as one step."""
    path = "object.active_material.texture_stylizer_strength"
    bpy.ops.wm.context_set_float("EXEC_DEFAULT", True, data_path=path, value=strength)


def base_color(path: Path) -> np.ndarray:
    """The base colour texture of a .glb's first material, (H, W, 4)."""
    data = path.read_bytes()
    length = struct.unpack("<I", data[12:16])[0]
    model, binary = json.loads(data[20 : 20 + length]), data[28 + length :]
    texture = model["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    view = model["bufferViews"][model["images"][model["textures"][texture]["source"]]["bufferView"]]
    start = view.get("byteOffset", 0)
    return np.asarray(Image.open(io.BytesIO(binary[start : start + view["byteLength"]])).convert("RGBA"))


def test_the_slider_moves_the_whole_variant(make_painted_plane, add_variant) -> None:
    plane = make_painted_plane("wall", "roof")
    add_variant(plane, "oil")
    slide(0.25)
    assert [strength_of(copy) for copy in list_variants()["oil"]] == [0.25, 0.25]
    assert plane.active_material.texture_stylizer_strength == 0.25


def test_one_undo_takes_a_change_back(make_painted_plane, add_variant) -> None:
    add_variant(make_painted_plane("wall"), "oil")
    nodes = len(bpy.context.object.active_material.node_tree.nodes)
    bpy.ops.ed.undo_push(message="before")
    slide(0.25)
    bpy.ops.ed.undo()
    assert bpy.context.object.active_material.texture_stylizer_strength == 1.0
    assert len(bpy.context.object.active_material.node_tree.nodes) == nodes
    bpy.ops.ed.redo()
    assert bpy.context.object.active_material.texture_stylizer_strength == 0.25
    assert len(bpy.context.object.active_material.node_tree.nodes) == nodes + 2


def test_blenders_gltf_export_carries_the_mix(make_painted_plane, add_variant, tmp_path: Path) -> None:
    bpy.ops.preferences.addon_enable(module="io_scene_gltf2")
    # The exporter asks the add-ons that the preferences list.
    bpy.context.preferences.addons.new().module = "texture_stylizer"
    add_variant(make_painted_plane("wall"), "oil")
    seen = {}
    for strength in (0.0, 1.0, 0.25):
        slide(strength)
        bpy.ops.export_scene.gltf(filepath=str(tmp_path / "a.glb"))
        seen[strength] = base_color(tmp_path / "a.glb") / np.float32(255)
    bpy.context.preferences.addons.remove(bpy.context.preferences.addons["texture_stylizer"])
    linear = 0.75 * decode(seen[0.0][..., :3]) + 0.25 * decode(seen[1.0][..., :3])
    assert np.abs(seen[0.0] - seen[1.0]).max() > 0.02
    assert np.abs(encode(linear) - seen[0.25][..., :3]).max() < 1.5 / 255
    assert strength_of(bpy.context.object.active_material) == 0.25
    kinds = [node.bl_idname for node in bpy.context.object.active_material.node_tree.nodes]
    assert kinds.count("ShaderNodeMix") == 1
    assert len(bpy.data.images) == 2


def said_of_variants() -> str:
    """All that the list of variants says."""
    layout = Layout()
    draw_variants(layout, bpy.context, list_variants())
    return " ".join(layout.texts())


def test_the_panel_says_which_exports_lose_a_mix(make_painted_plane, add_variant) -> None:
    add_variant(make_painted_plane("wall"), "oil")
    assert "FBX" not in said_of_variants()
    slide(0.5)
    assert "FBX, OBJ and USD exports lose" in said_of_variants()
