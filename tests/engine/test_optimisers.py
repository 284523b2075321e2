"""Adam and L-BFGS: against references, within bounds, and some rows at a time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from texture_stylizer.engine import Objective, Settings
from texture_stylizer.engine.losses.total_variation import CHROMA_WEIGHT, TotalVariation, total_variation
from texture_stylizer.engine.optimisation.adam import Adam
from texture_stylizer.engine.optimisation.curvature import direction_weights
from texture_stylizer.engine.optimisation.lbfgs import LBFGS


def bowl(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Curvatures from 1 to 1000 and the lowest point of a quadratic, for (1, 3, height, width)."""
    generator = torch.Generator().manual_seed(height * width)
    curvature = 10 ** (3 * torch.rand(1, 3, height, width, dtype=torch.float64, generator=generator))
    return curvature, 0.2 + 0.6 * torch.rand(curvature.shape, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_lbfgs_finds_the_bottom_of_a_narrow_valley(memory_format: torch.memory_format) -> None:
    curvature, lowest = bowl(5, 7)
    variable = torch.full_like(lowest, 0.5).contiguous(memory_format=memory_format)
    optimiser = LBFGS(variable, first_step=0.05)
    for _ in range(120):
        error = variable - lowest
        optimiser.step(float((curvature * error.square()).sum()), 2 * curvature * error)
    assert optimiser.finish() < 1e-5
    assert torch.allclose(variable, lowest, atol=1e-3)


def test_lbfgs_finds_it_as_soon_when_what_it_remembers_is_rounded() -> None:
    curvature, lowest = bowl(5, 7)
    losses = []
    for kept_as in (None, torch.bfloat16):
        variable = torch.full_like(lowest, 0.5)
        optimiser = LBFGS(variable, first_step=0.05, kept_as=kept_as)
        for _ in range(60):
            error = variable - lowest
            optimiser.step(float((curvature * error.square()).sum()), 2 * curvature * error)
        losses.append(optimiser.finish())
    assert losses[0] < 0.01 and losses[1] < 3 * losses[0]


def test_lbfgs_stays_within_bounds_and_ends_at_its_best() -> None:
    """A lowest point outside of [0, 1], and a loss that is not smooth."""
    target = torch.linspace(-1, 2, 24, dtype=torch.float64).view(1, 3, 2, 4)
    variable = torch.full_like(target, 0.5)
    optimiser, seen = LBFGS(variable, first_step=0.3), []
    for _ in range(40):
        assert float(variable.min()) >= 0.0 and float(variable.max()) <= 1.0
        error = variable - target
        loss = error.abs().sum() + error.square().sum()
        seen.append(float(loss))
        optimiser.step(float(loss), error.sign() + 2 * error)
    assert optimiser.finish() == min(seen)
    assert torch.allclose(variable, target.clamp(0, 1), atol=1e-3)


@pytest.mark.parametrize("known", [1, 4, 7])
def test_the_direction_is_that_of_bfgs(known: int) -> None:
    """Of the matrices themselves, each step's from the one before: Nocedal & Wright 2006, equation 6.17."""
    generator = torch.Generator().manual_seed(known)
    root = torch.randn(12, 12, dtype=torch.float64, generator=generator)
    steps = torch.randn(known, 12, dtype=torch.float64, generator=generator)
    gradient = torch.randn(12, dtype=torch.float64, generator=generator)
    changes = steps @ (root @ root.T)
    unit = torch.eye(12, dtype=torch.float64)
    inverse = (steps[-1] @ changes[-1]) / changes[-1].square().sum() * unit
    for step, change in zip(steps, changes, strict=True):
        turned = unit - torch.outer(step, change) / (step @ change)
        inverse = turned @ inverse @ turned.T + torch.outer(step, step) / (step @ change)
    vectors = torch.stack([steps, changes], dim=1)
    products = torch.einsum("isn,jn->isj", vectors, changes)
    # Of a change and a later vector: what is not to be looked at.
    earlier = torch.ones(known, known, dtype=torch.bool).tril(-1)
    products[earlier[:, None].expand(products.shape)] = float("nan")
    weights, of_gradient = direction_weights(products, vectors @ gradient)
    direction = torch.einsum("is,isn->n", weights, vectors) + of_gradient * gradient
    assert torch.allclose(direction, -inverse @ gradient, rtol=1e-9)


def test_adam_by_rows_is_adam_at_once() -> None:
    whole = torch.rand(1, 3, 700, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    parts = whole.clone()
    one, two = Adam(whole), Adam(parts)
    for step in range(3):
        gradient = torch.sin(whole * (step + 1))
        one.step(gradient, 0.1)
        two.begin_step()
        for rows in (slice(0, 1), slice(1, 300), slice(300, 700)):
            two.step_rows(rows, gradient[:, :, rows], 0.1)
    assert torch.equal(whole, parts)


def test_adam_is_that_of_torch() -> None:
    ours = torch.rand(1, 3, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    theirs = ours.clone().requires_grad_()
    one = Adam(ours, betas=(0.9, 0.99))
    two = torch.optim.Adam([theirs], lr=0.05, betas=(0.9, 0.99))
    for _ in range(5):
        theirs.grad = torch.cos(3 * theirs.detach())
        one.step(torch.cos(3 * ours), 0.05)
        two.step()
    assert torch.allclose(ours, theirs.detach(), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(2, 40),
    width=st.integers(2, 9),
    cuts=st.lists(st.integers(1, 39), max_size=3),
    masked=st.booleans(),
    inset=st.tuples(st.integers(0, 1), st.integers(0, 1)),
)
def test_total_variation_by_rows_has_the_gradient_of_the_whole(
    height: int, width: int, cuts: list[int], masked: bool, inset: tuple[int, int]
) -> None:
    """Also when the rows above were changed meanwhile."""
    generator = torch.Generator().manual_seed(height * width)
    image = torch.rand(1, 3, height, width, dtype=torch.float64, generator=generator)
    mask = (torch.rand(height, width, generator=generator) > 0.4).double() if masked else None
    inset = (0, 0) if masked or min(height, width) < 4 else inset
    inner = torch.zeros(height, width, dtype=torch.float64)
    inner[inset[0] : height - inset[0], inset[1] : width - inset[1]] = 1.0
    leaf = image.clone().requires_grad_()
    expected = 0.7 * total_variation(leaf, inner if inset != (0, 0) else mask)
    (gradient,) = torch.autograd.grad(expected, leaf)
    expected = expected.detach()
    variation = TotalVariation(height, width, mask, inset)
    ends = sorted({0, height, *(cut for cut in cuts if cut < height)})
    found, loss, above = torch.zeros_like(image), 0.0, None
    for top, bottom in zip(ends[:-1], ends[1:], strict=True):
        rows = slice(top, bottom)
        loss += float(variation.add_rows(rows, image[:, :, top:], found[:, :, rows], 0.7, above))
        above = image[:, :, bottom - 1 : bottom].clone()
        image[:, :, rows] = 9.0
    assert loss == pytest.approx(float(expected), rel=1e-10)
    assert torch.allclose(found, gradient, atol=1e-12)


def test_small_steps_count_by_their_squares_and_edges_by_less() -> None:
    """Or lines would be softened long before a weave is levelled; in colour all steps count so."""
    small, edge = torch.zeros(2, 1, 3, 8, 8, dtype=torch.float64)
    small[..., 4:], edge[..., 4:] = 0.005, 0.5
    assert float(total_variation(small)) == pytest.approx(0.005**2 / 7, rel=0.02)
    assert float(total_variation(edge)) < 0.15 * 0.5**2 / 7
    color = torch.zeros(1, 3, 8, 8, dtype=torch.float64)
    color[:, 0, :, 4:], color[:, 1, :, 4:] = 0.5, -0.5
    assert float(total_variation(color)) == pytest.approx(CHROMA_WEIGHT * (2 / 3) * 0.5**2 / 7)


def test_rows_may_be_changed_as_soon_as_their_gradient_is_there(features64) -> None:
    """Bands of a tiled picture, each overwritten when it comes, are the gradient of the whole at once."""
    generator = torch.Generator().manual_seed(0)
    content, image = torch.rand(2, 1, 3, 401, 137, dtype=torch.float64, generator=generator)
    style = torch.rand(1, 3, 64, 80, dtype=torch.float64, generator=generator)
    objective = Objective(features64, content, [(style, 1.0)], Settings())
    loss, gradient = objective.loss_and_gradient(image, None)
    found, total = torch.zeros_like(gradient), 0.0
    for rows, band, share in objective.bands(image, 64):
        found[:, :, rows] = band
        total += float(share)
        image[:, :, rows] = torch.rand_like(band)
    assert total == pytest.approx(loss, rel=1e-10)
    assert float((found - gradient).abs().max()) < 1e-10 * float(gradient.abs().max())
