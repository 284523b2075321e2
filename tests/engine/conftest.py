"""Small networks of VGG19's shape with random weights, and a small mesh."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from texture_stylizer.engine.features.vgg import CONVOLUTIONS, Features
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


@pytest.fixture(params=["average", "max"])
def features64(request: pytest.FixtureRequest) -> Features:
    """With each way of pooling."""
    return Features(random_weights(), name="random", pooling=request.param).double()


@pytest.fixture
def averaging64() -> Features:
    return Features(random_weights(), name="random").double()


@pytest.fixture(scope="session")
def features32() -> Features:
    return Features(random_weights((3, 4, 4, 4, 4)), name="random")


@pytest.fixture
def make_network() -> Callable[[type[Features]], Features]:
    return lambda kind: kind(random_weights(), name="random")
