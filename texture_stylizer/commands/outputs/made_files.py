"""Which files this program made: the only ones that a later run replaces without being given their names."""

from __future__ import annotations

import contextlib
import importlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...jobs.cache_folder import CACHE_VARIABLE

_FILE = "made_files.sqlite"
_KEPT = 200_000
_TABLE = (
    "CREATE TABLE IF NOT EXISTS made (number INTEGER PRIMARY KEY AUTOINCREMENT, "
    "path BLOB UNIQUE, size INTEGER, time INTEGER)"
)


class MadeFiles:
    """The files that runs before this one made, known by their size and time.

    Where nothing can be remembered, no file counts as made.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or _folder() / _FILE
        self._last = 0
        with contextlib.suppress(sqlite3.Error), self._opened(make=False) as connection:
            if connection is not None:
                (self._last,) = connection.execute("SELECT coalesce(max(number), 0) FROM made").fetchone()

    def has_earlier(self, path: Path) -> bool:
        """Whether `path` is a file of an earlier run, and has not been changed since."""
        with contextlib.suppress(sqlite3.Error, OSError), self._opened(make=False) as connection:
            if connection is not None:
                query = "SELECT 1 FROM made WHERE path = ? AND size = ? AND time = ? AND number <= ?"
                return connection.execute(query, (*_described(path), self._last)).fetchone() is not None
        return False

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other run puts its files in place; then it is this one's turn."""
        with self._opened() as connection:
            if connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("BEGIN IMMEDIATE")
            yield
            if connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("COMMIT")

    def remember(self, paths: Iterable[Path]) -> None:
        """Note that this run made these files."""
        with contextlib.suppress(sqlite3.Error, OSError), self._opened() as connection:
            if connection is not None:
                rows = [_described(path) for path in paths]
                connection.executemany(
                    "INSERT OR REPLACE INTO made (path, size, time) VALUES (?, ?, ?)", rows
                )
                connection.execute(
                    f"DELETE FROM made WHERE number <= (SELECT max(number) FROM made) - {_KEPT}"
                )

    @contextlib.contextmanager
    def _opened(self, *, make: bool = True) -> Iterator[sqlite3.Connection | None]:
        connection = None
        if not make and not self._file.is_file():
            yield None
            return
        with contextlib.suppress(sqlite3.Error, OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._file, timeout=60.0, isolation_level=None)
            connection.execute(_TABLE)
        try:
            yield connection
        finally:
            if connection is not None:
                connection.close()


def _described(path: Path) -> tuple[bytes, int, int]:
    state = path.stat()
    return os.fsencode(path.resolve()), state.st_size, state.st_mtime_ns


def _folder() -> Path:
    """The cache's folder, found as the worker finds it; Blender's own Python may lack the library."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).absolute()
    try:
        return Path(importlib.import_module("platformdirs").user_cache_dir("texture-stylizer", False))
    except ImportError:
        return Path.home() / ".cache" / "texture-stylizer"
