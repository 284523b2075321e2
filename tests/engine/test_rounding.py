"""Rounded weights add up to what they were, and a network in bfloat16 points where the exact one does."""

from __future__ import annotations

import pytest
import torch

from texture_stylizer.engine import Features, Objective, Settings, load_features
from texture_stylizer.engine.features.rounding import round_kernels


def test_each_kernel_keeps_its_sum() -> None:
    weight = torch.randn(30, 20, 3, 3, generator=torch.Generator().manual_seed(0))
    rounded = round_kernels(weight, torch.bfloat16)
    assert rounded.dtype == torch.bfloat16
    sums, wanted = rounded.float().sum((2, 3)), weight.sum((2, 3))
    nearest = weight.bfloat16().float().sum((2, 3))
    assert (sums - wanted).abs().mean() < (nearest - wanted).abs().mean() / 10


def test_no_weight_moves_further_than_the_largest_of_its_kernel_is_rounded() -> None:
    weight = torch.randn(30, 20, 3, 3, generator=torch.Generator().manual_seed(0))
    moved = (round_kernels(weight, torch.bfloat16).float() - weight).abs().amax((2, 3))
    assert (moved <= weight.abs().amax((2, 3)) * 2**-7).all()


def test_the_embedded_weights_are_the_same_in_every_precision() -> None:
    narrow, wide = (load_features("embedded", dtype=dtype) for dtype in (torch.bfloat16, torch.float32))
    for one, other in zip(narrow.parameters(), wide.parameters(), strict=True):
        assert torch.equal(one.float(), other)


def gradient(features: Features, content: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    objective = Objective(features, content, [(style, 1.0)], Settings())
    return objective.loss_and_gradient(content + 0.01 * style)[1].double().flatten()


@pytest.mark.parametrize("contrast", [1.0, 0.02])
def test_what_is_fine_in_an_image_is_seen_in_bfloat16(contrast: float) -> None:
    """8 bits of an image would leave little of a texture of so little contrast."""
    generator = torch.Generator().manual_seed(0)
    content, style = torch.rand(2, 1, 3, 64, 80, generator=generator)
    content = 0.8 + contrast * (content - 0.8)
    exact, narrow = (
        gradient(load_features("embedded", dtype=dtype), content.to(image), style.to(image))
        for dtype, image in ((torch.float64, torch.float64), (torch.bfloat16, torch.float32))
    )
    assert torch.cosine_similarity(exact, narrow, dim=0) > 0.99
