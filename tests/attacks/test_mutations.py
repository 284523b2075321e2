"""Damaged files, from fixed seeds: each is read, or refused in one sentence that names it."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest

from texture_stylizer.errors import BadInput
from texture_stylizer.jobs.worker.images import read_image, write_image

from .conftest import ALL, Place

COUNT = int(ALL or 0)
ROOT = Path(__file__).parents[2]
KINDS = ("png", "jpg", "tif", "tga", "bmp", "webp", "exr", "hdr")


def mutated(data: bytes, seed: int) -> bytes:
    """Some bytes changed, or a piece cut out, doubled or cut off."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.choice((0, 1, 2, 8, 64))):
        changed[chance.randrange(len(changed))] = chance.choice((0, 255, chance.randrange(256)))
    if chance.random() < 0.3:
        struct.pack_into(
            "<I", changed, chance.randrange(len(changed) - 4), chance.choice((0, 2**31, 2**32 - 1))
        )
    start, length = chance.randrange(len(changed)), chance.randrange(1, 64)
    how = chance.choice(("keep", "keep", "cut off", "cut out", "double"))
    if how == "cut off":
        del changed[start:]
    elif how == "cut out":
        del changed[start : start + length]
    elif how == "double":
        changed[start:start] = changed[start : start + length]
    return bytes(changed)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A small image of each kind."""
    folder = tmp_path_factory.mktemp("images")
    values = np.random.default_rng(0).random((24, 20, 3), dtype=np.float32)
    found = {}
    for kind in KINDS:
        path = folder / f"whole.{kind}"
        output = oiio.ImageOutput.create(str(path))
        output.open(str(path), oiio.ImageSpec(20, 24, 3, "float" if kind in ("exr", "hdr") else "uint8"))
        output.write_image(values)
        output.close()
        found[kind] = path.read_bytes()
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_image_is_read_or_refused(images: dict[str, bytes], tmp_path: Path, kind: str) -> None:
    for seed in range(max(COUNT, 500) // len(KINDS)):
        path = tmp_path / f"{seed}.{kind}"
        path.write_bytes(mutated(images[kind], seed))
        try:
            picture = read_image(path)
            if picture.color.size < 10_000:
                write_image(tmp_path / "out.png", picture, np.clip(np.nan_to_num(picture.color), 0, 1))
        except BadInput as reason:
            assert path.name in str(reason)


def test_damaged_images_do_not_stop_the_others(images: dict[str, bytes], place: Place) -> None:
    names = []
    for seed in range(24):
        kind = KINDS[seed % len(KINDS)]
        names.append(f"m{seed}.{kind}")
        (place.folder / names[-1]).write_bytes(mutated(images[kind], 1000 + seed))
    status, error = place.stylize(*names, "a.png", "-o", "out")
    lines = error.strip().splitlines()
    assert status == 1
    assert (place.folder / "out" / "a.png").is_file()
    assert all(any(name in line for name in names) for line in lines)
    written = {path.name for path in (place.folder / "out").iterdir()} - {"a.png"}
    failed = {name for name in names if any(f"{name}" in line for line in lines if line.startswith("error"))}
    assert written | failed == set(names)
    assert not written & failed


def test_a_damaged_blend_is_read_or_refused(model_place: Place) -> None:
    whole = (model_place.folder / "cube.blend").read_bytes()
    before = sorted(path.name for path in model_place.folder.iterdir())
    path = model_place.folder / "damaged.blend"
    for seed in range(max(COUNT, 4)):
        path.write_bytes(mutated(whole, seed))
        status, error = model_place.run("inspect", "damaged.blend")
        assert status in (0, 1), error
        assert len(error.strip().splitlines()) == status
        assert status == 0 or error.startswith("error: damaged.blend: ")
        path.unlink()
        assert sorted(path.name for path in model_place.folder.iterdir()) == before
        assert list(model_place.temporary.iterdir()) == []


def test_many_damaged_blends_raise_nothing_unexpected(model_place: Place) -> None:
    whole, first, count = str(model_place.folder / "cube.blend"), 0, max(COUNT, 40)
    while first < count:
        # Blender may crash on one, which is its process's end, and never more.
        command = [sys.executable, "-m", "tests.attacks.inspect_many", whole, str(first), str(count - first)]
        tried = subprocess.run(command, cwd=ROOT, env=model_place.environment, capture_output=True, text=True)
        assert "Traceback" not in tried.stderr, tried.stderr
        first = 1 + max(int(line) for line in tried.stderr.splitlines() if line.isdigit())
