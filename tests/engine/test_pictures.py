"""What the real network draws, judged by layers that take no part in any loss."""

from __future__ import annotations

import dataclasses
import statistics
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.benchmarks.judges import HeldOutLayers
from texture_stylizer.engine import Features, Settings, load_features, stylize

SAMPLES = Path(__file__).parents[2] / "sample_assets"
STYLES = sorted((SAMPLES / "styles").glob("*.jpg"))
STANDARD = Settings.preset("standard", iterations=100)
AS_IT_WAS = dataclasses.replace(STANDARD, content_weight=10.0)
"""0.3 of the relative squared error, which held the style off."""


@pytest.fixture(scope="module")
def vgg19() -> Features:
    return load_features("vgg19")


def read(path: Path, size: int) -> np.ndarray:
    picture = Image.open(path).convert("RGB").resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(picture, np.float32) / 255


def test_every_sample_style_is_taken_on(vgg19: Features) -> None:
    judge, texture = HeldOutLayers(vgg19), read(SAMPLES / "market_textures" / "planks.png", 128)
    closed, before = {}, {}
    for path in STYLES:
        style = read(path, 256)
        for found, settings in ((closed, STANDARD), (before, AS_IT_WAS)):
            picture = stylize(texture, [(style, 1.0)], settings, features=vgg19).image
            found[path.stem] = judge.style(picture, texture, style)
    print(closed, before)
    assert min(closed.values()) >= 0.5
    assert statistics.median(before.values()) < 0.5
