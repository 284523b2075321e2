"""Files that a command writes whole, and folders that it leaves no trace of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ...errors import BadInput
from ...jobs.client import private_folder, remove_folder
from ...whole_file import whole_file


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, its folder too; it appears whole or not at all. Raises BadInput when it cannot be."""
    try:
        with whole_file(path) as temporary:
            temporary.write_bytes(data)
    except OSError as reason:
        raise BadInput(f"{path} cannot be written ({reason.strerror}); choose another folder") from reason


@contextlib.contextmanager
def no_empty_folders(path: Path) -> Iterator[None]:
    """Take away the folders above `path` that were made meanwhile, where nothing came into them."""
    missing = [folder for folder in path.resolve().parents if not folder.exists()]
    try:
        yield
    finally:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A private folder for temporary files, deleted in any case. Raises BadMachine when there can be none."""
    folder = private_folder()
    try:
        yield folder
    finally:
        remove_folder(folder)
