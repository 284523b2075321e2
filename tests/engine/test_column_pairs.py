"""Two positions at once: the sums are those of the plain convolution."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from texture_stylizer.engine.operators.column_pairs import convolve, is_paired, paired


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(3, 20),
    half=st.integers(2, 12),
    channels=st.integers(1, 9),
    filters=st.integers(1, 4),
)
def test_it_is_the_plain_convolution(height: int, half: int, channels: int, filters: int) -> None:
    generator = torch.Generator().manual_seed(height * half)
    maps = torch.rand(1, channels, height, 2 * half, generator=generator, dtype=torch.float64)
    weight = torch.rand(filters, channels, 3, 3, generator=generator, dtype=torch.float64)
    assert is_paired(paired(weight)) and not is_paired(weight)
    found = convolve(maps.contiguous(memory_format=torch.channels_last), paired(weight))
    assert torch.allclose(found, functional.conv2d(maps, weight), rtol=1e-12)
