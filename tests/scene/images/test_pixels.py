"""An unstylised pass gives back what each kind of image holds, in its own format and depth."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import OpenImageIO as oiio
import pytest

RNG = np.random.default_rng(3)


def write(path: Path, pixels: np.ndarray, kind: str, **attributes: object) -> Path:
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, kind)
    for name, value in attributes.items():
        spec.attribute(name.replace("__", ":"), value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(pixels)
    output.close()
    return path


def stored(path: Path) -> tuple[np.ndarray, str]:
    found = oiio.ImageInput.open(str(path))
    spec = found.spec()
    pixels = np.asarray(found.read_image(0, 0, 0, spec.nchannels, str(spec.format)))
    found.close()
    return pixels.reshape(spec.height, spec.width, spec.nchannels), str(spec.format)


def result_of(image: bpy.types.Image) -> bpy.types.Image:
    return next(i for i in bpy.data.images if i.name.startswith(Path(image.name).stem + "_oil"))


def blender_pixels(image: bpy.types.Image) -> np.ndarray:
    values = np.empty(len(image.pixels), dtype=np.float32)
    image.pixels.foreach_get(values)
    return values


@pytest.fixture
def roundtrip(restyle, make_material, make_object, tmp_path: Path):
    """Load a file, restyle it with no iterations, and give (original image, its copy, the copy's file)."""

    def run(path: Path, *, pack: bool = False, **options):
        image = bpy.data.images.load(str(path))
        if pack:
            image.pack()
        object_ = make_object("a", make_material("m", image))
        restyle(object_, folder=tmp_path / "results", **options)
        (file,) = (tmp_path / "results").iterdir()
        return image, result_of(image), file

    return run


BYTE_FILES = [
    (suffix, channels, pack)
    for suffix in (".png", ".tga", ".tif", ".bmp", ".webp")
    for channels, pack in ((1, False), (3, False), (4, False), (4, True))
    if (suffix, channels) != (".webp", 1)
]


@pytest.mark.parametrize(("suffix", "channels", "pack"), BYTE_FILES)
def test_byte_formats_keep_every_byte(roundtrip, tmp_path: Path, suffix, channels, pack) -> None:
    pixels = RNG.integers(0, 256, (19, 33, channels), dtype=np.uint8)
    attributes = {"oiio__UnassociatedAlpha": 1} if channels == 4 else {}
    if suffix == ".webp":
        attributes["Compression"] = "lossless:100"
    path = write(tmp_path / f"in{suffix}", pixels, "uint8", **attributes)
    image, copy, file = roundtrip(path, pack=pack)
    assert np.array_equal(blender_pixels(copy), blender_pixels(image))
    assert copy.colorspace_settings.name == image.colorspace_settings.name
    assert file.suffix == (".png" if suffix == ".bmp" and image.depth == 32 else suffix)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_16_bit_png_stays_one(roundtrip, tmp_path: Path, channels) -> None:
    pixels = RNG.integers(0, 65536, (19, 33, channels), dtype=np.uint16)
    attributes = {"oiio__UnassociatedAlpha": 1} if channels == 4 else {}
    path = write(tmp_path / "in.png", pixels, "uint16", **attributes)
    image, copy, file = roundtrip(path, pack=True)
    found, kind = stored(file)
    assert kind == "uint16"
    assert np.array_equal(blender_pixels(copy), blender_pixels(image))
    if channels == 3:
        assert np.array_equal(found, pixels)


@pytest.mark.parametrize("kind", ["half", "float"])
@pytest.mark.parametrize("space", ["Linear Rec.709", "ACEScg", "Non-Color"])
def test_an_exr_keeps_depth_range_and_colour_space(roundtrip, tmp_path: Path, kind, space) -> None:
    if space not in bpy.types.ColorManagedInputColorspaceSettings.bl_rna.properties["name"].enum_items:
        pytest.skip("this Blender has no such colour space")
    pixels = (RNG.random((19, 33, 3)) * 4).astype(np.float32)
    path = write(tmp_path / "in.exr", pixels, kind)
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = space
    _, copy, file = roundtrip(path)
    found, found_kind = stored(file)
    assert found_kind == kind
    np.testing.assert_allclose(found, pixels, rtol=2e-3 if kind == "half" else 1e-5, atol=1e-6)
    del copy


def test_an_hdr_keeps_its_range(roundtrip, tmp_path: Path) -> None:
    pixels = (RNG.random((19, 33, 3)) * 9).astype(np.float32)
    image, copy, file = roundtrip(write(tmp_path / "in.hdr", pixels, "float"))
    assert file.suffix == ".hdr"
    np.testing.assert_allclose(blender_pixels(copy), blender_pixels(image), atol=9 / 128)


@pytest.mark.parametrize("keep", [False, True])
def test_a_jpeg_becomes_png_or_stays_as_asked(roundtrip, tmp_path: Path, keep) -> None:
    ramp = np.linspace(0, 255, 33, dtype=np.uint8)[None, :, None].repeat(19, 0).repeat(3, 2)
    image, copy, file = roundtrip(write(tmp_path / "in.jpg", ramp, "uint8"), keep_jpeg=keep)
    assert file.suffix == (".jpg" if keep else ".png")
    np.testing.assert_allclose(blender_pixels(copy), blender_pixels(image), atol=4 / 255 if keep else 0)


def test_unsaved_paint_is_what_gets_stylised(restyle, make_material, make_object, tmp_path: Path) -> None:
    path = write(tmp_path / "in.png", np.zeros((8, 8, 3), dtype=np.uint8), "uint8")
    image = bpy.data.images.load(str(path))
    image.pixels.foreach_set(np.full(8 * 8 * 4, 1.0, dtype=np.float32))
    restyle(make_object("a", make_material("m", image)), folder=tmp_path / "results")
    assert blender_pixels(result_of(image)).min() == 1.0


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (2, 3)])
def test_tiny_and_thin_images(restyle, make_material, make_object, tmp_path: Path, size) -> None:
    from texture_stylizer.settings import Settings

    pixels = RNG.integers(0, 256, (*size, 3), dtype=np.uint8)
    image = bpy.data.images.load(str(write(tmp_path / "in.png", pixels, "uint8")))
    restyle(make_object("a", make_material("m", image)), settings=Settings(iterations=2))
    assert tuple(result_of(image).size) == (size[1], size[0])


@pytest.mark.parametrize("name", ["CON", "a/b\\c:d", "ß…漢字", "x" * 63, "two.dots.png", " . "])
def test_names_that_files_cannot_have(
    restyle, make_image, make_material, make_object, tmp_path, name
) -> None:
    object_ = make_object("a", make_material("m", make_image(name)))
    restyle(object_, folder=tmp_path / "results", variant="oil")
    (file,) = (tmp_path / "results").iterdir()
    assert file.suffix == ".png"
    assert len(object_.material_slots[0].material.node_tree.nodes) == 3
