"""The fused network, by kernels that Triton interprets on the processor."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest
import torch

from texture_stylizer.engine.operators.cuda_network import Layer, is_possible

CHECK = """
import torch
from hypothesis import Phase, given, settings, strategies as st
from texture_stylizer.engine.operators import cuda_network as fused
from texture_stylizer.engine.features.vgg import Features
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

PASSES = """
import torch
from texture_stylizer.engine.operators import cuda_network as fused
from texture_stylizer.engine.gradient.network_pass import Fused, Graphed
from tests.engine.test_network_pass import network, own_gradients, picture

fused._rectified_convolution = lambda seen, weight, bias: torch.conv2d(seen, weight, bias).relu_()
fused.is_possible = lambda layers: False

for height, width in ((16, 16), (37, 53), (64, 49)):
    features = network("eights").float()
    image = picture(height, width).float().contiguous(memory_format=torch.channels_last)
    found = []
    for kind in (Fused, Graphed):
        seen = kind(features, image, there_and_back=True)
        own = own_gradients(seen.maps, within=height > 60)
        found.append(seen.image_gradient({layer: given if not torch.is_tensor(given) else given.float()
            for layer, given in own.items()}))
    assert (found[0] - found[1]).norm() < 1e-5 * found[1].norm(), (height, width)
"""

OBJECTIVE = """
import torch
from texture_stylizer.engine import Objective, Settings, load_features
from texture_stylizer.engine.gradient import network_pass as passes
from texture_stylizer.engine.operators import cuda_network as fused

def random(seed, *size):
    found = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed))
    return found.contiguous(memory_format=torch.channels_last)

def evaluate(tile, mask):
    features = load_features("embedded", device="cpu", dtype=torch.float32)
    content, image = random(0, 83, 62), random(1, 83, 62)
    objective = Objective(features, content, [(random(2, 40, 48), 1.0)], Settings(), mask)
    return objective.loss_and_gradient(image, tile, strips=False)

ways = (None, None), (32, (random(3, 83, 62)[0, 0] > 0.3).float())
plain = [evaluate(None, mask) for _, mask in ways]
fused._rectified_convolution = lambda seen, weight, bias: torch.conv2d(seen, weight, bias).relu_()
fused.is_possible = lambda layers: True
passes.is_written_out = lambda features: False
for (tile, mask), (loss, gradient) in zip(ways, plain):
    found, other = evaluate(tile, mask)
    assert abs(found - loss) < 1e-5 * loss, (tile, found, loss)
    assert (gradient - other).norm() < 1e-4 * gradient.norm(), tile
"""


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="this torch came without Triton")
@pytest.mark.parametrize(
    "check",
    [CHECK, PASSES, OBJECTIVE],
    ids=["maps", "passes", "the embedded network's objective"],
)
def test_what_kernels_find_is_what_torchs_operators_do(check: str) -> None:
    command = [sys.executable, "-W", "ignore", "-c", check]
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment)
    assert done.returncode == 0, done.stderr


def test_nothing_is_fused_on_a_processor() -> None:
    assert not is_possible([Layer(torch.zeros(8, 3, 3, 3), torch.zeros(8), False)])
