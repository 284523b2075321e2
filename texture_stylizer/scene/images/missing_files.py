"""Image files that an imported model names where they are not: looked for beside it, by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

import bpy

from .pixels import file_path

_DEEPEST = 2
_MOST_FILES = 20_000


def find_beside(folder: Path) -> None:
    """Point images whose file is missing at one of that name in the model's folder, or in those within."""
    missing = missing_images()
    if not missing:
        return
    by_name: dict[str, Path] = {}
    for path in _files_in(folder):
        by_name.setdefault(path.name.lower(), path)
    for image in missing:
        # Models carry paths from other systems.
        found = by_name.get(PureWindowsPath(image.filepath or image.name).name.lower())
        if found is not None:
            _replace(image, found)


def _replace(image: Any, path: Path) -> None:
    """Load a file in an image's place: reloading those that an importer left does nothing."""
    try:
        loaded = bpy.data.images.load(str(path), check_existing=False)
    except RuntimeError:
        return
    loaded.colorspace_settings.name = image.colorspace_settings.name
    loaded.alpha_mode = image.alpha_mode
    name = image.name
    image.user_remap(loaded)
    bpy.data.images.remove(image)
    loaded.name = name


def missing_images() -> list[Any]:
    """The images that are to come from a file which is not there."""
    return [image for image in bpy.data.images if is_missing(image)]


def is_missing(image: Any) -> bool:
    """Whether an image is to come from a file which is not there, or is no image."""
    return image.source == "FILE" and not image.packed_files and image.size[0] == 0


def why_missing(image: Any) -> str:
    """One sentence."""
    return f"{image.name}: its file {file_path(image)} is missing or no image; put it beside the model"


def _files_in(folder: Path) -> Iterator[Path]:
    """The files of a folder before those of the folders in it; not all of a whole disk."""
    count, level = 0, [folder]
    for _ in range(_DEEPEST + 1):
        deeper: list[Path] = []
        for parent in level:
            try:
                children = sorted(parent.iterdir())
            except OSError:
                continue
            for child in children:
                count += 1
                if count > _MOST_FILES:
                    return
                if child.is_dir() and not child.is_symlink():
                    deeper.append(child)
                elif child.is_file():
                    yield child
        level = deeper
