"""The training of the embedded network: what it is shown, and that it writes a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from texture_stylizer.engine import load_features
from texture_stylizer.engine.features.recipe import STYLE_LAYERS
from texture_stylizer.training.curves import draw as draw_curves
from texture_stylizer.training.curves import read_log
from texture_stylizer.training.train import (
    CROP,
    FIRST,
    KINDS,
    MOVED_AT_MOST,
    PAIRS,
    crops,
    draw,
    moved,
    train,
)


def test_half_a_batch_is_as_drawn_and_half_spoilt_or_redrawn() -> None:
    pictures = torch.from_numpy(np.stack([draw(0), draw(1)])).permute(0, 3, 1, 2)
    redrawn = {1: torch.zeros(3, CROP, CROP, dtype=torch.uint8)}
    batch = crops(pictures, redrawn, np.random.default_rng(0))
    assert batch.images.shape == (2 * PAIRS, 3, CROP, CROP)
    assert batch.images.min() >= 0 and batch.images.max() <= 1
    assert (batch.kinds[:PAIRS] == 0).all()
    assert (batch.kinds[PAIRS:] > 0).all() and batch.kinds.max() < KINDS
    assert (batch.numbers[batch.kinds == KINDS - 1] == 1).all()


def test_images_are_moved_along_the_gradient_by_no_more_than_can_hardly_be_seen() -> None:
    images = torch.full((3, 3, 16, 16), 0.5)
    gradient = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    steps = moved(images, gradient, np.random.default_rng(0)) - images
    assert (steps.square().mean((1, 2, 3)).sqrt() <= MOVED_AT_MOST * 1.001).all()
    assert torch.nn.functional.cosine_similarity(steps.flatten(1), gradient.flatten(1)).min() > 0.999


def test_a_few_steps_write_another_network_of_the_same_shape_and_a_log_that_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "network.safetensors"
    train(out, FIRST, steps=4, count=2)
    log = read_log(capsys.readouterr().out.splitlines())
    assert log.steps.tolist() == [0] and log.pictures.shape == (1, len(STYLE_LAYERS))
    draw_curves(log).savefig(tmp_path / "curves.png")
    before, after = load_file(FIRST), load_file(out)
    assert {key: tensor.shape for key, tensor in after.items()} == {k: t.shape for k, t in before.items()}
    assert all(tensor.dtype == torch.bfloat16 for tensor in after.values())
    assert any(not torch.allclose(before[key].float(), after[key].float(), atol=1e-4) for key in before)
    load_features(out)
