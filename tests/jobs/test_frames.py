"""Frames that follow each other change less than the same frames stylised alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from texture_stylizer.descriptions import Compute, Destination, Frame, Job, Source, StyleImage
from texture_stylizer.jobs.worker.task import run_job
from texture_stylizer.settings import Settings

STYLES = Path(__file__).parents[2] / "sample_assets" / "styles"


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path), dtype=np.float64)


def job(folder: Path, frames: list[Frame]) -> Job:
    return Job(
        id="a", name="a", source=frames[0].source, destination=frames[0].destination,
        styles=(StyleImage(str(STYLES / "swirling_oil.jpg")),), settings=Settings(iterations=40, scales=2),
        compute=Compute(features="embedded", device="cpu", cache=False), folder=str(folder),
        frames=tuple(frames) if len(frames) > 1 else (),
    )  # fmt: skip


def test_a_sequence_flickers_less_than_its_frames_alone(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    ramp = np.add.outer(np.arange(160), np.arange(160))[..., None] / 320 * [255, 180, 90]
    names = ["1.png", "2.png", "3.png"]
    for name in names:
        noisy = np.clip(ramp + random.normal(0, 8, ramp.shape), 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(tmp_path / name)

    def frames(kind: str) -> list[Frame]:
        return [
            Frame(n, Source(str(tmp_path / name)), Destination(str(tmp_path / f"{kind}_{name}")))
            for n, name in enumerate(names, start=1)
        ]

    for frame in frames("alone"):
        run_job(job(tmp_path, [frame]), lambda _: None, print)
    run_job(job(tmp_path, frames("chained")), lambda _: None, print)

    def flicker(kind: str) -> float:
        pictures = [picture(tmp_path / f"{kind}_{name}") for name in names]
        return float(np.mean([np.abs(a - b).mean() for a, b in zip(pictures, pictures[1:], strict=False)]))

    assert flicker("chained") < 0.9 * flicker("alone")
