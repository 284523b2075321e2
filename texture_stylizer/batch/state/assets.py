"""Which files are meant, and where each one's result goes: mirrored, and no two results in one place."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...commands.file_kinds import IMAGE_SUFFIXES, SCENE_SUFFIXES
from ...errors import BadInput
from .layout import STATE_FOLDER

_ALONE = (*IMAGE_SUFFIXES, ".glb", ".vrm")
"""Kinds whose result is one file; the others have textures or buffers beside it."""


@dataclass(frozen=True)
class Asset:
    """A file to be restyled.

    id: 16 hexadecimal digits, made from `source`; source: its path below the plan's root; place: the result's
    path below the batch's folder. Both have forward slashes.

    A result with files beside it gets a folder that is named like its source, so `props/chair.blend` becomes
    `props/chair.blend/chair.blend`: nothing else can have that name, since the source has it.
    """

    id: str
    source: str
    place: str

    @property
    def own_folder(self) -> str | None:
        """The folder that holds nothing but this result, if it has one."""
        return (
            None
            if PurePosixPath(self.place).suffix.lower() in _ALONE
            else str(PurePosixPath(self.place).parent)
        )


@dataclass(frozen=True)
class Found:
    """What a look into the inputs gave: the common folder of all, the assets, and what was left out, why."""

    root: Path
    assets: tuple[Asset, ...]
    left_out: tuple[tuple[str, str], ...]


def find_assets(inputs: Sequence[Path], out: Path) -> Found:
    """Look into files, folders and globs. out: the batch's folder, in which nothing is looked for.

    Raises BadInput for an input that does not exist or holds nothing.
    """
    files: dict[Path, None] = {}
    left_out: list[tuple[str, str]] = []
    roots = []
    for given in inputs:
        root, paths = _expanded(given)
        roots.append(root)
        before = len(files)
        for path in paths:
            reason = None if path.is_file() and path == given.absolute() else _why_not(path, root, out)
            if reason is None:
                files[path] = None
            elif path.suffix.lower() in IMAGE_SUFFIXES:
                left_out.append((str(path), reason))
        if len(files) == before and given.is_dir() and not paths:
            raise BadInput(f"{given} holds no model, scene or image; give another folder")
    if not files:
        raise BadInput("the inputs hold no model, scene or image; give others")
    root = _common(roots)
    sources = sorted(path.relative_to(root).as_posix() for path in files)
    return Found(root, tuple(_placed(sources)), tuple(left_out))


def _expanded(given: Path) -> tuple[Path, list[Path]]:
    """The folder that an input's paths are told from, and its files in order."""
    path = Path(os.path.abspath(given))
    if path.is_dir():
        return path, sorted(_files_below(path))
    if path.is_file():
        return path.parent, [path]
    if not glob.has_magic(str(given)):
        raise BadInput(f"{given}: there is no such file or folder; check the path")
    fixed = path
    while glob.has_magic(str(fixed)):
        fixed = fixed.parent
    matches = (Path(match) for match in sorted(glob.glob(str(path), recursive=True)))
    found = [match for match in matches if match.is_file() and _is_known(match)]
    if not found:
        raise BadInput(f"{given}: nothing matches it; check the pattern")
    return fixed, found


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        # Hidden folders are versions, caches and our own state.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in names if not name.startswith(".") and _is_known(Path(name)))


def _is_known(path: Path) -> bool:
    return path.suffix.lower() in (*IMAGE_SUFFIXES, *SCENE_SUFFIXES)


def _why_not(path: Path, root: Path, out: Path) -> str | None:
    """Why a file that a folder or a pattern gave is no asset, as a sentence."""
    out = Path(os.path.abspath(out))
    if path.is_relative_to(out) and (path.is_relative_to(out / STATE_FOLDER) or out != root):
        return "it lies in the folder that results go to"
    if path.suffix.lower() in IMAGE_SUFFIXES and _has_models(path.parent, root):
        return "it lies among models, which are restyled with their textures; name it to restyle it by itself"
    return None


def _has_models(folder: Path, root: Path) -> bool:
    """Whether a scene or model lies in a folder, or in one above it up to `root`."""
    while True:
        if any(entry.suffix.lower() in SCENE_SUFFIXES for entry in _entries(folder)):
            return True
        if folder == root or folder == folder.parent:
            return False
        folder = folder.parent


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def _common(roots: Iterable[Path]) -> Path:
    """The deepest folder that holds all of them. Raises BadInput for two drives."""
    try:
        return Path(os.path.commonpath([str(root) for root in roots]))
    except ValueError:
        raise BadInput(
            "the inputs lie on several drives; give those of each drive in a batch of its own"
        ) from None


def _placed(sources: Iterable[str]) -> Iterator[Asset]:
    """Each source with its place; a disk that does not tell A from a must not lose one of two."""
    taken: set[str] = set()
    for source in sources:
        path = PurePosixPath(source)
        number, home = 1, path.parent
        while str(home / path.name).casefold() in taken:
            number += 1
            home = path.parent / f"{path.name}_{number}"
        taken.add(str(home / path.name).casefold())
        place = home / path.name if path.suffix.lower() in _ALONE else home / path.name / path.name
        yield Asset(hashlib.sha256(source.encode()).hexdigest()[:16], source, str(place))
