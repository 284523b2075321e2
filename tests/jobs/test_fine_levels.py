"""On a processor the small network draws what is large, and the report says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from texture_stylizer.descriptions import Compute, Destination, Job, Source, StyleImage
from texture_stylizer.jobs.worker import task
from texture_stylizer.settings import Settings

STYLES = Path(__file__).parents[2] / "sample_assets" / "styles"


@pytest.mark.parametrize(
    ("features", "max_size", "said"),
    [("auto", None, "vgg19, embedded above 80 px"), ("auto", 80, "vgg19"), ("vgg19", None, "vgg19")],
)
def test_auto_leaves_large_levels_to_the_small_network(
    features: str, max_size: int | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("engine.coarse_to_fine", "jobs.worker.task"):
        monkeypatch.setattr(f"texture_stylizer.{module}.FINE_SIDE", 80)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (96, 96, 3), np.uint8)).save(tmp_path / "a.png")
    job = Job(
        id="a", name="a",
        source=Source(str(tmp_path / "a.png")), destination=Destination(str(tmp_path / "b.png")),
        styles=(StyleImage(str(STYLES / "mosaic.jpg")),),
        settings=Settings(iterations=2, scales=1, max_size=max_size),
        compute=Compute(features=features, device="cpu", cache=False), folder=str(tmp_path),
    )  # fmt: skip
    assert task.run_job(job, lambda _: None, print).features == said
