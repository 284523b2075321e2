"""A private folder beside an output: what is written there gets its place all at once, or not at all."""

from __future__ import annotations

import contextlib
import filecmp
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from ...errors import BadInput
from ...jobs.protocol import FOLDER_PREFIX
from .made_files import MadeFiles

State = tuple[int, int, int]


class Stage:
    """Where an output and all that lies beside it are written before `publish` renames them.

    target: the output as the user named it; folder: the private folder; file: the output's place in it; home:
    the folder where it all goes.
    """

    def __init__(self, target: Path, made: MadeFiles, *, named: bool) -> None:
        """named: the user gave this file's own name, so one that is there already may be replaced.

        Raises BadInput when there can be no such folder.
        """
        self._made = made
        self.target = target
        self.home = target.parent.resolve()
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.folder = Path(tempfile.mkdtemp(prefix=f".{FOLDER_PREFIX}", dir=self.home))
        except OSError as reason:
            raise BadInput(
                f"{target} cannot be written ({reason.strerror}); choose another folder"
            ) from reason
        self.file = self.folder / target.name
        # What another run puts there meanwhile is not ours to replace.
        self._replaceable = _state(self.home / target.name) if named else None

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        remove_stage(self.folder)

    def final(self, path: Path) -> Path:
        """Where a file of this folder will be; any other path as it is."""
        return self.home / path.relative_to(self.folder) if path.is_relative_to(self.folder) else path

    def in_place(self, text: str) -> str:
        """A sentence with the final paths instead of the private ones."""
        return text.replace(str(self.folder), str(self.home))

    def publish(self) -> None:
        """Give every file its place, the output itself last. Raises BadInput, and then nothing has changed,
        when one is taken or cannot be put there."""
        staged = [path for path in self.folder.rglob("*") if path.is_file()]
        staged.sort(key=lambda path: (path == self.file, path))
        with contextlib.ExitStack() as undo:
            with self._made.turn():
                placed = [path for number, path in enumerate(staged) if self._place(path, number, undo)]
            undo.pop_all()
            self._made.remember(self.final(path) for path in placed)

    def _place(self, path: Path, number: int, undo: contextlib.ExitStack) -> bool:
        """Give a file its place. Returns whether it was put there; the same bytes stay as they are."""
        final, kept = self.final(path), self.folder / f".replaced_{number}"
        try:
            _make_folders(final.parent, undo)
            check_inside(final, self.home)
            if os.path.lexists(final):
                if not _differ(path, final):
                    return False
                self._check_replaceable(final)
                _rename(final, kept)
                undo.callback(os.replace, kept, final)
                os.replace(path, final)
            else:
                _rename(path, final)
            undo.callback(_take_back, final, _state(final))
            return True
        except FileExistsError:
            raise BadInput(f"{final} was made by another program meanwhile; nothing was written") from None
        except OSError as reason:
            raise BadInput(
                f"{final} cannot be written ({reason.strerror}); choose another folder"
            ) from reason

    def _check_replaceable(self, final: Path) -> None:
        is_named = final.name == self.file.name and self._replaceable is not None
        if is_named and _state(final) == self._replaceable:
            return
        if not self._made.has_earlier(final):
            raise BadInput(
                f"{final} is there already and is no earlier result; choose another folder or name"
            )


def check_inside(path: Path, folder: Path) -> None:
    """Raises BadInput for a path that is a symbolic link, or that one leads out of the folder."""
    if path.is_symlink():
        raise BadInput(f"{path} is a symbolic link to {os.readlink(path)}; name that file, or choose another")
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise BadInput(f"{path} lies outside of {folder}, through a symbolic link; choose another folder")


def remove_stage(folder: Path) -> None:
    """Delete a stage's folder, and the files beside it that begin with its name."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in folder.parent.glob(f"{folder.name}.*"):
        with contextlib.suppress(OSError):
            path.unlink()


def _state(path: Path) -> State | None:
    """What tells whether a file is still the same one."""
    with contextlib.suppress(OSError):
        found = path.lstat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return None


def _differ(path: Path, other: Path) -> bool:
    try:
        return not filecmp.cmp(path, other, shallow=False)
    except OSError:
        return True


def _rename(path: Path, final: Path) -> None:
    """Give a file a name that nobody has. Raises FileExistsError."""
    try:
        os.link(path, final)
    except FileExistsError:
        raise
    except OSError:
        # No hard links on this file system: the check and the renaming are two steps there.
        if os.path.lexists(final):
            raise FileExistsError(final) from None
        os.rename(path, final)


def _take_back(final: Path, state: State | None) -> None:
    if _state(final) == state:
        final.unlink()


def _make_folders(folder: Path, undo: contextlib.ExitStack) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for parent in reversed(missing):
        undo.callback(_remove_empty, parent)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
