"""Folders for the output: made when something is written, gone again when nothing was."""

from __future__ import annotations

from pathlib import Path

import pytest

from texture_stylizer.commands.outputs.whole_files import no_empty_folders, write_whole


def test_a_folder_made_for_nothing_goes_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), no_empty_folders(tmp_path / "new" / "deep" / "a.png"):
        (tmp_path / "new" / "deep").mkdir(parents=True)
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_stays(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.png"
    with no_empty_folders(target):
        write_whole(target, b"pixels")
    assert target.read_bytes() == b"pixels"


def test_an_empty_folder_of_the_users_stays(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    with no_empty_folders(tmp_path / "theirs" / "a.png"):
        pass
    assert (tmp_path / "theirs").is_dir()
