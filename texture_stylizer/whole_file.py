"""Files written whole: under a temporary name beside their place, then renamed. Standard library only.

Blender's side, the command line and the worker all write so, and clear away what a killed worker left.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path to write to, which then becomes `path`; where that fails, `path` stays as it was."""
    with temporary_beside(path) as temporary:
        yield temporary
        os.replace(temporary, path)


@contextlib.contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A path to write to in the folder of `path`, which is made too; what is left there is deleted."""
    temporary = _temporary_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def give_free_name(temporary: Path, path: Path) -> Path:
    """Give a finished file the name `path`, or one with a number where that is taken. Returns the path."""
    candidate, number = path, 0
    while True:
        try:
            os.link(temporary, candidate)
            return candidate
        except FileExistsError:
            pass
        except OSError:
            # No hard links on this file system: the check and the renaming are two steps there.
            if not candidate.exists():
                os.replace(temporary, candidate)
                return candidate
        number += 1
        candidate = path.with_stem(f"{path.stem}_{number:03d}")


def remove_temporary(path: Path, process: int) -> None:
    """Delete what a process that was killed had begun to write as `path`."""
    for left in path.parent.glob(f"{_beginning(path, process)}.*.part{glob.escape(path.suffix[:16])}"):
        left.unlink(missing_ok=True)


def _temporary_path(path: Path) -> Path:
    return path.with_name(f"{_beginning(path, os.getpid())}.{threading.get_ident()}.part{path.suffix[:16]}")


def _beginning(path: Path, process: int) -> str:
    """Of the same length for any file, since its own name may be as long as the disk allows."""
    return f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.{process}"
