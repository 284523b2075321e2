"""What a file says of itself: its orientation stays, no text stops the writing, and half a file is none."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from texture_stylizer.descriptions import StyleImage
from texture_stylizer.errors import BadInput
from texture_stylizer.jobs.worker.images import read_image, write_image
from texture_stylizer.jobs.worker.orientation import upright
from texture_stylizer.jobs.worker.sources import read_style


def picture(size: tuple[int, int] = (24, 40)) -> np.ndarray:
    values = np.zeros((*size, 3), dtype=np.uint8)
    values[:8, :8] = 255
    values[-8:, :8, 0] = 200
    return values


def save(path: Path, orientation: int) -> None:
    image = Image.fromarray(picture())
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, **({"lossless": True} if path.suffix == ".webp" else {"quality": 100}))


def as_seen(path: Path) -> np.ndarray:
    return np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB")).astype(np.int16)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_is_what_others_show(tmp_path: Path, orientation: int) -> None:
    save(tmp_path / "a.png", orientation)
    assert np.array_equal(upright(picture(), orientation), as_seen(tmp_path / "a.png"))


@pytest.mark.parametrize("source", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("target", [".jpg", ".png", ".webp", ".tif", ".tga", ".bmp"])
def test_a_turned_picture_is_seen_as_before(tmp_path: Path, source: str, target: str) -> None:
    first, second = tmp_path / f"a{source}", tmp_path / f"b{target}"
    save(first, 6)
    read = read_image(first)
    write_image(second, read, read.color)
    assert np.abs(as_seen(second) - as_seen(first)).mean() < 3


def test_a_turned_style_is_upright(tmp_path: Path) -> None:
    save(tmp_path / "style.jpg", 8)
    style = read_style(StyleImage(str(tmp_path / "style.jpg")), lambda _: None)
    assert np.abs(style * 255 - as_seen(tmp_path / "style.jpg")).max() < 3


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_text_that_is_no_utf_8_does_not_stop_the_writing(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    text = chunk(b"tEXt", b"Author\0J\xfcrgen") + chunk(b"tEXt", b"\xc4rger\0" + b"x")
    (tmp_path / "a.png").write_bytes(data[:33] + text + data[33:])
    read = read_image(tmp_path / "a.png")
    write_image(tmp_path / "b.png", read, read.color)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "b.png")), picture())


def test_a_profile_is_kept_and_leaves_no_text_behind(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(picture()).save(tmp_path / "a.png", icc_profile=profile)
    read = read_image(tmp_path / "a.png")
    write_image(tmp_path / "b.png", read, read.color)
    written = Image.open(tmp_path / "b.png")
    assert written.info["icc_profile"] == profile
    assert not any("ICC" in name for name in written.text)


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_part_of_a_jpeg_is_refused(tmp_path: Path, share: float, options: dict) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg", **options)
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(BadInput, match=r"a\.jpg is damaged"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_an_animation_is_known_as_one(tmp_path: Path, suffix: str) -> None:
    frames = [Image.fromarray(np.roll(picture(), 3 * n, axis=0)) for n in range(3)]
    frames[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=frames[1:], duration=100)
    frames[0].save(tmp_path / f"b{suffix}")
    assert read_image(tmp_path / f"a{suffix}").animated
    assert not read_image(tmp_path / f"b{suffix}").animated
    said: list[str] = []
    read_style(StyleImage(str(tmp_path / f"a{suffix}")), said.append)
    assert "first frame" in said[0]


def test_a_style_that_is_not_finite_is_named(tmp_path: Path) -> None:
    values = np.full((8, 8, 3), np.nan, dtype=np.float32)
    np.save(tmp_path / "style.npy", values)
    with pytest.raises(BadInput, match=r"style\.npy"):
        read_style(StyleImage(str(tmp_path / "style.npy"), encoding="linear"), lambda _: None)


def test_a_name_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "n\udcff.png"
    try:
        Image.fromarray(picture()).save(tmp_path / "a.png")
        (tmp_path / "a.png").rename(path)
    except OSError:
        pytest.skip("this disk takes no such name")
    with pytest.raises(BadInput, match="rename it"):
        read_image(path)
