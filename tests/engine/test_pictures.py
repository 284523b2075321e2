"""What the real network draws, judged by layers that take no part in any loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.benchmarks.judges import HeldOutLayers
from texture_stylizer.engine import Features, Settings, load_features, stylize
from texture_stylizer.engine.features.recipe import CONTENT_SHARE
from texture_stylizer.jobs.worker.precision import choose_precision

SAMPLES = Path(__file__).parents[2] / "sample_assets"
STYLES = sorted((SAMPLES / "styles").glob("*.jpg"))
TAKEN_ON = 0.7
"""Of the way to the style; 1 is the style itself."""

STANDARD = Settings.preset("standard", iterations=60)
AS_IT_WAS = dataclasses.replace(STANDARD, content_weight=0.3 / CONTENT_SHARE)
"""0.3 of the relative squared error, which holds the style off."""


@pytest.fixture(scope="module")
def vgg19() -> Features:
    return load_features("vgg19", dtype=choose_precision("auto", torch.device("cpu")))


def read(path: Path, size: int) -> np.ndarray:
    picture = Image.open(path).convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.float32) / 255


@pytest.fixture(scope="module")
def closed(vgg19: Features) -> Callable[[Path, Settings], float]:
    """How far planks come to a style with some settings."""
    judge, texture = HeldOutLayers(), read(SAMPLES / "market_textures" / "planks.png", 128)

    def run(path: Path, settings: Settings) -> float:
        style = read(path, 256)
        picture = stylize(texture, [(style, 1.0)], settings, features=vgg19).image
        return judge.style(picture, texture, style)

    return run


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.stem)
def test_every_sample_style_is_taken_on(path: Path, closed: Callable[[Path, Settings], float]) -> None:
    assert closed(path, STANDARD) >= TAKEN_ON


def test_more_content_would_hold_a_style_off(closed: Callable[[Path, Settings], float]) -> None:
    """So that the test above can fail."""
    assert closed(SAMPLES / "styles" / "stained_glass.jpg", AS_IT_WAS) < TAKEN_ON
