"""What lies about a position, taken from it: against torch's own operations, and its transpose."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from texture_stylizer.engine.operators import local_mean as surroundings
from texture_stylizer.engine.operators.local_mean import (
    subtract_surroundings,
    subtract_surroundings_transposed,
)

Size = tuple[int, int]
SIZES = st.tuples(st.integers(16, 90), st.integers(16, 90))


def maps(size: Size, seed: int = 0, channels: int = 3) -> Tensor:
    found = torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return found.contiguous(memory_format=torch.channels_last)


def by_torch(image: Tensor) -> Tensor:
    """Cells of 8, the mean of 5 x 5 of them, interpolated to the full size; what is left over repeated."""
    cells = functional.pad(functional.avg_pool2d(image, 8), (2, 2, 2, 2), mode="replicate")
    means = functional.interpolate(functional.avg_pool2d(cells, 5, stride=1), scale_factor=8, mode="bilinear")
    missing = (0, image.shape[3] - means.shape[3], 0, image.shape[2] - means.shape[2])
    return image - functional.pad(means, missing, mode="replicate")


@given(SIZES)
@settings(max_examples=30, deadline=None)
def test_is_a_map_less_its_mean_over_5_by_5_cells(size: Size) -> None:
    image = maps(size)
    wanted = by_torch(image)
    assert torch.allclose(subtract_surroundings(image), wanted, atol=1e-12)


@pytest.mark.parametrize("apart", [True, False], ids=["convolutions", "products"])
@given(size=SIZES)
@settings(max_examples=30, deadline=None)
def test_the_transposed_is_the_adjoint(size: Size, apart: bool) -> None:
    one, other = maps(size), maps(size, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surroundings, "convolves_channels_apart", lambda device: apart)
        forth = (subtract_surroundings(one.clone()) * other).sum()
        back = (one * subtract_surroundings_transposed(other.clone())).sum()
    assert torch.isclose(forth, back, rtol=1e-10)


def test_what_is_flat_for_far_around_is_nothing() -> None:
    image = torch.full((1, 1, 83, 181), 0.4).contiguous(memory_format=torch.channels_last)
    image[:, :, :, 90:] = 0.7
    found = subtract_surroundings(image).abs().amax((0, 1))
    assert found[:, 84:96].min() > 0.05
    assert found[:, :60].max() < 1e-5
    assert found[:, 120:].max() < 1e-5
