"""Which files of the inputs are assets, and where each result goes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texture_stylizer.batch.state.assets import Asset, _placed, find_assets
from texture_stylizer.errors import BadInput


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def places(*inputs: Path, out: Path = Path("nowhere")) -> dict[str, str]:
    return {asset.source: asset.place for asset in find_assets(inputs, out).assets}


def test_subfolders_are_mirrored(tmp_path: Path) -> None:
    touch(tmp_path, "a.glb", "props/a.glb", "props/old/a.vrm", "notes.txt")
    assert places(tmp_path) == {name: name for name in ("a.glb", "props/a.glb", "props/old/a.vrm")}


def test_a_result_with_files_beside_it_has_a_folder_named_like_its_source(tmp_path: Path) -> None:
    touch(tmp_path, "props/chair.blend", "props/chair.fbx")
    assert places(tmp_path) == {
        "props/chair.blend": "props/chair.blend/chair.blend",
        "props/chair.fbx": "props/chair.fbx/chair.fbx",
    }


def test_pictures_among_models_are_left_out_with_a_reason(tmp_path: Path) -> None:
    touch(tmp_path, "props/chair.glb", "props/textures/wood.png", "paintings/a.png")
    found = find_assets([tmp_path], tmp_path / "out")
    assert [asset.source for asset in found.assets] == ["paintings/a.png", "props/chair.glb"]
    ((name, reason),) = found.left_out
    assert name.endswith("wood.png")
    assert "among models" in reason
    assert "props/textures/wood.png" in places(tmp_path, tmp_path / "props/textures/wood.png")


def test_patterns_are_told_from_their_fixed_part(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.glb", "a/b/y.glb", "a/b/z.png")
    assert places(tmp_path / "a" / "**" / "*.glb") == {"x.glb": "x.glb", "b/y.glb": "b/y.glb"}


def test_several_inputs_are_told_from_their_common_folder(tmp_path: Path) -> None:
    touch(tmp_path, "a/x.glb", "b/x.glb")
    assert list(places(tmp_path / "a", tmp_path / "b")) == ["a/x.glb", "b/x.glb"]
    assert list(places(tmp_path / "a" / "x.glb", tmp_path / "b" / "x.glb")) == ["a/x.glb", "b/x.glb"]


def test_results_and_hidden_folders_are_no_assets(tmp_path: Path) -> None:
    touch(tmp_path, "a.glb", "out/a.glb", ".git/b.glb")
    assert list(places(tmp_path, out=tmp_path / "out")) == ["a.glb"]


@pytest.mark.parametrize("name", ["none", "none.glb", "*.glb"])
def test_what_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"none|\*\.glb"):
        find_assets([tmp_path / name], tmp_path / "out")


def left_out(*inputs: Path, out: Path = Path("nowhere")) -> dict[str, str]:
    return {Path(name).name: reason for name, reason in find_assets(inputs, out).left_out}


posix = pytest.mark.skipif(sys.platform == "win32", reason="names and links differ")


@posix
def test_a_name_that_is_no_utf8_is_an_asset(tmp_path: Path) -> None:
    name = os.fsdecode(b"lat\xe9.glb")
    touch(tmp_path, name)
    assert list(places(tmp_path)) == [name]


@posix
def test_a_pipe_is_left_out(tmp_path: Path) -> None:
    touch(tmp_path, "a.glb")
    os.mkfifo(tmp_path / "pipe.glb")
    assert list(places(tmp_path)) == ["a.glb"]
    assert "it is no file" in left_out(tmp_path)["pipe.glb"]


@posix
def test_links_to_folders_are_named_and_not_gone_into(tmp_path: Path) -> None:
    touch(tmp_path, "a.glb")
    (tmp_path / "loop").symlink_to(".")
    for one in (tmp_path, tmp_path / "**" / "*.glb"):
        assert list(places(one)) == ["a.glb"]
    assert "it is a link" in left_out(tmp_path)["loop"]


@posix
def test_results_are_known_through_a_link(tmp_path: Path) -> None:
    touch(tmp_path, "models/a.glb", "models/out/a.glb")
    (tmp_path / "link").symlink_to("models")
    assert list(places(tmp_path / "models", out=tmp_path / "link" / "out")) == ["a.glb"]
    assert list(places(tmp_path / "link", out=tmp_path / "models" / "out")) == ["a.glb"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.glb", "locked/b.glb")
    list_folder = os.scandir

    def scandir(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", path)
        return list_folder(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert left_out(tmp_path) == {
        "locked": "it cannot be read (Permission denied); allow it, or move it away"
    }


def test_a_pattern_works_in_a_folder_whose_name_looks_like_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "job[1]/a.glb")
    monkeypatch.chdir(tmp_path / "job[1]")
    assert places(Path("*.glb")) == {"a.glb": "a.glb"}


def test_a_pattern_gives_folders_as_a_shell_does(tmp_path: Path) -> None:
    touch(tmp_path, "props1/a.glb", "props2/b.glb", "other/c.glb")
    assert list(places(tmp_path / "props*")) == ["props1/a.glb", "props2/b.glb"]


def test_inputs_among_results_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "out/in/a.glb")
    with pytest.raises(BadInput, match="in lies in the folder that results go to"):
        find_assets([tmp_path / "out" / "in"], tmp_path / "out")


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no model"):
        find_assets([tmp_path], tmp_path / "out")


NAMES = st.sampled_from(["a", "A", "b", "a.glb", "A.GLB", "a.blend", "b.blend", "a.png"])
SOURCES = st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), min_size=1, max_size=8, unique=True)


@given(SOURCES)
def test_no_result_is_where_another_one_or_its_folder_is(names: list[str]) -> None:
    # A disk has no file where it has a folder.
    sources = sorted(name for name in names if not any(other.startswith(f"{name}/") for other in names))
    assets = list(_placed(sources))
    taken = [home_of(asset).casefold() for asset in assets]
    for number, place in enumerate(taken):
        for other in taken[number + 1 :]:
            assert place != other
            assert not other.startswith(f"{place}/") or is_folder_of_sources(place, sources)


def home_of(asset: Asset) -> str:
    return asset.own_folder or asset.place


def is_folder_of_sources(place: str, sources: list[str]) -> bool:
    """Two names that differ in case alone: one a file, one a folder, which only some disks can have."""
    return any(source.casefold().startswith(f"{place}/") for source in sources)
