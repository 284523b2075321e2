"""A kept result is used only where there is no doubt about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from texture_stylizer.jobs.worker.cache import CachedResult, load, store

IMAGE = np.random.default_rng(0).random((12, 9, 3)).astype(np.float32)


def empty(folder: Path) -> None:
    (folder / "key.npy").write_bytes(b"")


def cut(folder: Path) -> None:
    data = (folder / "key.npy").read_bytes()
    (folder / "key.npy").write_bytes(data[: len(data) // 2])


def of_another_shape(folder: Path) -> None:
    np.save(folder / "key.npy", IMAGE[:4])


def of_another_type(folder: Path) -> None:
    np.save(folder / "key.npy", IMAGE.astype(np.float64))


def with_another_value(folder: Path) -> None:
    data = bytearray((folder / "key.npy").read_bytes())
    data[-1] ^= 1
    (folder / "key.npy").write_bytes(bytes(data))


def without_facts(folder: Path) -> None:
    (folder / "key.json").write_text("")


def with_other_facts(folder: Path) -> None:
    (folder / "key.json").write_text(json.dumps([1, 2]))


def a_folder(folder: Path) -> None:
    (folder / "key.npy").unlink()
    (folder / "key.npy").mkdir()


@pytest.mark.parametrize(
    "damage",
    [
        empty,
        cut,
        of_another_shape,
        of_another_type,
        with_another_value,
        without_facts,
        with_other_facts,
        a_folder,
    ],
)
def test_a_damaged_entry_counts_as_none(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    store(tmp_path, "key", CachedResult(IMAGE, {"device": "cpu"}))
    damage(tmp_path)
    assert load(tmp_path, "key") is None


def test_a_whole_entry_comes_back_even_where_nothing_may_be_written(tmp_path: Path) -> None:
    store(tmp_path, "key", CachedResult(IMAGE, {"device": "cpu"}))
    for path in (*tmp_path.iterdir(), tmp_path):
        path.chmod(0o500 if path.is_dir() else 0o400)
    try:
        found = load(tmp_path, "key")
    finally:
        tmp_path.chmod(0o700)
    assert found is not None
    assert np.array_equal(found.image, IMAGE)
    assert found.facts == {"device": "cpu"}
