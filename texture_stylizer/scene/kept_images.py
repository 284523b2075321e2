"""The images that stay as they are, written beside a model whose exporter only names files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from ..errors import BadInput
from .missing_files import is_missing, why_missing
from .pixels import file_path, free_path, packed_suffix
from .sequence import frame_files
from .udim import tile_path


@dataclass
class KeptImages:
    """What was written. missing: a sentence for each image that has no file."""

    written: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def withdraw(self) -> None:
        """Delete the files, and the folder if it is empty then."""
        for path in self.written:
            path.unlink(missing_ok=True)
        for folder in self.folders:
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def keep_images(folder: Path) -> KeptImages:
    """Write every image that materials of objects show to `textures` in a model's folder, and point it there.

    Those that lie in the folder already stay where they are. Changes the open scene, which is to be exported
    and forgotten. Raises BadInput, with nothing left, when a file cannot be written.
    """
    kept, textures = KeptImages(), folder / "textures"
    taken: set[Path] = set()
    if not textures.is_dir():
        kept.folders.append(textures)
    try:
        for image in dict.fromkeys(_shown_images()):
            if is_missing(image):
                kept.missing.append(why_missing(image))
            elif not _lies_in(folder, image):
                textures.mkdir(parents=True, exist_ok=True)
                _write(image, textures, taken, kept)
    except OSError as reason:
        kept.withdraw()
        raise BadInput(f"{textures} cannot be written ({reason.strerror}); choose another folder") from reason
    except BaseException:
        kept.withdraw()
        raise
    return kept


def _shown_images() -> Iterator[Any]:
    for object_ in bpy.data.objects:
        for slot in object_.material_slots:
            if slot.material is not None and slot.material.node_tree is not None:
                yield from _images_in(slot.material.node_tree, set())


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


def _write(image: Any, folder: Path, taken: set[Path], kept: KeptImages) -> None:
    """Write one image's files and point the image at them."""
    named = file_path(image) if image.filepath else Path(image.name)
    if image.source == "TILED":
        pattern = free_path(folder, named.name.partition(".<UDIM>")[0], f".<UDIM>{named.suffix}", taken)
        packed = {found.tile_number: found.packed_file.data for found in image.packed_files}
        for number in [tile.number for tile in image.tiles]:
            source = tile_path(image, number)
            path = pattern.with_name(pattern.name.replace("<UDIM>", str(number)))
            if number in packed or source.is_file():
                _put(path, packed.get(number, source), kept)
        image.filepath = str(pattern)
        return
    if image.source == "SEQUENCE":
        for source in frame_files(image).values():
            if not (folder / source.name).exists():
                _put(folder / source.name, source, kept)
        image.filepath = str(folder / named.name)
        return
    is_file = image.source == "FILE" and not image.is_dirty
    if is_file and image.packed_files:
        data: bytes | Path = image.packed_files[0].packed_file.data
        path = free_path(folder, named.stem, packed_suffix(image) or named.suffix, taken)
        _put(path, data, kept)
    elif is_file and named.is_file():
        path = free_path(folder, named.stem, named.suffix, taken)
        _put(path, named, kept)
    else:
        path = free_path(folder, named.stem, ".exr" if image.is_float else ".png", taken)
        kept.written.append(path)
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


def _put(path: Path, data: bytes | Path, kept: KeptImages) -> None:
    kept.written.append(path)
    if isinstance(data, Path):
        shutil.copyfile(data, path)
    else:
        path.write_bytes(data)
