"""The last steps of a run in bfloat16: in float32 where its gradient has lost its direction by then."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from texture_stylizer.engine import Features, Objective, Settings, load_features, stylize
from texture_stylizer.engine.descent import FINISHING_STEPS, Descent
from texture_stylizer.engine.flat_sheet import FlatSheet
from texture_stylizer.errors import MissingWeights

from .conftest import random_weights

ASSETS = Path(__file__).parents[2] / "sample_assets"
STEPS = 200
TERMS = Settings(content_weight=15.0, total_variation=3.0)

PRESET = Settings.preset("high")
"""Its levels end when their loss has settled."""


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Random weights, whose rounding leads a long run astray."""
    save_file(random_weights(), str(tmp_path / "small.safetensors"))
    return tmp_path / "small.safetensors"


def objective_of(features: Features) -> Objective:
    content, style = torch.rand(2, 1, 3, 96, 80, generator=torch.Generator().manual_seed(0))
    return Objective(features, content, [(style.cumsum(3) / 80, 1.0)], TERMS)


@dataclasses.dataclass(frozen=True)
class Run:
    """What a level ended with."""

    image: Tensor
    loss: float
    steps: list[int]
    warnings: list[str]


def run(
    objective: Objective,
    in_float32: Callable[[], tuple[Objective, int | None]] | None,
    settings: Settings = PRESET,
    count: int = STEPS,
) -> Run:
    warnings: list[str] = []
    descent = Descent(objective, FlatSheet((False, False), 0), settings, None, warnings, in_float32)
    image = torch.rand(1, 3, 96, 80, generator=torch.Generator().manual_seed(1))
    image, steps = image.contiguous(memory_format=torch.channels_last), []
    loss = descent.run(image, count, lambda step, _: steps.append(step))
    return Run(image, loss, steps, warnings)


def test_a_run_that_bfloat16_leads_astray_ends_in_float32(network: Path) -> None:
    narrow, wide = (
        objective_of(load_features(network, dtype=kind)) for kind in (torch.bfloat16, torch.float32)
    )
    alone, both = run(narrow, None), run(narrow, lambda: (wide, None))
    assert both.steps == list(range(len(alone.steps) + FINISHING_STEPS))
    assert len(both.steps) < STEPS
    assert both.loss == pytest.approx(wide.loss_and_gradient(both.image)[0], rel=1e-6)
    assert both.loss < wide.loss_and_gradient(alone.image)[0]


def test_steps_that_were_asked_for_are_in_float32_when_bfloat16_gains_nothing_more(network: Path) -> None:
    narrow = objective_of(load_features(network, dtype=torch.bfloat16))
    wide = objective_of(load_features(network))
    alone, both, exact = (
        run(objective, in_float32, Settings())
        for objective, in_float32 in ((narrow, None), (narrow, lambda: (wide, None)), (wide, None))
    )
    assert both.steps == alone.steps == list(range(STEPS))
    gained = wide.loss_and_gradient(alone.image)[0] - both.loss
    assert gained > 0.6 * (wide.loss_and_gradient(alone.image)[0] - exact.loss) > 0


@pytest.mark.parametrize("count", [60, STEPS], ids=["falling", "settled"])
def test_a_run_that_it_does_not_lead_astray_ends_as_it_began(network: Path, count: int) -> None:
    narrow = objective_of(load_features(network, dtype=torch.bfloat16))
    alone, both = run(narrow, None, count=count), run(narrow, lambda: (narrow, None), count=count)
    assert both.steps == alone.steps and (len(alone.steps) < count) == (count == STEPS)
    assert both.loss == alone.loss and torch.equal(both.image, alone.image)


def test_of_a_few_steps_that_were_asked_for_all_are_taken_though_there_is_nothing_to_gain(
    network: Path,
) -> None:
    plain = torch.full((1, 3, 96, 80), 0.5)
    objective = Objective(load_features(network, dtype=torch.bfloat16), plain, [(plain, 1.0)], Settings())
    steps: list[int] = []
    descent = Descent(
        objective, FlatSheet((False, False), 0), Settings(), None, [], lambda: (objective, None)
    )
    descent.run(plain.clone(), 30, lambda step, _: steps.append(step))
    assert steps == list(range(30))


def test_without_the_weights_all_steps_are_in_bfloat16_and_a_sentence_says_so(network: Path) -> None:
    features = load_features(network, dtype=torch.bfloat16)
    narrow = objective_of(features)

    def in_float32() -> tuple[Objective, int | None]:
        assert features.in_float32 is not None
        return objective_of(features.in_float32()), None

    network.unlink()
    alone, both = run(narrow, None, Settings()), run(narrow, in_float32, Settings())
    assert both.steps == alone.steps and torch.equal(both.image, alone.image)
    assert both.warnings[0].startswith("the last steps were taken in bfloat16 as well, since there is no")


def test_only_the_last_level_ends_so(network: Path) -> None:
    features, made = load_features(network, dtype=torch.bfloat16), []

    def exact() -> Features:
        made.append(load_features(network))
        return made[-1]

    features.in_float32 = exact
    content, style = np.random.default_rng(0).random((2, 128, 128, 3), dtype=np.float32)
    stylize(content, [(style, 1.0)], Settings(iterations=140, scales=2), features=features)
    assert len(made) == 1


def test_a_draft_has_no_end_to_be_exact_about(network: Path) -> None:
    features = load_features(network, dtype=torch.bfloat16)

    def exact() -> Features:
        raise MissingWeights("asked for")

    features.in_float32 = exact
    content, style = np.random.default_rng(0).random((2, 128, 128, 3), dtype=np.float32)
    assert not stylize(content, [(style, 1.0)], Settings.preset("draft"), features=features).warnings


def test_the_same_network_in_float32_comes_from_where_it_came_from(network: Path) -> None:
    exact = load_features(network, pooling="max", dtype=torch.bfloat16).in_float32
    assert exact is not None
    made, wanted = exact(), load_features(network, pooling="max")
    assert made.pooling == "max" and made.dtype == torch.float32
    for one, other in zip(made.parameters(), wanted.parameters(), strict=True):
        assert torch.equal(one, other)
    assert wanted.in_float32 is None


def test_the_embedded_network_keeps_its_direction_to_the_end() -> None:
    """So nobody looks at float32's: woodcut on a wall lost most of four pairs, and kept 0.997."""
    narrow, exact = (load_features("embedded", dtype=kind) for kind in (torch.bfloat16, torch.float64))

    def asked() -> Features:
        raise MissingWeights("asked for")

    assert narrow.keeps_direction
    narrow.in_float32 = asked
    content, style = (
        np.asarray(Image.open(ASSETS / name).convert("RGB").resize((96, 96)), np.float32) / 255
        for name in ("market_textures/wall.1001.png", "styles/woodcut.jpg")
    )
    seen: list[np.ndarray] = []
    settings = Settings.preset("standard", scales=1, wrap="none")
    result = stylize(
        content, [(style, 1.0)], settings, features=narrow, on_progress=lambda i: seen.append(i.image())
    )
    assert not result.warnings
    one, other = (
        Objective(features, tensor(content).to(kind), [(tensor(style).to(kind), 1.0)], Settings())
        for features, kind in ((narrow, torch.float32), (exact, torch.float64))
    )
    for image in seen[0], seen[len(seen) // 2], seen[-1]:
        found = one.loss_and_gradient(tensor(image))[1].flatten().double()
        expected = other.loss_and_gradient(tensor(image).double())[1].flatten()
        assert float(torch.cosine_similarity(found, expected, dim=0)) > 0.99


def tensor(image: np.ndarray) -> Tensor:
    return torch.from_numpy(image).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)
