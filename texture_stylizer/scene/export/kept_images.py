"""The images that stay as they are, written beside a model whose exporter only names files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

from ...errors import BadInput
from ..images.missing_files import is_missing, why_missing
from ..images.new_files import NewFiles
from ..images.pixels import file_path, packed_suffix
from ..images.sequence import frame_files
from ..images.udim import tile_path


def keep_images(folder: Path, home: Path) -> list[str]:
    """Write every image that materials of objects show to `textures` in a folder, and point it there.

    home: where the folder's content is moved afterwards; no name is taken that is one there already. Those
    that lie in the folder stay where they are. Changes the open scene, which is to be exported and forgotten.
    Returns a sentence for each image that has no file. Raises BadInput when one cannot be written.
    """
    textures, missing = NewFiles(folder / "textures", home / "textures"), []
    textures.folder.mkdir(parents=True, exist_ok=True)
    try:
        for image in dict.fromkeys(_shown_images()):
            if is_missing(image):
                missing.append(why_missing(image))
            elif not _lies_in(folder, image):
                _write(image, textures)
    except OSError as reason:
        raise BadInput(
            f"{home / 'textures'} cannot be written ({reason.strerror}); choose another folder"
        ) from reason
    return missing


def _shown_images() -> Iterator[Any]:
    seen: set[Any] = set()
    for object_ in bpy.data.objects:
        for slot in object_.material_slots:
            if slot.material is not None and slot.material.node_tree is not None:
                yield from _images_in(slot.material.node_tree, seen)


def _images_in(tree: Any, seen: set[Any]) -> Iterator[Any]:
    if tree in seen:
        return
    seen.add(tree)
    for node in tree.nodes:
        if getattr(node, "image", None) is not None:
            yield node.image
        if getattr(node, "node_tree", None) is not None:
            yield from _images_in(node.node_tree, seen)


def _lies_in(folder: Path, image: Any) -> bool:
    if image.packed_files or image.source not in ("FILE", "TILED", "SEQUENCE") or image.is_dirty:
        return False
    return file_path(image).resolve().is_relative_to(folder)


def _write(image: Any, textures: NewFiles) -> None:
    """Write one image's files and point the image at them."""
    named = file_path(image) if image.filepath else Path(image.name)
    if image.source == "TILED":
        pattern = textures.free_path(named.name.partition(".<UDIM>")[0], f".<UDIM>{named.suffix}")
        packed = {found.tile_number: found.packed_file.data for found in image.packed_files}
        for number in [tile.number for tile in image.tiles]:
            source = tile_path(image, number)
            path = pattern.with_name(pattern.name.replace("<UDIM>", str(number)))
            if number in packed or source.is_file():
                _put(path, packed.get(number, source))
        image.filepath = str(pattern)
        return
    if image.source == "SEQUENCE":
        for source in frame_files(image).values():
            if not (textures.folder / source.name).exists():
                _put(textures.folder / source.name, source)
        image.filepath = str(textures.folder / named.name)
        return
    is_file = image.source == "FILE" and not image.is_dirty
    if is_file and image.packed_files:
        path = textures.free_path(named.stem, packed_suffix(image) or named.suffix)
        _put(path, image.packed_files[0].packed_file.data)
    elif is_file and named.is_file():
        path = textures.free_path(named.stem, named.suffix)
        _put(path, named)
    else:
        path = textures.free_path(named.stem, ".exr" if image.is_float else ".png")
        image.filepath_raw = str(path)
        image.file_format = "OPEN_EXR" if image.is_float else "PNG"
        image.save()
        return
    _point_at(image, path)


def _point_at(image: Any, path: Path) -> None:
    """Let an image come from a file, whatever it came from."""
    while image.packed_files:
        image.unpack(method="REMOVE")
    image.filepath = str(path)


def _put(path: Path, data: bytes | Path) -> None:
    if isinstance(data, Path):
        shutil.copyfile(data, path)
    else:
        path.write_bytes(data)
