"""Image sequences: their frames for the worker, and the results as one sequence again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bpy

from ...descriptions import Destination, Frame, Source
from ...errors import BadInput
from .new_files import ResultFiles
from .pixels import file_path, kept_suffix, take_over

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


def frame_jobs(image: Any, results: ResultFiles) -> tuple[Frame, ...]:
    """The frames of a sequence with their files in and out. Raises BadInput when there is none."""
    files = frame_files(image)
    if not files:
        raise BadInput(f"no frame of {image.name} is at {file_path(image)}; find the files")
    first = next(iter(files.values()))
    suffix, named = kept_suffix(first, results), _NUMBERED.match(first.name)
    start, digits = (named[1], len(named[2])) if named else (image.name, 4)
    name = f"{start.rstrip('._- ') or 'frame'}_{results.variant}"
    beginning = results.new.free_beginning(name, suffix)
    return tuple(
        Frame(
            frame,
            Source(str(file)),
            Destination(f"{beginning}_{frame:0{digits}d}{suffix}", replace=False),
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
