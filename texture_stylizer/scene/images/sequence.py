"""Image sequences: their frames for the worker, and the results as one sequence again."""

from __future__ import annotations

import glob
import re
from pathlib import Path
from typing import Any

import bpy

from ...descriptions import Destination, Frame, Source
from ...errors import BadInput
from .pixels import RESULT_SUFFIXES, file_path, safe_file_name, take_over

_NUMBERED = re.compile(r"^(.*?)(\d+)(\.[^.]+)$")


def frame_files(image: Any) -> dict[int, Path]:
    """The files of a sequence by frame number, in order: those named like the image's own, other digits."""
    path = file_path(image)
    named = _NUMBERED.match(path.name)
    if named is None or not path.parent.is_dir():
        return {1: path} if path.is_file() else {}
    start, digits, end = named.groups()
    pattern = re.compile(rf"{re.escape(start)}(\d{{{len(digits)},}}){re.escape(end)}$")
    found = ((pattern.match(file.name), file) for file in path.parent.iterdir())
    return dict(sorted((int(match[1]), file) for match, file in found if match))


def frame_jobs(
    image: Any,
    folder: Path,
    variant: str,
    taken: set[Path],
    *,
    keep_jpeg: bool,
    beside: Path | None = None,
) -> tuple[Frame, ...]:
    """The frames of a sequence with their files in and out. Raises BadInput when there is none.

    beside: another folder in which there must be none of their names.
    """
    files = frame_files(image)
    if not files:
        raise BadInput(f"no frame of {image.name} is at {file_path(image)}; find the files")
    suffix = next(iter(files.values())).suffix.lower()
    if suffix not in RESULT_SUFFIXES or (suffix in (".jpg", ".jpeg") and not keep_jpeg):
        suffix = ".png"
    named = _NUMBERED.match(next(iter(files.values())).name)
    start, digits = (named[1], len(named[2])) if named else (image.name, 4)
    name, number = safe_file_name(f"{start.rstrip('._- ') or 'frame'}_{variant}"), 1
    wanted = name
    folders = [folder, *([beside] if beside else [])]
    while folder / wanted in taken or any(
        any(place.glob(f"{glob.escape(wanted)}_[0-9]*{suffix}")) for place in folders
    ):
        wanted = f"{name}_{number:03d}"
        number += 1
    taken.add(folder / wanted)
    return tuple(
        Frame(
            frame,
            Source(str(file)),
            Destination(str(folder / f"{wanted}_{frame:0{digits}d}{suffix}"), replace=False),
        )
        for frame, file in files.items()
    )


def load_frames(path: Path, original: Any) -> Any:
    """Load a written sequence by its first file as an image like `original`."""
    image = bpy.data.images.load(str(path), check_existing=False)
    image.source = "SEQUENCE"
    if bpy.data.filepath:
        image.filepath = bpy.path.relpath(str(path))
    image.name = path.stem
    take_over(original, image, path.suffix)
    return image
