"""bpy images <-> files: what Blender holds, written exactly for the worker; its results, loaded back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from ..descriptions import Depth, Destination, Source
from ..errors import BadInput

_RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}


def write_source(image: Any, path: Path) -> Source:
    """Write an image's pixels as an (H, W, 4) array, top row first, straight alpha.

    Byte images give their stored bytes as uint8; float images give scene-linear float32, their alpha
    multiplication undone. Raises BadInput when Blender has no pixels for the image.
    """
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
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)
    return Source(str(path), "linear" if linear else "display")


def stored_depth(image: Any) -> Depth:
    """The depth of the image's own file."""
    if not image.is_float:
        return "uint8"
    if image.file_format in ("PNG", "TIFF"):
        return "uint16"
    return "half" if image.use_half_precision else "float"


def destination_in(folder: Path, image: Any, variant: str, taken: set[Path]) -> Destination:
    """A new file for the stylised copy: the image's and the variant's name, never an existing file."""
    depth = stored_depth(image)
    suffix = ".exr" if depth in ("half", "float") else ".png"
    stem = safe_file_name(f"{Path(image.name).stem}_{variant}")
    path, number = folder / f"{stem}{suffix}", 1
    while path.exists() or path in taken:
        path = folder / f"{stem}_{number:03d}{suffix}"
        number += 1
    taken.add(path)
    return Destination(str(path), depth)


def safe_file_name(name: str) -> str:
    """`name` with what no file system takes replaced; at most 80 characters."""
    cleaned = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", name).strip(" .")[:80] or "texture"
    return f"_{cleaned}" if cleaned.lower().split(".")[0] in _RESERVED else cleaned


def load_result(path: Path, original: Any, *, pack: bool) -> Any:
    """Load a stylised file as a new image with the original's colour space and alpha mode.

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
    space = original.colorspace_settings.name
    if original.is_float and path.suffix == ".png":
        space = "sRGB" if space != "Non-Color" else space
    elif original.is_float and space != "Non-Color":
        space = image.colorspace_settings.name
    image.colorspace_settings.name = space
    image.alpha_mode = original.alpha_mode if not original.is_float else image.alpha_mode
    return image


def textures_folder() -> Path | None:
    """`//textures/` beside the .blend; None while the .blend has no folder."""
    return Path(bpy.data.filepath).parent / "textures" if bpy.data.filepath else None
