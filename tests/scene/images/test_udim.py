"""A UDIM set is stylised as one surface and written as one tiled image."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from texture_stylizer.settings import Settings


def tiled_image(folder: Path, sizes: dict[int, tuple[int, int]], *, pack: bool = False) -> bpy.types.Image:
    folder.mkdir(exist_ok=True)
    for number, size in sizes.items():
        pixels = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"wall.{number}.png")
    first = min(sizes)
    image = bpy.data.images.load(str(folder / f"wall.{first}.png"))
    image.source = "TILED"
    if pack:
        image.pack()
    return image


@pytest.mark.parametrize("pack", [False, True])
def test_every_tile_comes_back(restyle, make_material, make_object, tmp_path: Path, pack) -> None:
    sizes = {1001: (24, 24), 1002: (24, 24), 1011: (12, 12)}
    image = tiled_image(tmp_path / "in", sizes, pack=pack)
    object_ = make_object("a", make_material("m", image))
    restyle(object_, folder=tmp_path / "results")
    material = object_.material_slots[0].material
    copy = next(node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE")
    assert copy.source == "TILED"
    assert {tile.number: tuple(tile.size) for tile in copy.tiles} == sizes
    for number in sizes:
        old = np.asarray(Image.open(tmp_path / "in" / f"wall.{number}.png"))
        new = np.asarray(Image.open(tmp_path / "results" / f"wall_oil.{number}.png"))
        assert np.array_equal(old, new)


def test_a_file_without_a_folder_gets_the_tiles_packed(restyle, make_material, make_object, tmp_path) -> None:
    image = tiled_image(tmp_path / "in", {1001: (24, 24), 1002: (24, 24)})
    object_ = make_object("a", make_material("m", image))
    restyle(object_, settings=Settings(iterations=2))
    material = object_.material_slots[0].material
    copy = next(node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE")
    assert [packed.tile_number for packed in copy.packed_files] == [1001, 1002]
    name = copy.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert len(bpy.data.images[name].pixels) == 24 * 24 * 4


def test_one_tile_missing_on_disk_is_left_out(restyle, make_material, make_object, tmp_path: Path) -> None:
    image = tiled_image(tmp_path / "in", {1001: (24, 24), 1002: (24, 24)})
    (tmp_path / "in" / "wall.1002.png").unlink()
    restyle(make_object("a", make_material("m", image)), folder=tmp_path / "results")
    assert [file.name for file in (tmp_path / "results").iterdir()] == ["wall_oil.1001.png"]
