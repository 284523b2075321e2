"""The convolution with a repeated border, and the pooling, against torch's own: results and gradients."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from texture_stylizer.engine import winograd
from texture_stylizer.engine.convolution import BorderedConvolution
from texture_stylizer.engine.pooling import average_pool

ODD_SIZES = pytest.mark.parametrize("height, width", [(1, 1), (1, 5), (2, 3), (17, 12), (20, 33)])
CHANNELS = pytest.mark.parametrize(
    "channels", [(5, 7), (128, 256), (512, 512)], ids=["direct", "winograd", "deep winograd"]
)


def random(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(len(shape) * 1000 + sum(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def fixed(weight: torch.Tensor, bias: torch.Tensor) -> BorderedConvolution:
    convolution = BorderedConvolution(weight, bias)
    convolution.requires_grad_(False)
    return convolution


def expected_of(maps: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return functional.conv2d(functional.pad(maps, (1, 1, 1, 1), mode="replicate"), weight, bias)


@ODD_SIZES
@CHANNELS
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_it_is_torchs_own_of_a_padded_input(
    height: int, width: int, channels: tuple[int, int], memory_format: torch.memory_format
) -> None:
    maps = random(1, channels[0], height, width).contiguous(memory_format=memory_format).requires_grad_()
    weight, bias = random(channels[1], channels[0], 3, 3), random(channels[1])
    own, expected = fixed(weight, bias).bordered(maps), expected_of(maps, weight, bias)
    torch.testing.assert_close(own, expected)
    gradient = random(1, channels[1], height, width)
    (own_gradient,) = torch.autograd.grad(own, maps, gradient)
    (expected_gradient,) = torch.autograd.grad(expected, maps, gradient)
    torch.testing.assert_close(own_gradient, expected_gradient)


@ODD_SIZES
@CHANNELS
def test_its_result_may_be_changed_in_place(height: int, width: int, channels: tuple[int, int]) -> None:
    maps = random(1, channels[0], height, width).requires_grad_()
    convolution = fixed(random(channels[1], channels[0], 3, 3), random(channels[1]))
    gradient = torch.autograd.grad(convolution.bordered(maps).relu_().sum(), maps)[0]
    expected = torch.autograd.grad(convolution.bordered(maps).relu().sum(), maps)[0]
    torch.testing.assert_close(gradient, expected)


def test_strips_join_without_a_trace() -> None:
    maps, weight, bias = random(1, 128, 35, 70), random(256, 128, 3, 3), random(256)
    assert winograd.STRIP_BYTES < 16 * 35 * 128 * 8 * 17, "the rows of pairs make several strips"
    own = winograd.correlate(maps, winograd.transform(weight), bias)
    torch.testing.assert_close(own, functional.conv2d(maps, weight, bias))


def test_strips_of_the_gradient_join_without_a_trace() -> None:
    of_result, weight = random(1, 256, 35, 70), random(256, 128, 3, 3)
    assert winograd.STRIP_BYTES < 36 * 18 * 256 * 8 * 10, "the rows of fours make several strips"
    own = winograd.gradient(of_result, winograd.transform_turned(weight))
    torch.testing.assert_close(own, functional.conv_transpose2d(of_result, weight))


@pytest.mark.parametrize(("precision", "most"), [(torch.float32, 1e-6), (torch.bfloat16, 0.01)])
def test_maps_lose_little_in_low_precision(precision: torch.dtype, most: float) -> None:
    maps, weight, bias = random(1, 256, 40, 40), random(256, 256, 3, 3), random(256)
    narrow = [tensor.to(precision) for tensor in (maps, weight, bias)]
    exact = functional.conv2d(*(tensor.double() for tensor in narrow))
    own = winograd.correlate(narrow[0], winograd.transform(narrow[1]), narrow[2])
    assert (own - exact).norm() < most * exact.norm()


def test_deep_maps_lose_little_in_bfloat16() -> None:
    exact_values = random(1, 512, 21, 18), random(512, 512, 3, 3), random(512)
    maps, weight, bias = (values.bfloat16() for values in exact_values)
    exact = functional.conv2d(maps.double(), weight.double(), bias.double())
    own = winograd.correlate(maps, winograd.transform(weight), bias)
    assert (own - exact).norm() < 0.025 * exact.norm()


@pytest.mark.parametrize(("precision", "most"), [(torch.float32, 2e-6), (torch.bfloat16, 0.025)])
def test_gradients_lose_little_in_low_precision(precision: torch.dtype, most: float) -> None:
    of_result, weight = (tensor.to(precision) for tensor in (random(1, 256, 40, 40), random(256, 256, 3, 3)))
    exact = functional.conv_transpose2d(of_result.double(), weight.double())
    own = winograd.gradient(of_result, winograd.transform_turned(weight))
    assert (own - exact).norm() < most * exact.norm()


def test_weights_of_another_precision_are_transformed_anew() -> None:
    weight, bias, maps = random(256, 128, 3, 3).float(), random(256).float(), random(1, 128, 6, 6)
    convolution = fixed(weight, bias)
    convolution.bordered(maps.float())
    expected = expected_of(maps, weight.double(), bias.double())
    torch.testing.assert_close(convolution.double().bordered(maps), expected)


def test_weights_that_were_changed_are_transformed_anew() -> None:
    weight, bias, maps = random(256, 128, 3, 3), random(256), random(1, 128, 6, 6)
    convolution = fixed(weight, bias)
    convolution.bordered(maps)
    convolution.weight.mul_(2)
    torch.testing.assert_close(convolution.bordered(maps), expected_of(maps, convolution.weight, bias))


@CHANNELS
def test_weights_that_are_trained_have_a_gradient(channels: tuple[int, int]) -> None:
    convolution = BorderedConvolution(random(channels[1], channels[0], 3, 3), random(channels[1]))
    found = convolution.bordered(random(1, channels[0], 4, 6)).sum()
    (gradient,) = torch.autograd.grad(found, convolution.weight)
    assert gradient.abs().max() > 0


@ODD_SIZES
def test_pooling_is_torchs_own(height: int, width: int) -> None:
    maps = random(1, 5, height + 1, width + 1).requires_grad_()
    own, expected = average_pool(maps), functional.avg_pool2d(maps, 2)
    torch.testing.assert_close(own, expected)
    gradient = random(*expected.shape)
    (own_gradient,) = torch.autograd.grad(own, maps, gradient)
    (expected_gradient,) = torch.autograd.grad(expected, maps, gradient)
    torch.testing.assert_close(own_gradient, expected_gradient)
