"""Files come back as they were: values, alpha, depth; and bad ones get one sentence."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from texture_stylizer.engine.color import join_range, split_range
from texture_stylizer.errors import BadInput
from texture_stylizer.jobs.worker.images import picture_from_pixels, read_image, write_image


def pixels(channels: int, kind: type = np.uint8) -> np.ndarray:
    top = np.iinfo(kind).max
    return np.random.default_rng(0).integers(0, top + 1, (37, 53, channels), dtype=kind)


@pytest.mark.parametrize("suffix", [".png", ".tga", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_eight_bit_files_round_trip_exactly(tmp_path: Path, suffix: str, channels: int) -> None:
    source, target = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    Image.fromarray(pixels(channels)).save(source)
    picture = read_image(source)
    write_image(target, picture, picture.color)
    assert np.array_equal(np.asarray(Image.open(target)), pixels(channels))


def test_sixteen_bit_files_round_trip_exactly(tmp_path: Path) -> None:
    first = picture_from_pixels(pixels(3, np.uint16), None, "uint16", linear=False)
    write_image(tmp_path / "a.png", first, first.color)
    again = read_image(tmp_path / "a.png")
    assert again.depth == "uint16"
    assert np.array_equal(np.rint(again.color * 65535), pixels(3, np.uint16))


def test_exr_keeps_values_above_one_and_alpha(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    light, alpha = rng.random((9, 7, 3)).astype(np.float32) * 5, rng.random((9, 7)).astype(np.float32)
    picture = picture_from_pixels(light, alpha, "float", linear=True)
    write_image(tmp_path / "a.exr", picture, split_range(light)[0])
    again = read_image(tmp_path / "a.exr")
    assert again.gain is not None
    assert np.allclose(join_range(again.color, again.gain), light, rtol=1e-4)
    assert np.allclose(again.alpha, alpha)


@pytest.mark.parametrize(("suffix", "copies"), [(".png", 0.5), (".exr", 2.0)])
def test_a_large_file_takes_little_more_memory_than_its_picture(
    tmp_path: Path, suffix: str, copies: float
) -> None:
    values = np.tile(pixels(3), (40, 20, 1)).astype(np.float32) / 100
    picture = picture_from_pixels(values, None, "half" if suffix == ".exr" else "uint8", linear=True)
    path = tmp_path / f"large{suffix}"
    tracemalloc.start()
    try:
        write_image(path, picture, picture.color)
        written = tracemalloc.get_traced_memory()[1]
        again = read_image(path)
        read = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert again.color.shape == values.shape
    # The file's own values, of which OpenImageIO makes a copy, and what some rows take on the way.
    assert written < (copies + 1) * values.nbytes
    # With the colour and, of what is linear, the gain.
    assert read < (copies + 2.2) * values.nbytes


def test_colours_are_texel_by_texel_in_memory(tmp_path: Path) -> None:
    """The engine takes them as they are then: a copy of a large texture is not small."""
    Image.fromarray(pixels(4)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").color.flags.c_contiguous


@pytest.mark.parametrize("content", [b"", b"no image at all"])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "fake.png").write_bytes(content)
    with pytest.raises(BadInput, match=r"fake\.png"):
        read_image(tmp_path / "fake.png")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    picture = picture_from_pixels(pixels(3), None, "uint8", linear=False)
    with pytest.raises(BadInput, match="cannot be written"):
        write_image(tmp_path / "file" / "a.png", picture, picture.color)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
