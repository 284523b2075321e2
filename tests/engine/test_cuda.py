"""What only a GPU can show: fused steps are exact, and too little memory is lived with."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from texture_stylizer.engine import Features, Objective, Settings, load_features, stylize
from texture_stylizer.engine.hardware import offload as home
from texture_stylizer.engine.hardware.memory import free_memory, where_fits
from texture_stylizer.engine.operators.cuda_network import is_possible

from .conftest import random_weights

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")

CUDA, CPU = torch.device("cuda"), torch.device("cpu")


@pytest.fixture(params=["embedded", "random"])
def network(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(autouse=True)
def exact_float32() -> Iterator[None]:
    """And how it computes is as before after a test."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cudnn.deterministic = before


def features_of(network: str, device: torch.device, dtype: torch.dtype) -> Features:
    if network == "embedded":
        return load_features("embedded", device=device, dtype=dtype)
    found = Features(random_weights((16, 24, 32, 40, 40)), name="random").to(device=device, dtype=dtype)
    return found.to(memory_format=torch.channels_last)


def pictures(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A content, a style and an image that is neither."""
    generator = torch.Generator().manual_seed(height * width)
    content, style, image = torch.rand(3, 1, 3, height, width, generator=generator)
    return content, (style + style.flip(3)) / 2, image


def array(seed: int, height: int, width: int) -> np.ndarray:
    """Soft random colours."""
    coarse = np.random.default_rng(seed).random((height // 8 + 1, width // 8 + 1, 3), dtype=np.float32)
    return np.kron(coarse, np.ones((8, 8, 1), np.float32))[:height, :width]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("tile", [None, 32])
@pytest.mark.parametrize(("dtype", "least"), [(torch.float32, 0.99999), (torch.bfloat16, 0.99)])
def test_the_gradient_is_that_of_float64(
    network: str, dtype: torch.dtype, least: float, tile: int | None, masked: bool
) -> None:
    content, style, image = pictures(117, 101)
    mask = torch.rand(117, 101, generator=torch.Generator().manual_seed(0)) if masked else None

    def evaluate(device: torch.device, dtype: torch.dtype, tile: int | None) -> tuple[float, torch.Tensor]:
        features = features_of(network, device, dtype)
        wide = torch.promote_types(dtype, torch.float32)
        placed = [tensor.to(device, wide) for tensor in (content, style, image)]
        counted = None if mask is None else mask.to(device, wide)
        objective = Objective(features, placed[0], [(placed[1], 1.0)], Settings(), counted)
        loss, gradient = objective.loss_and_gradient(placed[2], tile)
        return loss, gradient.cpu().double().flatten()

    expected_loss, expected = evaluate(CPU, torch.float64, None)
    loss, gradient = evaluate(CUDA, dtype, tile)
    assert loss == pytest.approx(expected_loss, rel=1e-4 if dtype == torch.float32 else 0.02)
    assert float(torch.cosine_similarity(gradient, expected, dim=0)) >= least


def test_the_network_is_fused_where_torch_brought_triton() -> None:
    pytest.importorskip("triton")
    features = features_of("embedded", CUDA, torch.bfloat16)
    assert torch.version.hip is not None or is_possible(features.fusible_layers())


def test_a_run_on_the_gpu_ends_where_one_on_the_processor_does() -> None:
    content, style = array(1, 128, 128), array(2, 128, 128)
    settings = Settings(iterations=40, scales=2)
    losses = [
        stylize(content, [(style, 1.0)], settings, features=features_of("embedded", device, torch.float32))
        .losses[-1]
        for device in (CPU, CUDA)
    ]  # fmt: skip
    assert losses[1] == pytest.approx(losses[0], rel=0.03)


def test_textures_side_by_side_come_out_as_each_alone() -> None:
    """In threads, each with a stream of its own."""
    settings = Settings(iterations=60, scales=2, wrap="none")
    style = array(9, 100, 90)

    def make(seed: int) -> np.ndarray:
        with torch.cuda.stream(torch.cuda.Stream()):
            features = features_of("random", CUDA, torch.bfloat16)
            return stylize(array(seed, 144, 160), [(style, 1.0)], settings, features=features).image

    torch.backends.cudnn.deterministic = True
    alone = [make(seed) for seed in range(6)]
    with ThreadPoolExecutor(3) as threads:
        beside = list(threads.map(make, range(6)))
    for one, other in zip(alone, beside, strict=True):
        assert np.array_equal(one, other)


def test_with_too_little_memory_the_same_losses_come_from_smaller_tiles() -> None:
    features = features_of("random", CUDA, torch.float32)
    picture, style = array(1, 800, 800), array(2, 64, 64)
    settings = Settings(iterations=2, scales=1, tile=None, wrap="none")
    free = stylize(picture, [(style, 1.0)], settings, features=features)
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(CUDA).total_memory
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + 300e6) / total)
    try:
        capped = stylize(picture, [(style, 1.0)], settings, features=features)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert free.tile is None and not free.warnings
    assert capped.tile is not None and 128 <= capped.tile < 800
    assert "memory ran out; went on with tiles of" in capped.warnings[0]
    assert capped.losses == pytest.approx(free.losses, rel=1e-3)


def test_a_picture_in_the_computers_own_memory_comes_out_as_on_the_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features = features_of("embedded", CUDA, torch.float32)
    settings = Settings(iterations=20, scales=2, tile=96, wrap="none")
    on_gpu = stylize(array(1, 250, 190), [(array(2, 64, 64), 1.0)], settings, features=features)
    monkeypatch.setattr(home, "where_fits", lambda needed, device: CPU)
    on_host = stylize(array(1, 250, 190), [(array(2, 64, 64), 1.0)], settings, features=features)
    assert ["kept in the computer's memory" in warning for warning in on_host.warnings] == [True]
    assert on_host.losses == pytest.approx(on_gpu.losses, rel=0.03)


@pytest.mark.parametrize("masked", [False, True])
def test_a_gradient_is_the_same_whatever_memory_the_picture_is_in(masked: bool) -> None:
    """To the bit, while bands come and go beside the network's work."""
    torch.backends.cudnn.deterministic = True
    features = features_of("random", CUDA, torch.bfloat16)
    content, style, image = pictures(1203, 901)
    # Sums of ones and zeros are the same in any order.
    mask = (content[0, 0] > 0.4).float() if masked else None
    found = []
    for memory in (CUDA, CPU):
        counted = None if mask is None else mask.to(memory)
        objective = Objective(features, content.to(memory), [(style.to(memory), 1.0)], Settings(), counted)
        found += [objective.loss_and_gradient(image.to(memory), 96, kept_bytes=2e8) for _ in range(4)]
    for loss, gradient in found:
        assert loss == found[0][0]
        assert torch.equal(gradient.cpu(), found[0][1].cpu())


def test_where_memory_is_short_is_found_out_by_measuring() -> None:
    assert where_fits(free_memory(CUDA) * 0.9, CUDA) == CUDA
    assert where_fits(free_memory(CUDA) * 1.1, CUDA) == CPU


def test_a_process_has_no_more_memory_than_its_share() -> None:
    torch.cuda.set_per_process_memory_fraction(0.25)
    try:
        total = torch.cuda.get_device_properties(CUDA).total_memory
        assert free_memory(CUDA) <= 0.25 * total
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
