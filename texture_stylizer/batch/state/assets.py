"""Which files are meant, and where each one's result goes: mirrored, and no two results in one place."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from ...commands.file_kinds import IMAGE_SUFFIXES, SCENE_SUFFIXES
from ...errors import BadInput

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
        return None if stands_alone(PurePosixPath(self.place)) else str(PurePosixPath(self.place).parent)


def stands_alone(result: PurePath) -> bool:
    """Whether a result is one file, and has no folder of its own."""
    return result.suffix.lower() in _ALONE


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
    look = _Look(out)
    files: dict[Path, None] = {}
    roots = []
    for given in inputs:
        root, paths, is_named = look.expanded(given)
        roots.append(root)
        if not paths:
            raise BadInput(f"{given} holds no model, scene or image; give another folder")
        for path in paths:
            if is_named or look.is_asset(path, root):
                files[path] = None
    if not files:
        raise BadInput("the inputs hold no model, scene or image; give others")
    root = _common(roots)
    sources = sorted(path.relative_to(root).as_posix() for path in files)
    return Found(root, tuple(_placed(sources)), tuple(look.left_out.items()))


class _Look:
    """A look into folders, which notes what it leaves out and why."""

    def __init__(self, out: Path) -> None:
        self._out = os.path.realpath(out)
        self._with_models: dict[Path, bool] = {}
        self.left_out: dict[str, str] = {}

    def expanded(self, given: Path) -> tuple[Path, list[Path], bool]:
        """The folder that an input's paths are told from, its files in order, and whether it names a file."""
        path = Path(os.path.abspath(given))
        if path.is_dir():
            if Path(os.path.realpath(path)).is_relative_to(self._out) and os.path.realpath(path) != self._out:
                raise BadInput(f"{given} lies in the folder that results go to; give another output folder")
            return path, sorted(self._files_below(path)), False
        if path.is_file():
            return path.parent, [path], True
        if not glob.has_magic(str(given)):
            raise BadInput(f"{given}: there is no such file or folder; check the path")
        fixed, matches = _matches(given)
        found: dict[Path, None] = {}
        for match in matches:
            below = sorted(self._files_below(match)) if match.is_dir() else [match]
            found |= dict.fromkeys(path for path in below if _is_known(path) and self._is_regular(path))
        if not found:
            raise BadInput(f"{given}: nothing matches it; check the pattern")
        return fixed, list(found), False

    def is_asset(self, path: Path, root: Path) -> bool:
        """Whether a file that a folder or a pattern gave is one."""
        if Path(os.path.realpath(path.parent)).is_relative_to(self._out) and str(root) != self._out:
            self.left_out[str(path)] = "it lies in the folder that results go to"
        elif path.suffix.lower() in IMAGE_SUFFIXES and self._has_models(path.parent, root):
            self.left_out[str(path)] = (
                "it lies among models, whose textures it is taken for; name it to restyle it by itself"
            )
        else:
            return True
        return False

    def _has_models(self, folder: Path, root: Path) -> bool:
        """Whether a scene or model lies in a folder, or in one above it up to `root`."""
        # A folder of 100,000 pictures is listed once, not for each of them.
        if folder not in self._with_models:
            names = os.listdir(folder) if os.access(folder, os.R_OK) else []
            self._with_models[folder] = any(Path(name).suffix.lower() in SCENE_SUFFIXES for name in names)
        if self._with_models[folder]:
            return True
        return folder not in (root, folder.parent) and self._has_models(folder.parent, root)

    def _files_below(self, folder: Path) -> Iterator[Path]:
        for place, folders, names in os.walk(folder, onerror=self._note_unreadable):
            # Hidden folders are versions, caches and our own state.
            folders[:] = sorted(name for name in folders if self._goes_into(Path(place, name)))
            paths = (
                Path(place, name) for name in names if not name.startswith(".") and _is_known(Path(name))
            )
            yield from (path for path in paths if self._is_regular(path))

    def _goes_into(self, folder: Path) -> bool:
        if folder.name.startswith("."):
            return False
        if os.path.realpath(folder) == self._out:
            self.left_out[str(folder)] = "it is the folder that results go to"
            return False
        if folder.is_symlink():
            self.left_out[str(folder)] = "it is a link to a folder; name it to look into it"
        return True

    def _note_unreadable(self, reason: OSError) -> None:
        self.left_out[str(reason.filename)] = (
            f"it cannot be read ({reason.strerror}); allow it, or move it away"
        )

    def _is_regular(self, path: Path) -> bool:
        """Whether reading it ends; a link to nothing is an asset that fails, and says so."""
        try:
            mode = path.stat().st_mode
        except OSError:
            return True
        if not stat.S_ISREG(mode):
            self.left_out[str(path)] = "it is no file, but a pipe, a socket or a device; move it away"
        return stat.S_ISREG(mode)


def _matches(given: Path) -> tuple[Path, list[Path]]:
    """The part of a pattern before its first sign, and what matches; `**` goes into no links to folders."""
    parts = given.parts
    first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    fixed = Path(os.path.abspath(Path(*parts[:first])))
    try:
        found = sorted(fixed.glob(str(Path(*parts[first:]))))
    except (ValueError, NotImplementedError) as reason:
        raise BadInput(f"{given}: it is no pattern ({reason}); check it") from None
    return fixed, [
        path for path in found if not any(part.startswith(".") for part in path.relative_to(fixed).parts)
    ]


def _is_known(path: Path) -> bool:
    return path.suffix.lower() in (*IMAGE_SUFFIXES, *SCENE_SUFFIXES)


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
        place = home / path.name if stands_alone(path) else home / path.name / path.name
        yield Asset(hashlib.sha256(os.fsencode(source)).hexdigest()[:16], source, str(place))
