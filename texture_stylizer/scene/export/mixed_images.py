"""A restyled image mixed with its original, as a new image: what exporters take, which know no Mix nodes.

The mixing is that of the Mix node, in linear light. Kept as the original is: bytes as PNG, 16-bit files as
16-bit PNG, high range as EXR; all packed into the file.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ...errors import BadInput
from ...srgb import decode, encode
from ..images.udim import load_tiles, tile_path

_ALPHA_MODES = ("STRAIGHT", "CHANNEL_PACKED", "NONE")
_HIGH_RANGE = ("OPEN_EXR", "OPEN_EXR_MULTILAYER", "HDR")


def mixed_image(original: Any, restyled: Any, strength: float) -> Any:
    """A new packed image: `strength` of the restyled image, the rest of its original; the restyled's alpha.

    Raises BadInput where one of them has no pixels, or is a sequence.
    """
    if restyled.source == "SEQUENCE":
        raise BadInput(f"{restyled.name} is a sequence, which cannot be mixed into one image")
    if restyled.source == "TILED":
        return _mixed_tiles(original, restyled, strength)
    return _mixed(original, restyled, strength, f"{Path(restyled.name).stem}_{round(strength * 100)}")


def image_of_pixels(pixels: NDArray[np.uint8], name: str) -> Any:
    """A new packed sRGB image of display-encoded bytes, (H, W, 4), top row first."""
    values = pixels[::-1].astype(np.float32) / 255.0
    image = bpy.data.images.new(name, pixels.shape[1], pixels.shape[0], alpha=True)
    image.pixels.foreach_set(values.ravel())
    image.pack()
    return image


def _mixed(original: Any, restyled: Any, strength: float, name: str) -> Any:
    values = _mixed_values(_values(original, restyled), _values(restyled, restyled), strength, restyled)
    width, height = restyled.size
    has_alpha = restyled.depth not in (8, 24)
    image = bpy.data.images.new(name, width, height, alpha=has_alpha, float_buffer=restyled.is_float)
    space = restyled.colorspace_settings.name
    if not restyled.is_float or space == "Non-Color":
        # Before the pixels, which it would drop.
        image.colorspace_settings.name = space
        image.alpha_mode = restyled.alpha_mode if restyled.alpha_mode in _ALPHA_MODES else "STRAIGHT"
    image.pixels.foreach_set(np.ascontiguousarray(values, dtype=np.float32).ravel())
    if restyled.is_float and restyled.file_format not in _HIGH_RANGE:
        return _as_16_bit(image)
    image.pack()
    return image


def _mixed_values(
    before: NDArray[np.float32], after: NDArray[np.float32], strength: float, like: Any
) -> NDArray[np.float32]:
    if like.is_float or not _is_encoded(like):
        values = before + strength * (after - before)
    else:
        linear = decode(before)
        values = encode((linear + strength * (decode(after) - linear)).astype(np.float32))
    values[..., 3] = after[..., 3]
    return values.astype(np.float32, copy=False)


def _values(image: Any, like: Any) -> NDArray[np.float32]:
    """(H, W, 4) as Blender holds them, at the size of another image. Raises BadInput when there are none."""
    if not image.size[0] or image.is_float != like.is_float:
        raise BadInput(f"the image {image.name} has no pixels that {like.name} can be mixed with")
    scaled = None
    if tuple(image.size) != tuple(like.size):
        scaled = image.copy()
        scaled.scale(*like.size)
    flat = np.empty(like.size[0] * like.size[1] * 4, dtype=np.float32)
    (scaled or image).pixels.foreach_get(flat)
    if scaled is not None:
        bpy.data.images.remove(scaled)
    return flat.reshape(like.size[1], like.size[0], 4)


def _is_encoded(image: Any) -> bool:
    """Whether an image's bytes are on a curve like sRGB's; the primaries of linear ones do not matter."""
    space = image.colorspace_settings.name
    return not space.startswith(("Non-Color", "Linear", "ACEScg", "ACES2065", "scene_linear"))


def _as_16_bit(image: Any) -> Any:
    """A float image packed as 16-bit PNG: sRGB-encoded, or raw for data."""
    space = "Non-Color" if image.colorspace_settings.name == "Non-Color" else "sRGB"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mixed.png"
        image.filepath_raw, image.file_format = str(path), "PNG"
        image.save()
        data = path.read_bytes()
    packed = bpy.data.images.new(image.name, 1, 1, alpha=True)
    packed.pack(data=data, data_len=len(data))
    packed.source = "FILE"
    packed.colorspace_settings.name = space
    name = image.name
    bpy.data.images.remove(image)
    packed.name = name
    return packed


def _mixed_tiles(original: Any, restyled: Any, strength: float) -> Any:
    name = f"{Path(restyled.name).stem}_{round(strength * 100)}"
    with TemporaryDirectory() as folder:
        pattern = Path(folder) / f"{name}.<UDIM>.png"
        for tile in restyled.tiles:
            before, after = _tile(original, tile.number), _tile(restyled, tile.number)
            try:
                made = _mixed(before, after, strength, name)
            finally:
                for image in (before, after):
                    bpy.data.images.remove(image)
            path = Path(str(pattern).replace("<UDIM>", str(tile.number)))
            path.write_bytes(made.packed_files[0].packed_file.data)
            bpy.data.images.remove(made)
        return load_tiles(pattern, restyled, pack=True)


def _tile(image: Any, number: int) -> Any:
    """One tile of an image as an image of its own. Raises BadInput when it has no file."""
    packed = {found.tile_number: found.packed_file.data for found in image.packed_files}
    path = tile_path(image, number)
    if number in packed:
        tile = bpy.data.images.new("tile", 1, 1, alpha=True)
        tile.pack(data=packed[number], data_len=len(packed[number]))
        tile.source = "FILE"
    elif path.is_file():
        tile = bpy.data.images.load(str(path), check_existing=False)
    else:
        raise BadInput(f"the tile {number} of {image.name} is not at {path}")
    tile.colorspace_settings.name = image.colorspace_settings.name
    tile.alpha_mode = image.alpha_mode
    return tile
