"""Maps in eight bits a value."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from texture_stylizer.engine.losses.eight_bits import packed, unpacked


@given(st.floats(2.0**-17, 2.0**14))
def test_a_value_is_off_by_a_sixteenth_of_itself_at_most(value: float) -> None:
    found = float(unpacked(packed(torch.tensor([value])), torch.float32))
    # What is halfway between two is rounded to bfloat16 first.
    assert found == pytest.approx(value, rel=1 / 16 + 2.0**-9)


def test_every_code_stands_for_itself_and_they_rise() -> None:
    codes = torch.arange(256, dtype=torch.uint8)
    values = unpacked(codes, torch.float32)
    assert torch.equal(packed(values), codes)
    assert bool((values.diff() > 0).all())


@pytest.mark.parametrize(("value", "wanted"), [(0.0, 2.0**-17), (1e-30, 2.0**-17), (1e9, 2.0**15 * 15 / 16)])
def test_what_is_beyond_is_kept_as_the_nearest(value: float, wanted: float) -> None:
    assert float(unpacked(packed(torch.tensor([value])), torch.float32)) == wanted


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_maps_keep_their_shape_and_order_in_memory(
    dtype: torch.dtype, memory_format: torch.memory_format
) -> None:
    maps = torch.rand(1, 5, 7, 6).to(dtype).contiguous(memory_format=memory_format)
    found = unpacked(packed(maps[:, :, 1:5, 2:]), dtype)
    assert found.dtype == dtype and found.shape == (1, 5, 4, 4)
    assert torch.allclose(found, maps[:, :, 1:5, 2:], rtol=0.07, atol=1e-5)
