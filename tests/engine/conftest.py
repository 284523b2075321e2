"""Small networks of VGG19's shape with random weights, and a small mesh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from texture_stylizer.engine.features.recipe import ContentTerm, across, down
from texture_stylizer.engine.features.vgg import COARSE_COLORS, COLORS, CONVOLUTIONS, Features
from texture_stylizer.engine.surface.coverage import Surface


def random_weights(widths: tuple[int, ...] = (6, 8, 10, 12, 14)) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    weights, channels = {}, 3
    for row in CONVOLUTIONS:
        width = widths[row.block - 1]
        weight = torch.randn(width, channels, 3, 3, generator=generator)
        weights[f"features.{row.number}.weight"] = weight * (2 / (9 * channels)) ** 0.5
        weights[f"features.{row.number}.bias"] = torch.randn(width, generator=generator) * 0.1
        channels = width
    return weights


def two_islands() -> Surface:
    """A strip of a plane, cut down the middle in the map."""
    left = [[0.05, 0.1], [0.45, 0.1], [0.45, 0.9]], [[0.05, 0.1], [0.45, 0.9], [0.05, 0.9]]
    right = [[0.55, 0.1], [0.95, 0.1], [0.95, 0.9]], [[0.55, 0.1], [0.95, 0.9], [0.55, 0.9]]
    triangles = np.array([*left, *right])
    vertices = np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]])
    return Surface.of(triangles, np.ones(4), vertices)


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    return random_weights()


@pytest.fixture(params=["average", "max", "embedded"])
def features64(request: pytest.FixtureRequest) -> Features:
    """With each way of pooling, and with the embedded network's terms."""
    return network64(request.param)


@pytest.fixture(params=["average", "embedded"])
def averaging64(request: pytest.FixtureRequest) -> Features:
    """The same but for maximum pooling."""
    return network64(request.param)


def network64(kind: str) -> Features:
    if kind == "embedded":
        content = ContentTerm("relu1_2", less_surroundings=True, share=0.5)
        style = {"relu1_1": 0.1, "relu2_1": 0.1, across("relu2_1"): 0.2, down("relu3_1"): 0.2}
        style |= {COLORS: 0.3, COARSE_COLORS: 0.2}
        return Features(random_weights(), name="random", content=content, style=style).double()
    return Features(random_weights(), name="random", pooling="max" if kind == "max" else "average").double()


@pytest.fixture(scope="session")
def features32() -> Features:
    return Features(random_weights((3, 4, 4, 4, 4)), name="random")


@pytest.fixture
def make_network() -> Callable[[type[Features]], Features]:
    return lambda kind: kind(random_weights(), name="random")
