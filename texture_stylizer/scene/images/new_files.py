"""Names of files that a run makes: what every file system takes, and none that exists."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass, field
from pathlib import Path

from ...names import shortened

_NOT_IN_NAMES = r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]'
_RESERVED = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}


@dataclass(frozen=True)
class NewFiles:
    """The files that are made in a folder.

    beside: another folder, in which there must be none of their names either; given: the paths that were
    given away already.
    """

    folder: Path
    beside: Path | None = None
    given: set[Path] = field(default_factory=set)

    def free_path(self, name: str, suffix: str) -> Path:
        """A path that neither exists nor was given away before; it is now."""
        stem = safe_file_name(name)
        path, number = self.folder / f"{stem}{suffix}", 1
        while path in self.given or any(_is_there(folder, path.name) for folder in self.folders):
            path = self.folder / f"{stem}_{number:03d}{suffix}"
            number += 1
        self.given.add(path)
        return path

    def free_beginning(self, name: str, suffix: str) -> Path:
        """A path with which no name of numbered files begins that exist or were given away before."""
        stem = safe_file_name(name)
        beginning, number = self.folder / stem, 1
        while beginning in self.given or any(
            any(folder.glob(f"{glob.escape(beginning.name)}_[0-9]*{suffix}")) for folder in self.folders
        ):
            beginning = self.folder / f"{stem}_{number:03d}"
            number += 1
        self.given.add(beginning)
        return beginning

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders in which a name must be free."""
        return (self.folder,) if self.beside is None else (self.folder, self.beside)


@dataclass(frozen=True)
class ResultFiles:
    """The files of a variant's images. keep_jpeg: JPEGs stay JPEGs; they become PNGs otherwise."""

    new: NewFiles
    variant: str
    keep_jpeg: bool = False


def _is_there(folder: Path, name: str) -> bool:
    return (folder / name).exists() or any(folder.glob(glob.escape(name).replace("<UDIM>", "*")))


def safe_file_name(name: str) -> str:
    """`name` with what no file system takes replaced, and marks that turn the writing round; at most 80
    bytes."""
    cleaned = re.sub(_NOT_IN_NAMES, "_", name).strip(" .")
    cleaned = shortened(cleaned, 80) or "texture"
    return f"_{cleaned}" if cleaned.lower().split(".")[0] in _RESERVED else cleaned
