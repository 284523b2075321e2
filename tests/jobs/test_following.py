"""Maps that follow a colour, through the worker's files: formats, depths, UDIM tiles, what is left alone."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image

from texture_stylizer.descriptions import (
    Compute,
    Destination,
    FollowingMap,
    Job,
    Source,
    StyleImage,
    UdimTile,
)
from texture_stylizer.errors import BadInput
from texture_stylizer.jobs.worker.images import read_image
from texture_stylizer.jobs.worker.task import run_job
from texture_stylizer.settings import Settings

RELIEF = Settings(iterations=3, scales=1, relief=1.0)


def nothing(*_: object) -> None:
    """Hears of iterations and warnings."""


def save(path: Path, size: int = 96, seed: int = 0) -> Path:
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 256, (12, 12, 3), dtype=np.uint8))
    small.resize((size, size), Image.Resampling.BICUBIC).save(path)
    return path


def save_16_bit(path: Path, values: np.ndarray) -> Path:
    height, width = values.shape[:2]
    output = oiio.ImageOutput.create(str(path))
    output.open(str(path), oiio.ImageSpec(width, height, 3, "uint16"))
    output.write_image(np.rint(values * 65535).astype(np.uint16))
    output.close()
    return path


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setenv("TEXTURE_STYLIZER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "out").mkdir()
    return Job(
        id="a",
        name="bricks",
        source=Source(str(save(tmp_path / "bricks.png"))),
        destination=Destination(str(tmp_path / "out" / "bricks.png")),
        styles=(StyleImage(str(save(tmp_path / "style.png", seed=1))),),
        settings=RELIEF,
        compute=Compute(features="embedded", device="cpu"),
        folder=str(tmp_path),
    )


def following(job: Job, *maps: FollowingMap) -> Job:
    return dataclasses.replace(job, following=maps)


def to(job: Job, name: str) -> Destination:
    return Destination(str(Path(job.destination.path).parent / name), replace=False)


def flat_normals(height: int, width: int) -> np.ndarray:
    return np.broadcast_to(np.array([0.5, 0.5, 1.0]), (height, width, 3))


def test_a_new_normal_map_lies_beside_the_colour(job: Job) -> None:
    wanted = FollowingMap("normal", None, to(job, "bricks_normal.png"))
    outcome = run_job(following(job, wanted), nothing, nothing)
    made = read_image(Path(outcome.following[0]))
    assert made.color.shape == (96, 96, 3)
    assert made.depth == "uint8"
    vectors = made.color * 2 - 1
    assert np.abs(np.linalg.norm(vectors, axis=2) - 1).max() < 0.02
    assert vectors[..., :2].std() > 0.02


def test_a_16_bit_map_keeps_its_depth_and_size(job: Job, tmp_path: Path) -> None:
    source = save_16_bit(tmp_path / "normal.png", flat_normals(64, 48))
    wanted = FollowingMap("normal", Source(str(source)), to(job, "normal.png"))
    outcome = run_job(following(job, wanted), nothing, nothing)
    made = read_image(Path(outcome.following[0]))
    assert made.depth == "uint16"
    assert made.color.shape == (64, 48, 3)


def test_of_a_packed_map_only_the_roughness_is_written(job: Job, tmp_path: Path) -> None:
    source = save(tmp_path / "orm.png", seed=3)
    wanted = FollowingMap("roughness", Source(str(source)), to(job, "orm.png"), channel=1)
    rough = dataclasses.replace(job, settings=dataclasses.replace(RELIEF, relief=0.0, roughness_follow=1.0))
    outcome = run_job(following(rough, wanted), nothing, nothing)
    before, after = np.asarray(Image.open(source)), np.asarray(Image.open(outcome.following[0]))
    assert np.array_equal(before[..., [0, 2]], after[..., [0, 2]])
    assert not np.array_equal(before[..., 1], after[..., 1])


def test_the_relief_of_an_earlier_picture_needs_no_run(job: Job) -> None:
    wanted = FollowingMap("normal", None, to(job, "one.png"))
    drawn = run_job(following(job, wanted), nothing, nothing)
    again = dataclasses.replace(
        following(job, dataclasses.replace(wanted, destination=to(job, "two.png"))),
        restyled=(Source(drawn.output),),
        styles=(),
    )
    later = run_job(again, nothing, nothing)
    one, two = (np.asarray(Image.open(path)).astype(int) for path in (*drawn.following, *later.following))
    # The picture was rounded to 8 bits in between.
    assert np.abs(one - two).mean() < 2
    assert later.output == drawn.output


def test_the_colour_does_not_depend_on_the_relief(job: Job) -> None:
    wanted = FollowingMap("normal", None, to(job, "normal.png"))
    with_relief = run_job(following(job, wanted), nothing, nothing)
    plain = dataclasses.replace(
        job,
        settings=dataclasses.replace(RELIEF, relief=0.0),
        destination=Destination(str(Path(job.destination.path).with_name("plain.png"))),
    )
    without = run_job(plain, nothing, nothing)
    assert without.cached
    assert without.output_sha256 == with_relief.output_sha256


def test_a_map_that_cannot_be_written_leaves_nothing(job: Job, tmp_path: Path) -> None:
    out = Path(job.destination.path).parent
    good = FollowingMap("normal", None, to(job, "good.png"))
    bad = FollowingMap("normal", Source(str(tmp_path / "none.png")), to(job, "bad.png"))
    with pytest.raises(BadInput, match=r"none\.png"):
        run_job(following(job, good, bad), nothing, nothing)
    assert list(out.iterdir()) == []


def test_relief_runs_on_across_udim_tiles(job: Job, tmp_path: Path) -> None:
    numbers = (1001, 1002)
    sources = [save(tmp_path / f"wall.{n}.png", seed=n) for n in numbers]
    normals = [save_16_bit(tmp_path / f"normal.{n}.png", flat_normals(96, 96)) for n in numbers]

    def tiles(paths: list[Path], name: str) -> tuple[UdimTile, ...]:
        return tuple(
            UdimTile(n, Source(str(path)), to(job, f"{name}.{n}.png"))
            for n, path in zip(numbers, paths, strict=True)
        )

    colors, maps = tiles(sources, "wall"), tiles(normals, "normal")
    wanted = FollowingMap("normal", maps[0].source, maps[0].destination, tiles=maps)
    tiled = dataclasses.replace(
        following(job, wanted), tiles=colors, source=colors[0].source, destination=colors[0].destination
    )
    outcome = run_job(tiled, nothing, nothing)
    assert outcome.following == (maps[0].destination.path,)
    made = [read_image(Path(tile.destination.path)) for tile in maps]
    assert all(picture.depth == "uint16" for picture in made)
    # Both tiles were one picture: no border is left of the mean over each.
    whole = np.concatenate([picture.color for picture in made], axis=1) * 2 - 1
    assert np.abs(whole[..., :2].mean(axis=(0, 1))).max() < 2e-3
