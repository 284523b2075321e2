"""Files appear whole or not at all, and nothing is left beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from texture_stylizer.whole_file import give_free_name, remove_temporary, temporary_beside, whole_file


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "made" / "wall.png"
    with whole_file(path) as temporary:
        temporary.write_text("new")
        assert not path.exists() and temporary.suffix == ".png"
    assert path.read_text() == "new" and list(path.parent.iterdir()) == [path]


def test_what_fails_leaves_the_former_file(tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    path.write_text("old")
    with pytest.raises(ValueError), whole_file(path) as temporary:
        temporary.write_text("ne")
        raise ValueError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    path = tmp_path / "wall.png"
    path.write_text("another's")
    with temporary_beside(path) as temporary:
        temporary.write_text("mine")
        assert give_free_name(temporary, path) == tmp_path / "wall_001.png"
    assert sorted(file.read_text() for file in tmp_path.iterdir()) == ["another's", "mine"]


def test_a_name_may_be_as_long_as_the_disk_allows(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 251 + ".png")
    with whole_file(path) as temporary:
        temporary.write_text("new")
    assert path.is_file()


KILLED = """
import os, pathlib, sys
from texture_stylizer.whole_file import whole_file
with whole_file(pathlib.Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print(os.getpid(), flush=True)
    os._exit(1)
"""


def test_what_a_killed_process_left_is_found_by_its_id(tmp_path: Path) -> None:
    path = tmp_path / "wall [1].p[n]g"
    said = subprocess.run([sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True)
    assert len(list(tmp_path.iterdir())) == 1
    remove_temporary(path, os.getpid())
    assert len(list(tmp_path.iterdir())) == 1
    remove_temporary(path, int(said.stdout))
    assert list(tmp_path.iterdir()) == []
