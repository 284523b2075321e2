"""The convolution with a repeated border, and the pooling, against torch's own: results and gradients."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from texture_stylizer.engine.operators import winograd
from texture_stylizer.engine.operators.convolution import BorderedConvolution
from texture_stylizer.engine.operators.pooling import average_pool

ODD_SIZES = pytest.mark.parametrize("height, width", [(1, 1), (1, 5), (2, 3), (17, 12), (20, 33)])
CHANNELS = pytest.mark.parametrize(
    "channels",
    [(5, 7), (3, 16), (128, 256), (512, 512)],
    ids=["direct", "gradient by pairs", "gradient by winograd", "winograd"],
)


def random(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(len(shape) * 1000 + sum(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def fixed(weight: torch.Tensor, bias: torch.Tensor) -> BorderedConvolution:
    convolution = BorderedConvolution(weight, bias)
    convolution.requires_grad_(False)
    return convolution


def expected_of(maps: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return functional.conv2d(functional.pad(maps, (1, 1, 1, 1), mode="replicate"), weight, bias).relu()


def assert_same_with_gradients(own: torch.Tensor, expected: torch.Tensor, maps: torch.Tensor) -> None:
    torch.testing.assert_close(own, expected)
    gradient = random(*expected.shape)
    torch.testing.assert_close(*(torch.autograd.grad(found, maps, gradient)[0] for found in (own, expected)))


@ODD_SIZES
@CHANNELS
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_it_is_torchs_own_of_a_padded_input(
    height: int, width: int, channels: tuple[int, int], memory_format: torch.memory_format
) -> None:
    maps = random(1, channels[0], height, width).contiguous(memory_format=memory_format).requires_grad_()
    weight, bias = random(channels[1], channels[0], 3, 3), random(channels[1])
    own, expected = fixed(weight, bias).rectified(maps), expected_of(maps, weight, bias)
    assert_same_with_gradients(own, expected, maps)


@CHANNELS
def test_a_gradient_that_is_given_is_not_changed(channels: tuple[int, int]) -> None:
    maps = random(1, channels[0], 6, 9).requires_grad_()
    found = fixed(random(channels[1], channels[0], 3, 3), random(channels[1])).rectified(maps)
    given = random(*found.shape)
    torch.autograd.grad(found, maps, given)
    assert torch.equal(given, random(*found.shape))


def test_strips_join_without_a_trace() -> None:
    maps, weight = random(1, 128, 74, 70), random(256, 128, 3, 3)
    assert winograd.SQUARES_AT_ONCE < 17 * 18, "the squares make several strips"
    own = winograd.convolve(maps, winograd.transform(weight))
    torch.testing.assert_close(own, functional.conv2d(maps, weight))


@pytest.mark.parametrize(("precision", "most"), [(torch.float32, 2e-6), (torch.bfloat16, 0.018)])
def test_little_is_lost_in_low_precision(precision: torch.dtype, most: float) -> None:
    maps, weight = (tensor.to(precision) for tensor in (random(1, 256, 42, 42), random(256, 256, 3, 3)))
    exact = functional.conv2d(maps.double(), weight.double())
    own = winograd.convolve(maps, winograd.transform(weight))
    assert (own - exact).norm() < most * exact.norm()


@CHANNELS
def test_weights_of_another_precision_are_prepared_anew(channels: tuple[int, int]) -> None:
    weight, bias = random(channels[1], channels[0], 3, 3).float(), random(channels[1]).float()
    maps = random(1, channels[0], 6, 6).requires_grad_()
    convolution = fixed(weight, bias)
    convolution.rectified(maps.detach().float())
    own = convolution.double().rectified(maps)
    assert_same_with_gradients(own, expected_of(maps, weight.double(), bias.double()), maps)


@CHANNELS
def test_weights_that_were_changed_are_prepared_anew(channels: tuple[int, int]) -> None:
    weight, bias = random(channels[1], channels[0], 3, 3), random(channels[1])
    maps = random(1, channels[0], 6, 6).requires_grad_()
    convolution = fixed(weight, bias)
    convolution.rectified(maps)
    convolution.weight.mul_(-2)
    own = convolution.rectified(maps)
    assert_same_with_gradients(own, expected_of(maps, convolution.weight, bias), maps)


@CHANNELS
def test_weights_that_are_trained_have_a_gradient(channels: tuple[int, int]) -> None:
    convolution = BorderedConvolution(random(channels[1], channels[0], 3, 3), random(channels[1]))
    found = convolution.rectified(random(1, channels[0], 4, 6)).sum()
    (gradient,) = torch.autograd.grad(found, convolution.weight)
    assert gradient.abs().max() > 0


@ODD_SIZES
def test_pooling_is_torchs_own(height: int, width: int) -> None:
    maps = random(1, 5, height + 1, width + 1).requires_grad_()
    assert_same_with_gradients(average_pool(maps), functional.avg_pool2d(maps, 2), maps)
