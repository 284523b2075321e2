"""Image sequences are skipped with a reason, or stylised frame by frame when asked."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from texture_stylizer.scene import find_textures


@pytest.fixture
def sequence(tmp_path: Path) -> bpy.types.Image:
    (tmp_path / "in").mkdir()
    for number in (7, 8, 9):
        pixels = np.random.default_rng(number).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"walk_{number:04d}.png")
    (tmp_path / "in" / "other_0001.png").write_bytes(b"")
    image = bpy.data.images.load(str(tmp_path / "in" / "walk_0007.png"))
    image.source = "SEQUENCE"
    return image


def test_a_sequence_is_skipped_unless_asked_for(sequence, make_material, make_object) -> None:
    (use,) = find_textures([make_object("a", make_material("m", sequence))])
    assert "--frames" in (use.skipped or "")


def test_every_frame_comes_back(sequence, restyle, make_material, make_object, tmp_path: Path) -> None:
    object_ = make_object("a", make_material("m", sequence))
    nodes = object_.material_slots[0].material.node_tree.nodes
    user = next(node for node in nodes if node.type == "TEX_IMAGE").image_user
    user.frame_duration, user.frame_start, user.frame_offset = 3, 5, 6
    restyle(object_, folder=tmp_path / "results", frames=True)
    for number in (7, 8, 9):
        old = np.asarray(Image.open(tmp_path / "in" / f"walk_{number:04d}.png"))
        new = np.asarray(Image.open(tmp_path / "results" / f"walk_oil_{number:04d}.png"))
        assert np.array_equal(old, new)
    node = next(n for n in object_.material_slots[0].material.node_tree.nodes if n.type == "TEX_IMAGE")
    assert node.image.source == "SEQUENCE"
    user = node.image_user
    assert (user.frame_duration, user.frame_start, user.frame_offset) == (3, 5, 6)


def test_a_movie_is_skipped_with_a_reason(make_image, make_material, make_object) -> None:
    image = make_image()
    image.source = "MOVIE"
    (use,) = find_textures([make_object("a", make_material("m", image))])
    assert "movie" in (use.skipped or "")
