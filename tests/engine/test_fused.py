"""The fused network, by kernels that Triton interprets on the processor: the maps and the gradient are those
of torch's own operators."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest
import torch

from texture_stylizer.engine.fused import Layer, is_possible

CHECK = """
import torch
from hypothesis import Phase, given, settings, strategies as st
from texture_stylizer.engine import fused
from texture_stylizer.engine.features import Features
from tests.engine.conftest import random_weights

# cuDNN has no processor's version; the kernels about it are what is tested.
fused._rectified_convolution = lambda seen, weight, bias: torch.conv2d(seen, weight, bias).relu_()

def maps_and_gradient(features, image, fuse):
    fused.is_possible = lambda layers: fuse
    leaf = image.detach().requires_grad_()
    maps = features(leaf, padding="replicate")
    torch.manual_seed(0)
    wanted = [torch.randn(found.shape).to(found.dtype) for found in maps.values()]
    (gradient,) = torch.autograd.grad(list(maps.values()), leaf, wanted)
    return maps, gradient

def apart(one, two):
    return float((one.detach().float() - two.detach().float()).norm() / two.detach().float().norm())

@settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate])
@given(height=st.integers(16, 45), width=st.integers(16, 45), cropped=st.booleans())
def check(height, width, cropped):
    torch.manual_seed(height * width)
    image = torch.rand(1, 3, height + 4, width + 4).contiguous(memory_format=torch.channels_last)
    # As a tile's region is: a view of the whole.
    image = image[:, :, 2:-2, 2:-2] if cropped else image
    # Of the few positions of 16 x 16 px some are rectified after one rounding and not after another.
    for dtype, bound in ((torch.float32, 1e-5), (torch.bfloat16, 0.05)):
        features = Features(random_weights((8, 16, 16, 24, 8)), name="random").to(dtype=dtype)
        maps, gradient = maps_and_gradient(features, image, True)
        expected, expected_gradient = maps_and_gradient(features, image, False)
        assert maps.keys() == expected.keys()
        for layer, found in maps.items():
            assert apart(found, expected[layer]) < bound, (layer, height, width, dtype)
        assert apart(gradient, expected_gradient) < bound, (height, width, dtype)
        assert gradient.dtype == torch.float32

check()
"""


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="this torch came without Triton")
def test_fused_maps_and_gradients_are_those_of_the_plain_network() -> None:
    command = [sys.executable, "-W", "ignore", "-c", CHECK]
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment)
    assert done.returncode == 0, done.stderr


def test_nothing_is_fused_on_a_processor() -> None:
    assert not is_possible([Layer(torch.zeros(8, 3, 3, 3), torch.zeros(8), False)])
