"""What a GPU is asked for, rehearsed where there is none: Triton's kernels are built for two of NVIDIA's, and
torch's fake tensors know in which memory, shape and layout each result of a step is.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses import fake_impls
from torch._subclasses.fake_tensor import FakeTensorMode

from texture_stylizer.engine import Objective, Settings, load_features
from texture_stylizer.engine.features.vgg import Features
from texture_stylizer.engine.operators import cuda_network as fused

from .conftest import random_weights, two_islands

triton = pytest.importorskip("triton", reason="this torch came without Triton")
jit = pytest.importorskip("triton.runtime.jit")
compiler = pytest.importorskip("triton.compiler")

AMPERE, HOPPER = 80, 90
TYPES = {torch.float32: "*fp32", torch.bfloat16: "*bf16"}


def network(name: str, dtype: torch.dtype) -> Features:
    if name == "embedded":
        return load_features("embedded", device="cpu", dtype=dtype)
    features = Features(random_weights((8, 16, 16, 24, 8)), name=name)
    return features.to(dtype=dtype, memory_format=torch.channels_last)


@pytest.fixture
def fuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def convolution(seen: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """As cuDNN's, which has no processor's version, and wants all in one layout."""
        assert all(each.is_contiguous(memory_format=torch.channels_last) for each in (seen, weight))
        return torch.conv2d(seen, weight, bias).relu_()

    monkeypatch.setattr(fused, "_rectified_convolution", convolution)
    monkeypatch.setattr(fused, "is_possible", lambda layers: True)


class Launch:
    """One of a kernel with what it was given."""

    def __init__(self, kernel: Any, arguments: tuple[Any, ...]) -> None:
        self.kernel, self.types, self.constants = kernel, {}, {}
        for parameter, given in zip(kernel.params, arguments, strict=True):
            if parameter.is_constexpr:
                self.constants[(parameter.num,)] = given
            kind = TYPES[given.dtype] if torch.is_tensor(given) else "i32"
            self.types[parameter.name] = "constexpr" if parameter.is_constexpr else kind

    @property
    def name(self) -> str:
        return f"{self.kernel.__name__} {[*self.types.values(), *self.constants.values()]}"

    def build(self, capability: int) -> Any:
        source = compiler.ASTSource(self.kernel, self.types, self.constants)
        target = triton.backends.compiler.GPUTarget("cuda", capability, 32)
        return triton.compile(source, target=target)


@pytest.fixture
def launches(monkeypatch: pytest.MonkeyPatch) -> dict[str, Launch]:
    """Those of Triton's kernels, by name and types; nothing is started."""
    found: dict[str, Launch] = {}

    def launch(kernel: Any, *arguments: Any, grid: object, warmup: bool) -> None:
        assert len({each.device for each in arguments if torch.is_tensor(each)}) == 1
        new = Launch(kernel, arguments)
        found.setdefault(new.name, new)

    monkeypatch.setattr(jit.JITFunction, "run", launch)
    return found


@pytest.mark.usefixtures("fuses")
def test_all_kernels_of_a_step_can_be_built(
    launches: dict[str, Launch], monkeypatch: pytest.MonkeyPatch
) -> None:
    network_pass = "texture_stylizer.engine.gradient.network_pass"
    monkeypatch.setattr(f"{network_pass}.is_written_out", lambda features: False)
    content, style, image = (torch.rand(1, 3, side, 40) for side in (37, 48, 37))
    features = network("embedded", torch.bfloat16)
    mask = (content[0, 0] > 0.4).float()
    Objective(features, content, [(style, 1.0)], Settings(), mask).loss_and_gradient(image)
    assert {launch.kernel.__name__ for launch in launches.values()} == {
        "_first_maps", "_border", "_rectified_gradient", "_image_gradient",
    }  # fmt: skip
    for launch in launches.values():
        for capability in (AMPERE, HOPPER):
            assert launch.build(capability).asm["cubin"], launch.name


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.device]:
    """One with nothing in it, for tensors that have no values."""
    answers = {
        torch.ops.aten._local_scalar_dense.default: lambda mode, func, value: 1.0,
        torch.ops.aten.nonzero.default: lambda mode, func, values: torch.ops.aten.new_empty(
            values, [values.numel() // 2, values.dim()], dtype=torch.int64
        ),
    }
    for operator, answer in answers.items():
        monkeypatch.setitem(fake_impls.op_implementations_dict, operator, answer)
    for module in "hardware.offload", "gradient.objective", "losses.content":
        monkeypatch.setattr(f"texture_stylizer.engine.{module}.side_stream", lambda device: None)
    for module in "coarse_to_fine", "optimisation.level", "hardware.memory", "gradient.objective":
        found = import_module(f"texture_stylizer.engine.{module}")
        monkeypatch.setattr(found, "free_memory", lambda device: 2**33)
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield torch.device("cuda", 0)


@pytest.mark.usefixtures("fuses")
@pytest.mark.parametrize("kind", ["flat", "masked", "mesh", "large", "large, on a small GPU"])
def test_a_whole_run_stays_on_the_gpu(
    kind: str, launches: dict[str, Launch], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stylizing = import_module("texture_stylizer.engine.coarse_to_fine")
    features = network("embedded", torch.bfloat16)
    gpu = request.getfixturevalue("gpu")
    if kind.startswith("large"):
        monkeypatch.setattr(stylizing, "LARGEST_BORDERED", 0)
    home, tile = gpu, None
    if kind == "large, on a small GPU":
        # The picture stays in the computer's memory.
        monkeypatch.setattr("texture_stylizer.engine.hardware.memory.free_memory", lambda device: 2**20)
        home, tile = torch.device("cpu"), 64
    content, style = (torch.rand(1, 3, 150, width, device=home) for width in (130, 90))
    content, style = (each.contiguous(memory_format=torch.channels_last) for each in (content, style))
    mask = (torch.rand(1, 1, 150, 130, device=gpu) > 0.4).float() if kind == "masked" else None
    surface = two_islands() if kind == "mesh" else None
    settings = Settings(iterations=20, scales=2, wrap="none", tile=tile)
    styles = [(style, 1.0)]
    run = stylizing.CoarseToFine(
        features.to(gpu), stylizing.Inputs(content, styles, mask, surface=surface), settings
    )
    picture = run.levels()
    assert picture.device == home and picture.shape == content.shape
    assert bool(run.warnings) == (home != gpu)
    assert launches
