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
from torch.utils import _pytree
from torch.utils._python_dispatch import TorchDispatchMode

from texture_stylizer.engine import Objective, Settings, load_features
from texture_stylizer.engine.features.vgg import Features
from texture_stylizer.engine.operators import cuda_network as fused
from texture_stylizer.engine.operators import local_mean as surroundings
from texture_stylizer.engine.optimisation.lbfgs_on_gpu import LBFGSOnGPU
from texture_stylizer.engine.optimisation.level import Descent
from texture_stylizer.engine.parameterization.sheet import BorderedSheet

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
    monkeypatch.setattr(surroundings, "_kernels_agree", lambda device: True)


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
        "_subtract_interpolated", "_given_to_rows", "_given_to_columns", "_subtract_of_means",
    }  # fmt: skip
    for launch in launches.values():
        for capability in (AMPERE, HOPPER):
            assert launch.build(capability).asm["cubin"], launch.name


class Waits(TorchDispatchMode):
    """Notes what has the processor wait for the GPU, or uses its memory: a recording bears neither."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        tensors = [each for each in _pytree.tree_leaves((args, kwargs, result)) if torch.is_tensor(each)]
        waiting = torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default
        if func in waiting or any(not each.is_cuda for each in tensors):
            self.found.append(str(func))
        return result


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
        monkeypatch.setattr(f"texture_stylizer.engine.{module}.beside", lambda device: None)
    for module in "coarse_to_fine", "optimisation.level", "hardware.memory", "gradient.objective":
        found = import_module(f"texture_stylizer.engine.{module}")
        monkeypatch.setattr(found, "free_memory", lambda device: 2**33)
    with FakeTensorMode(allow_non_fake_inputs=True):
        yield torch.device("cuda", 0)


@pytest.mark.usefixtures("fuses")
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32], ids=["bfloat16", "float32"])
@pytest.mark.parametrize("name", ["embedded", "random"])
def test_a_recorded_step_waits_for_nothing_and_stays_on_the_gpu(
    name: str, dtype: torch.dtype, launches: dict[str, Launch], request: pytest.FixtureRequest
) -> None:
    features = network(name, dtype)
    gpu = request.getfixturevalue("gpu")
    features = features.to(gpu)
    for height, width, masked in ((32, 32, False), (83, 62, True), (64, 128, False)):
        content, style = (torch.rand(1, 3, height, width, device=gpu) for _ in range(2))
        sheet = BorderedSheet((False, True), features.halo)
        mask = sheet.mask((torch.rand(1, 1, height, width, device=gpu) > 0.4).float() if masked else None)
        seen = sheet.padded(content)
        minimised = Objective(features, seen, [(style, 1.0)], Settings(), mask, None, sheet.inset)
        descent = Descent(minimised, sheet, Settings(), None, [])
        unknowns = sheet.unknowns(content.contiguous(memory_format=torch.channels_last))
        optimiser = LBFGSOnGPU(unknowns, first_step=0.05, steps=8)
        # What is made at first use is made in the step that is not recorded.
        descent._step_untiled(optimiser, unknowns)
        with Waits() as waits:
            descent._step_untiled(optimiser, unknowns)
        assert waits.found == [], (height, width, masked)
    assert launches


@pytest.mark.usefixtures("fuses")
@pytest.mark.parametrize("kind", ["flat", "masked", "mesh", "large", "large, on a small GPU"])
def test_a_whole_run_stays_on_the_gpu(
    kind: str, launches: dict[str, Launch], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for recording, for which torch wants one."""
    stylizing, descents = (
        import_module(f"texture_stylizer.engine.{name}") for name in ("coarse_to_fine", "optimisation.level")
    )
    features = network("embedded", torch.bfloat16)
    gpu = request.getfixturevalue("gpu")
    monkeypatch.setattr(descents, "MOST_PIXELS", 0)
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
    run = stylizing.CoarseToFine(features.to(gpu), content, styles, settings, mask, None, 0.0, None, surface)
    picture = run.levels()
    assert picture.device == home and picture.shape == content.shape
    assert bool(run.warnings) == (home != gpu)
    assert launches
