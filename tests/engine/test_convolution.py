"""The convolution with a repeated border against torch's own, result and gradient."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from texture_stylizer.engine.convolution import bordered_convolution


@pytest.mark.parametrize("height, width", [(1, 1), (1, 5), (2, 3), (17, 12)])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_it_is_torchs_own_of_a_padded_input(
    height: int, width: int, memory_format: torch.memory_format
) -> None:
    generator = torch.Generator().manual_seed(height)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    maps = random(1, 5, height, width).contiguous(memory_format=memory_format).requires_grad_()
    weight, bias, gradient = random(7, 5, 3, 3), random(7), random(1, 7, height, width)
    own = bordered_convolution(maps, weight, bias)
    expected = functional.conv2d(functional.pad(maps, (1, 1, 1, 1), mode="replicate"), weight, bias)
    torch.testing.assert_close(own, expected)
    (own_gradient,) = torch.autograd.grad(own, maps, gradient)
    (expected_gradient,) = torch.autograd.grad(expected, maps, gradient)
    torch.testing.assert_close(own_gradient, expected_gradient)


def test_weights_that_are_trained_have_a_gradient() -> None:
    maps, bias = torch.rand(1, 5, 4, 6), torch.zeros(7)
    weight = torch.rand(7, 5, 3, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(bordered_convolution(maps, weight, bias).sum(), weight)
    assert gradient.abs().min() > 0
