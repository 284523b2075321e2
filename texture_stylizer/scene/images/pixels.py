"""bpy images <-> files: what Blender holds, written exactly for the worker; its results, loaded back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ...descriptions import Depth, Destination, Source
from ...errors import BadInput
from .new_files import ResultFiles

# The file formats that results keep, by bpy.types.Image.file_format; all others become PNG or EXR.
_SUFFIX_OF_FORMAT = {
    "PNG": ".png",
    "TARGA": ".tga",
    "TARGA_RAW": ".tga",
    "TIFF": ".tif",
    "BMP": ".bmp",
    "WEBP": ".webp",
    "JPEG": ".jpg",
    "OPEN_EXR": ".exr",
    "HDR": ".hdr",
}
RESULT_SUFFIXES = (*dict.fromkeys(_SUFFIX_OF_FORMAT.values()), ".jpeg", ".tiff")
"""Suffixes of files that results keep when a source is read as a file."""

# Those whose float files the worker reads itself: Blender gives decoded values, without the file's depth.
_READ_BY_WORKER = ("PNG", "TIFF", "OPEN_EXR", "HDR")
# Byte files in which the worker finds the very bytes that Blender holds: the window need not wait.
_SAME_BYTES = ("PNG", "JPEG")


def write_source(image: Any, path: Path) -> Source:
    """Write an image's pixels for the worker; `path` without its suffix.

    An unchanged PNG or JPEG, and any float image from a file, gives that file. Other byte images give their
    stored bytes as a uint8 array, (H, W, 3) or (H, W, 4), top row first, straight alpha; other float images
    scene-linear float32 with the alpha multiplication undone.

    Raises BadInput when Blender has no pixels for the image.
    """
    encoded = _encoded_file(image, path)
    if encoded is not None:
        return Source(str(encoded))
    # Imported late: the panels need this module, and must not wait for numpy.
    import numpy as np

    width, height = image.size
    flat = np.empty(width * height * 4, dtype=np.float32)
    if flat.size == 0 or len(image.pixels) != flat.size:
        raise BadInput(f"the image {image.name} has no pixels; reload it or find its file")
    image.pixels.foreach_get(flat)
    array = flat.reshape(height, width, 4)[::-1]
    linear = image.is_float and image.colorspace_settings.name != "Non-Color"
    if image.is_float:
        if linear:
            alpha = array[..., 3:]
            array = np.concatenate([array[..., :3] / np.where(alpha > 0, alpha, 1.0), alpha], axis=-1)
    else:
        array = np.rint(array * 255.0).astype(np.uint8)
        if image.depth in (8, 24):
            array = array[..., :3]
    path = path.with_suffix(".npy")
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)
    return Source(str(path), "linear" if linear else "display")


def _encoded_file(image: Any, path: Path) -> Path | None:
    """The file behind an unchanged image: its own, or the packed bytes written to `path`."""
    if image.is_dirty or image.source != "FILE" or len(image.packed_files) > 1:
        return None
    if image.file_format not in (_READ_BY_WORKER if image.is_float else _SAME_BYTES):
        return None
    if not image.is_float and image.alpha_mode not in ("STRAIGHT", "CHANNEL_PACKED"):
        return None
    suffix = _SUFFIX_OF_FORMAT[image.file_format]
    if image.packed_file is not None:
        path = path.with_suffix(suffix)
        path.write_bytes(image.packed_file.data)
        return path
    found = file_path(image)
    same = (suffix, ".jpeg") if suffix == ".jpg" else (suffix,)
    return found if found.suffix.lower() in same and found.is_file() else None


def packed_suffix(image: Any) -> str:
    """The suffix of an image's own format, or "" for one that is not known."""
    return _SUFFIX_OF_FORMAT.get(image.file_format, "")


def file_path(image: Any) -> Path:
    """Where Blender looks for an image's file."""
    return Path(bpy.path.abspath(image.filepath, library=image.library))


def stored_depth(image: Any) -> Depth | None:
    """The depth for the result; None keeps that of the file which the worker reads."""
    if not image.is_float:
        return "uint8"
    if image.source == "FILE" and not image.is_dirty and image.file_format in _READ_BY_WORKER:
        return None
    return "half" if image.use_half_precision else "float"


def result_suffix(image: Any, *, keep_jpeg: bool) -> str:
    """The suffix of the stylised copy: the image's own format where that keeps what it holds."""
    suffix = _SUFFIX_OF_FORMAT.get(image.file_format, "")
    if image.source == "GENERATED" or (image.is_float and image.is_dirty):
        suffix = ""
    if image.is_float:
        return suffix if suffix in (".png", ".tif", ".exr", ".hdr") else ".exr"
    if suffix == ".jpg" and not keep_jpeg:
        return ".png"
    # Blender reads no alpha from these, and float formats cannot hold bytes.
    if suffix in (".exr", ".hdr", "") or (suffix == ".bmp" and image.depth == 32):
        return ".png"
    return suffix


def kept_suffix(file: Path, files: ResultFiles) -> str:
    """The suffix of the result for a file that the worker reads: its own, where results keep that."""
    suffix = file.suffix.lower()
    kept = suffix in RESULT_SUFFIXES and (files.keep_jpeg or suffix not in (".jpg", ".jpeg"))
    return suffix if kept else ".png"


def destination_in(image: Any, files: ResultFiles) -> Destination:
    """A new file for the stylised copy: the image's and the variant's name, never an existing file."""
    suffix = result_suffix(image, keep_jpeg=files.keep_jpeg)
    path = files.new.free_path(f"{Path(image.name).stem}_{files.variant}", suffix)
    return Destination(str(path), stored_depth(image), replace=False)


def load_result(path: Path, original: Any | None, *, pack: bool) -> Any:
    """Load a stylised file as a new image, with the colour space and alpha mode of its original if any.

    With `pack` the bytes go into the .blend, and the file may be deleted.
    """
    if pack:
        image = bpy.data.images.new(path.stem, 1, 1, alpha=True)
        data = path.read_bytes()
        image.pack(data=data, data_len=len(data))
        image.source = "FILE"
    else:
        image = bpy.data.images.load(str(path), check_existing=False)
        if bpy.data.filepath:
            image.filepath = bpy.path.relpath(str(path))
    image.name = path.stem
    if original is not None:
        take_over(original, image, path.suffix)
    return image


def take_over(original: Any, image: Any, suffix: str) -> None:
    """Give a stylised copy the original's colour space and alpha mode."""
    space = original.colorspace_settings.name
    if original.is_float and suffix == ".exr" and original.file_format != "OPEN_EXR":
        # The worker writes such files scene-linear, whatever the original's own encoding was.
        space = image.colorspace_settings.name if space != "Non-Color" else space
    image.colorspace_settings.name = space
    image.alpha_mode = original.alpha_mode


def textures_folder() -> Path | None:
    """`//textures/` beside the .blend; None while the .blend has no folder."""
    return Path(bpy.data.filepath).parent / "textures" if bpy.data.filepath else None
