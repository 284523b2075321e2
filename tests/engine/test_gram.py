"""Gram matrices of narrow maps are those of the same values in float64, however the maps lie in memory."""

from __future__ import annotations

import pytest
import torch

from texture_stylizer.engine.losses.gram import SUMMED_AT_ONCE, gram_sum
from texture_stylizer.engine.operators.channel_mixing import mixed


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 5), (16, 32), (61, 83)])
@pytest.mark.parametrize("channels", [3, 64])
def test_sums_of_bfloat16_maps_lose_no_more_than_one_rounding(height: int, width: int, channels: int) -> None:
    generator = torch.Generator().manual_seed(height)
    maps = torch.rand(1, channels, height, width, generator=generator).bfloat16()
    flat = maps.double().flatten(2)[0]
    exact, found = flat @ flat.T, gram_sum(maps)
    assert found.dtype == torch.float32
    assert (found - exact).norm() <= 2**-8 * exact.norm()


def test_many_parts_lose_less_than_one_rounding() -> None:
    maps = torch.rand(1, 32, 160, 161, generator=torch.Generator().manual_seed(0)).bfloat16()
    assert maps[0, 0].numel() > 50 * SUMMED_AT_ONCE
    flat = maps.double().flatten(2)[0]
    exact = flat @ flat.T
    assert (gram_sum(maps) - exact).norm() < 0.0005 * exact.norm()


def test_a_part_of_a_map_is_summed_as_it_lies() -> None:
    """A tile's core is no whole map, and a difference's has its positions in another order."""
    maps = torch.rand(1, 24, 70, 90, generator=torch.Generator().manual_seed(0)).bfloat16()
    for whole in (maps, maps.contiguous(memory_format=torch.channels_last)):
        core = whole[:, :, 16:64, 16:80]
        torch.testing.assert_close(gram_sum(core), gram_sum(core.clone()), rtol=1e-3, atol=0)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("core", [slice(None), slice(2, -1)], ids=["whole", "core"])
def test_sums_and_mixtures_do_not_depend_on_how_maps_lie(
    memory_format: torch.memory_format, core: slice
) -> None:
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(1, 4, 7, 9, generator=generator, dtype=torch.float64)
    matrix = torch.rand(4, 4, generator=generator, dtype=torch.float64)
    symmetric = matrix + matrix.T
    seen = maps.contiguous(memory_format=memory_format)[:, :, core, core]
    expected = maps[:, :, core, core]
    torch.testing.assert_close(gram_sum(seen), torch.einsum("nchw,ndhw->cd", expected, expected))
    torch.testing.assert_close(mixed(seen, symmetric), torch.einsum("cd,ndhw->nchw", symmetric, expected))
