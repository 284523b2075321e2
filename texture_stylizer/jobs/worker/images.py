"""Image files <-> arrays, through OpenImageIO: every depth and format, alpha straight, written whole."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
from numpy.typing import NDArray
from PIL import Image

from ...descriptions import Depth
from ...engine.color import join_range, split_range
from ...errors import BadInput
from ...srgb import Array, by_rows, decode, encode
from ...whole_file import give_free_name, temporary_beside
from .orientation import HELD_BY, UPRIGHT, orientation_of, upright, write_webp

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".tga", ".bmp", ".webp", ".exr", ".hdr")
JPEG_QUALITY = 95

# Formats whose values are scene-linear light, by their specification.
_LINEAR_SUFFIXES = (".exr", ".hdr")
_WITHOUT_ALPHA = (".jpg", ".jpeg", ".hdr")
_DEPTHS: dict[str, tuple[Depth, ...]] = {
    ".png": ("uint8", "uint16"),
    ".tif": ("uint8", "uint16", "half", "float"),
    ".tiff": ("uint8", "uint16", "half", "float"),
    ".exr": ("half", "float"),
    ".hdr": ("float",),
}
# What describes the old file's storage must not be said of the new one, and a profile speaks for itself.
_OF_THE_OLD_FILE = ("oiio:", "tiff:", "png:", "openexr:", "jpeg:", "ICCProfile:", "Orientation")
_ROWS_CHECKED = 256
_LARGEST = {"uint8": 255, "uint16": 65535}


@dataclass(frozen=True)
class Picture:
    """An image in the form the engine takes, and what is needed to write it back as it was.

    color: (H, W, 3) float32, display-encoded [0, 1]. gain: (H, W, 1), at least 1, or None: what linear
    values above 1 were divided by. alpha: (H, W), straight, of the file's own type, or None.
    metadata: the file's own attributes, such as its colour profile. orientation: as EXIF counts it, from 1;
    the pixels are as they are stored. animated: the file has more frames than this one. stored: (H, W, 3),
    the values of a float file as they stand in it, or None.
    """

    color: Array
    gain: Array | None
    alpha: NDArray[Any] | None
    depth: Depth
    metadata: oiio.ImageSpec | None = None
    orientation: int = UPRIGHT
    animated: bool = False
    stored: Array | None = None

    @property
    def linear(self) -> bool:
        return self.gain is not None


@dataclass(frozen=True)
class Kept:
    """What stays of a picture: where `mask`, (H, W) in [0, 1], is 0 its stored values do, bit for bit, and
    between 0 and 1 they are mixed with the new ones, linearly."""

    picture: Picture
    mask: Array


def read_image(path: Path, *, keep_stored: bool = False) -> Picture:
    """Read an image file. keep_stored: float files' values also as they stand there. Raises BadInput, naming
    the file, when there is none or it cannot be read."""
    if not path.is_file():
        raise BadInput(f"there is no image {path}; check the path")
    _check_name(path)
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    opened = oiio.ImageInput.open(str(path), config)
    if opened is None:
        oiio.geterror()
        raise BadInput(f"{path} is no image that can be read; save it as PNG, JPEG or EXR")
    with contextlib.closing(opened):
        spec = opened.spec()
        kind, depth = _reading_type(str(spec.format))
        pixels = opened.read_image(0, 0, 0, spec.nchannels, kind)
        problem = _reason(opened.geterror()) if pixels is None or opened.has_error else ""
        # A JPEG that ends too soon is filled with grey, and one that lacks its last bytes alone is whole.
        if pixels is None or (problem and not _is_whole(path)):
            raise BadInput(f"{path} is damaged ({problem}); save it anew")
    pixels = np.asarray(pixels).reshape(spec.height, spec.width, spec.nchannels)
    linear = path.suffix.lower() in _LINEAR_SUFFIXES or depth in ("half", "float")
    alpha_channel = spec.alpha_channel if spec.alpha_channel >= 0 else None
    picture = picture_from_pixels(
        _rgb(pixels, alpha_channel),
        None if alpha_channel is None else pixels[..., alpha_channel],
        depth,
        linear=linear,
        premultiplied=linear and spec.getattribute("oiio:UnassociatedAlpha") != 1,
    )
    premultiplied = spec.getattribute("oiio:UnassociatedAlpha") != 1 or alpha_channel is None
    return dataclasses.replace(
        picture,
        metadata=spec,
        orientation=orientation_of(path, spec),
        animated=_is_animated(path, spec),
        stored=_rgb(pixels, alpha_channel) if keep_stored and kind == "float" and premultiplied else None,
    )


def _check_name(path: Path) -> None:
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput(f"{path} has a name that is no UTF-8; rename it") from None


def _is_whole(path: Path) -> bool:
    try:
        with Image.open(path) as picture:
            picture.load()
    except Exception:
        return False
    return True


def _is_animated(path: Path, spec: oiio.ImageSpec) -> bool:
    if path.suffix.lower() == ".png":
        with path.open("rb") as file:
            return b"acTL" in file.read(65536).partition(b"IDAT")[0]
    return path.suffix.lower() == ".webp" and spec.get_int_attribute("oiio:Movie") == 1


def picture_from_pixels(
    rgb: NDArray[Any],
    alpha: NDArray[Any] | None,
    depth: Depth,
    *,
    linear: bool,
    premultiplied: bool = False,
) -> Picture:
    """A picture from stored values: integers over their type's whole range, or floats.

    rgb: (H, W, 3); alpha: (H, W) of the same type or None.
    """
    if not linear:
        return Picture(_as_float(rgb), None, alpha, depth)
    color, gain = _split_range(rgb, alpha if premultiplied else None)
    return Picture(color, gain, alpha, depth)


@by_rows
def _split_range(rgb: NDArray[Any], alpha: NDArray[Any] | None) -> tuple[Array, Array]:
    """Stored linear values, which alpha may have been multiplied into, as a colour and its gain."""
    values = _as_float(rgb)
    if alpha is not None:
        values = values / np.where(alpha > 0, alpha, 1.0)[..., None].astype(np.float32)
    return split_range(values)


def write_image(
    path: Path,
    picture: Picture,
    color: Array,
    *,
    depth: Depth | None = None,
    replace: bool = True,
    kept: Kept | None = None,
) -> Path:
    """Write `color` with the alpha, range and depth of `picture`, in the format of the path's suffix, and
    what is to be kept in its place.

    color: (H, W, 3), display-encoded [0, 1]. The file appears whole or not at all. Returns where it
    is: without `replace` the name gets a number when another program has taken it meanwhile.
    Raises BadInput when the folder cannot be written to, the disk is full, or the format is unknown.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInput(f"{path.name} has no known image format; use one of {', '.join(SUFFIXES)}")
    _check_name(path)
    depth = _writing_depth(suffix, depth or picture.depth)
    pixels = _all_values(picture, color, kept, suffix=suffix, depth=depth)
    try:
        with temporary_beside(path) as temporary:
            if suffix == ".webp" and picture.orientation != UPRIGHT:
                write_webp(temporary, pixels, picture.orientation)
            else:
                _write(temporary, _specification(picture, pixels, depth, suffix), pixels)
            _check_whole(temporary)
            if not replace:
                return give_free_name(temporary, path)
            os.replace(temporary, path)
            return path
    except OSError as reason:
        raise BadInput(
            f"{path} cannot be written ({reason.strerror or reason}); choose another folder"
        ) from reason


@by_rows
def _stored_values(
    color: Array, gain: Array | None, alpha: NDArray[Any] | None, *, suffix: str, depth: Depth
) -> NDArray[Any]:
    """(H, W, C) values as they stand in the file."""
    if gain is not None:
        values = join_range(color, gain)
    else:
        values = decode(color) if suffix in _LINEAR_SUFFIXES else color
    to_integer = depth in _LARGEST
    if to_integer and gain is not None:
        values = encode(values)
    if not to_integer and alpha is not None:
        values = values * _as_float(alpha)[..., None]
    if alpha is not None:
        channel = as_integers(alpha, depth=depth) if to_integer else _as_float(alpha)
        rgb = as_integers(values, depth=depth) if to_integer else values
        return np.concatenate([rgb, channel[..., None]], axis=-1)
    return as_integers(values, depth=depth) if to_integer else values.astype(np.float32, copy=False)


def _all_values(
    picture: Picture, color: Array, kept: Kept | None, *, suffix: str, depth: Depth
) -> NDArray[Any]:
    """(H, W, C) values of a result as they stand in the file, with what is kept, turned for the format."""
    alpha = None if suffix in _WITHOUT_ALPHA else picture.alpha
    pixels = _stored_values(color, picture.gain, alpha, suffix=suffix, depth=depth)
    if kept is not None:
        pixels = _mixed(pixels, _as_stored(kept.picture, alpha, suffix=suffix, depth=depth), kept.mask)
    return pixels if suffix in HELD_BY else upright(pixels, picture.orientation)


def _as_stored(picture: Picture, alpha: NDArray[Any] | None, *, suffix: str, depth: Depth) -> NDArray[Any]:
    """(H, W, C) values of a picture as they stand in its own file, where that has the same depth."""
    values = _stored_values(picture.color, picture.gain, alpha, suffix=suffix, depth=depth)
    if picture.stored is not None and depth not in _LARGEST:
        values[..., :3] = picture.stored
    return values


@by_rows
def _mixed(new: NDArray[Any], old: NDArray[Any], mask: Array) -> NDArray[Any]:
    """Stored values (H, W, C) where the mask (H, W) is 1, others' where it is 0, and linearly between."""
    share = mask[..., None]
    with np.errstate(invalid="ignore", over="ignore"):
        mixed = old + share * (new.astype(np.float64) - old)
    if new.dtype.kind == "u":
        mixed = np.rint(mixed)
    return np.where(share <= 0, old, np.where(share >= 1, new, mixed)).astype(new.dtype)


@by_rows
def as_integers(values: NDArray[Any], *, depth: Depth) -> NDArray[Any]:
    """Values in [0, 1], or integers of any depth, as integers of `depth`; the same depth is exact."""
    kind = np.uint8 if depth == "uint8" else np.uint16
    if values.dtype == kind:
        return values
    scaled = _as_float(values) * _LARGEST[depth]
    return np.clip(np.rint(scaled), 0, _LARGEST[depth]).astype(kind)


@by_rows
def _as_float(values: NDArray[Any]) -> Array:
    """Integers as a share of their type's whole range; texel by texel in memory, as the engine takes them."""
    found = values.astype(np.float32, order="C")
    return found / np.float32(np.iinfo(values.dtype).max) if values.dtype.kind == "u" else found


def _specification(picture: Picture, pixels: NDArray[Any], depth: Depth, suffix: str) -> oiio.ImageSpec:
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, depth)
    if picture.metadata is not None:
        for attribute in picture.metadata.extra_attribs:
            # Text that is no UTF-8 cannot be read; nothing hangs on it.
            with contextlib.suppress(UnicodeError):
                if not attribute.name.startswith(_OF_THE_OLD_FILE):
                    _set(spec, attribute)
    spec.attribute("Orientation", picture.orientation if suffix in HELD_BY else UPRIGHT)
    if channels == 4 and depth in _LARGEST:
        spec.attribute("oiio:UnassociatedAlpha", 1)
    if suffix in (".jpg", ".jpeg", ".webp"):
        spec.attribute("Compression", f"jpeg:{JPEG_QUALITY}" if suffix != ".webp" else "lossless:100")
    return spec


def _set(spec: oiio.ImageSpec, attribute: Any) -> None:
    value = attribute.value
    if isinstance(value, (int, float, str)):
        # Set with their types, some are dropped by the library.
        spec.attribute(attribute.name, value)
    else:
        spec.attribute(attribute.name, attribute.type, value)


def _write(path: Path, spec: oiio.ImageSpec, pixels: NDArray[Any]) -> None:
    output = oiio.ImageOutput.create(str(path))
    if output is None:
        raise OSError(_reason(oiio.geterror()))
    if not output.open(str(path), spec):
        raise OSError(_reason(output.geterror()))
    written = output.write_image(np.ascontiguousarray(pixels))
    if not output.close() or not written:
        raise OSError(_reason(output.geterror()))


def _check_whole(path: Path) -> None:
    """Read a written file once: on a full disk some formats are cut short without an error."""
    written = oiio.ImageInput.open(str(path))
    if written is None:
        raise OSError(f"it came out damaged, the disk may be full: {_reason(oiio.geterror())}")
    with contextlib.closing(written):
        spec = written.spec()
        for top in range(0, spec.height, _ROWS_CHECKED):
            stop = min(top + _ROWS_CHECKED, spec.height)
            if written.read_scanlines(0, 0, top, stop, 0, 0, spec.nchannels, spec.format) is None:
                raise OSError(f"it came out damaged, the disk may be full: {_reason(written.geterror())}")


def _writing_depth(suffix: str, depth: Depth) -> Depth:
    """The nearest depth that the format stores."""
    allowed = _DEPTHS.get(suffix, ("uint8",))
    return depth if depth in allowed else allowed[-1]


def _reading_type(stored: str) -> tuple[str, Depth]:
    if stored in ("uint8", "int8"):
        return "uint8", "uint8"
    if stored in ("uint16", "int16"):
        return "uint16", "uint16"
    return "float", "half" if stored == "half" else "float"


def _rgb(pixels: NDArray[Any], alpha_channel: int | None) -> NDArray[Any]:
    """The colour channels; grey is repeated."""
    channels = [index for index in range(pixels.shape[2]) if index != alpha_channel]
    if len(channels) < 3:
        return np.repeat(pixels[..., channels[:1]], 3, axis=-1)
    return pixels[..., channels[:3]]


def _reason(text: str) -> str:
    return " ".join(text.split()) or "no reason given"
