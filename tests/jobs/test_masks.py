"""Masks through the worker's files: what is black stays bit for bit, in every format and depth."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import OpenImageIO as oiio
import pytest
from PIL import Image

from texture_stylizer.descriptions import Compute, Destination, Job, Mask, Source, StyleImage, UdimTile
from texture_stylizer.errors import BadInput
from texture_stylizer.jobs.mesh_file import save_meshes
from texture_stylizer.jobs.worker.task import run_job
from texture_stylizer.settings import Settings

SIZE = 48
KINDS = [
    ("png", "uint8", 3), ("png", "uint8", 4), ("png", "uint16", 3), ("tif", "uint16", 4), ("tif", "float", 3),
    ("exr", "half", 3), ("exr", "float", 4), ("webp", "uint8", 3), ("tga", "uint8", 4), ("bmp", "uint8", 3),
    ("hdr", "float", 3),
]  # fmt: skip


def nothing(*_: object) -> None:
    """Hears of iterations and warnings."""


def stored(path: Path) -> np.ndarray:
    """The file's values as they stand in it."""
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    opened = oiio.ImageInput.open(str(path), config)
    kind = "float" if str(opened.spec().format) in ("half", "float") else str(opened.spec().format)
    return np.array(opened.read_image(0, 0, 0, opened.spec().nchannels, kind))


def save(path: Path, depth: str = "uint8", channels: int = 3, seed: int = 0, size: int = SIZE) -> Path:
    values = np.random.default_rng(seed).random((size, size, channels), dtype=np.float32)
    if depth in ("half", "float"):
        values = values * 4.0
        values[..., 3:] /= 4.0
    else:
        values = np.rint(values * np.iinfo(depth).max).astype(depth)
    spec = oiio.ImageSpec(size, size, channels, depth)
    if depth.startswith("uint"):
        spec.attribute("oiio:UnassociatedAlpha", 1)
        spec.attribute("Compression", "lossless:100") if path.suffix == ".webp" else None
    output = oiio.ImageOutput.create(str(path))
    output.open(str(path), spec)
    output.write_image(values)
    output.close()
    return path


def save_mask(path: Path, values: np.ndarray) -> Path:
    Image.fromarray(values.astype(np.uint8)).save(path)
    return path


def left_white(size: int = SIZE) -> np.ndarray:
    values = np.zeros((size, size))
    values[:, : size // 2] = 255
    return values


@pytest.fixture
def make_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEXTURE_STYLIZER_CACHE", str(tmp_path / "cache"))
    (tmp_path / "out").mkdir()
    style = save(tmp_path / "style.png", seed=1, size=64)

    def make(source: Path, white: np.ndarray | None, **changes: object) -> Job:
        masked = None
        if white is not None:
            path = save_mask(tmp_path / f"mask{int(white.sum())}.png", white)
            masked = Mask("mask.png", Source(str(path)))
        job = Job(
            id="a",
            name="wall",
            source=Source(str(source)),
            destination=Destination(str(tmp_path / "out" / source.name)),
            styles=(StyleImage(str(style)),),
            settings=Settings(iterations=2, scales=1),
            compute=Compute(features="embedded", device="cpu", cache=False),
            folder=str(tmp_path),
        )
        return dataclasses.replace(job, **({"mask": masked} | changes))

    return make


@pytest.mark.parametrize(("suffix", "depth", "channels"), KINDS)
def test_what_is_black_stays_bit_for_bit(
    make_job, tmp_path: Path, suffix: str, depth: str, channels: int
) -> None:
    source = save(tmp_path / f"a.{suffix}", depth, channels)
    outcome = run_job(make_job(source, left_white()), nothing, nothing)
    before, after = stored(source), stored(Path(outcome.output))
    assert after.dtype == before.dtype
    assert np.array_equal(after[:, SIZE // 2 :], before[:, SIZE // 2 :])
    assert not np.array_equal(after[:, : SIZE // 2], before[:, : SIZE // 2])


def test_grey_mixes_stored_values_linearly(make_job, tmp_path: Path) -> None:
    source = save(tmp_path / "a.png", size=SIZE)
    whole = make_job(source, np.full((SIZE, SIZE), 255.0))
    grey = make_job(source, np.full((SIZE, SIZE), 102.0))
    before = stored(source).astype(float)
    full, mixed = (stored(Path(run_job(job, nothing, nothing).output)).astype(float) for job in (whole, grey))
    assert np.abs(mixed - (before + 0.4 * (full - before))).max() <= 2.0


def test_a_mask_of_another_size_is_made_to_fit(make_job, tmp_path: Path) -> None:
    source = save(tmp_path / "a.png")
    outcome = run_job(make_job(source, left_white(12)), nothing, nothing)
    same = (stored(source) == stored(Path(outcome.output))).all(axis=(0, 2))
    assert same[SIZE // 2 + 2 :].all() and not same[: SIZE // 2 - 2].any()


def test_another_mask_is_another_result_for_the_cache(make_job, tmp_path: Path) -> None:
    source = save(tmp_path / "a.png")
    compute = Compute(features="embedded", device="cpu")
    cached = [
        run_job(make_job(source, mask, compute=compute), nothing, nothing).cached
        for mask in (left_white(), left_white().T, left_white())
    ]
    assert cached == [False, False, True]


def test_a_jpeg_result_with_a_mask_is_refused(make_job, tmp_path: Path) -> None:
    job = make_job(save(tmp_path / "a.png"), left_white())
    job = dataclasses.replace(job, destination=Destination(str(tmp_path / "out" / "a.jpg")))
    with pytest.raises(BadInput, match="JPEG cannot keep"):
        run_job(job, nothing, nothing)


def test_a_black_mask_says_so(make_job, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"the mask mask\.png is black everywhere"):
        run_job(make_job(save(tmp_path / "a.png"), np.zeros((8, 8))), nothing, nothing)


def plane(left: float, right: float, mark: float) -> dict[str, np.ndarray]:
    """A square of one face in UV space, marked evenly."""
    uvs = np.float32([[left, 0], [right, 0], [right, 1], [left, 1]])
    return {
        "uvs": uvs,
        "corners": np.arange(4),
        "starts": np.array([0]),
        "chosen": np.array([True]),
        "positions": np.pad(uvs, ((0, 0), (0, 1))),
        "matrix": np.eye(4),
        "marks": np.full((4, 1), mark, np.float32),
    }


def marks(path: Path, *planes: dict[str, np.ndarray]) -> str:
    save_meshes(path, {f"{key}.{n}": array for n, each in enumerate(planes) for key, array in each.items()})
    return str(path)


@pytest.fixture
def udim(make_job, tmp_path: Path) -> Job:
    numbers = 1001, 1002
    tiles = tuple(
        UdimTile(
            number,
            Source(str(save(tmp_path / f"wall.{number}.png", seed=number))),
            Destination(str(tmp_path / "out" / f"wall.{number}.png")),
        )
        for number in numbers
    )
    path = marks(tmp_path / "marks.npz", plane(0, 1, 0.0), plane(1, 2, 1.0))
    return make_job(
        tmp_path / "wall.1001.png",
        None,
        destination=tiles[0].destination,
        tiles=tiles,
        marks=path,
        mask=Mask("Right"),
    )


def test_marks_of_faces_leave_a_udim_tile_as_it_is(udim: Job) -> None:
    run_job(udim, nothing, nothing)
    same = [
        np.array_equal(stored(Path(tile.source.path)), stored(Path(tile.destination.path)))
        for tile in udim.tiles
    ]
    assert same == [True, False]


def test_an_image_is_no_mask_of_a_udim_set(udim: Job, tmp_path: Path) -> None:
    image = Source(str(save_mask(tmp_path / "mask.png", left_white())))
    with pytest.raises(BadInput, match="UDIM set"):
        run_job(dataclasses.replace(udim, mask=Mask("mask.png", image)), nothing, nothing)


def test_an_earlier_result_is_seen_where_the_mask_is_black(make_job, tmp_path: Path) -> None:
    source, earlier = save(tmp_path / "a.png"), save(tmp_path / "earlier.png", seed=5)
    job = make_job(source, left_white(), beneath=(Source(str(earlier)),))
    after = stored(Path(run_job(job, nothing, nothing).output))
    assert np.array_equal(after[:, SIZE // 2 :], stored(earlier)[:, SIZE // 2 :])


def test_a_job_with_masks_survives_the_way_to_the_worker(make_job, tmp_path: Path) -> None:
    job = make_job(save(tmp_path / "a.png"), left_white(), regions=(Mask("wood", column=2),), marks="m.npz")
    assert Job.from_json(job.to_json()) == job
