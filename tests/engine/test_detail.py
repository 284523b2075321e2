"""Lines of the original that are to stay: the loss, its gradient, tiles, borders, masks."""

from __future__ import annotations

import pytest
import torch

from texture_stylizer.engine import Features, Objective, Settings
from texture_stylizer.engine.gradient.objective import without_border
from texture_stylizer.engine.losses.detail import DetailLoss
from texture_stylizer.engine.parameterization.image import PaddedImage

ONLY_DETAIL = Settings(protect_detail=0.7)


def pictures(height: int, width: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return list(torch.rand(3, 1, 3, height, width, generator=generator, dtype=torch.float64))


def mask_of(height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return (torch.rand(height, width, generator=generator, dtype=torch.float64) - 0.4).clamp_min(0)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("strips", [False, True])
@pytest.mark.parametrize("inset", [(0, 0), (16, 80)])
def test_tiles_and_strips_give_the_untiled_gradient(
    averaging64: Features, masked: bool, strips: bool, inset: tuple[int, int]
) -> None:
    content, style, image = pictures(203, 301)
    mask = mask_of(203, 301) if masked else None
    objective = Objective(averaging64, content, [(style, 1.0)], ONLY_DETAIL, mask, None, inset)
    loss, gradient = objective.loss_and_gradient(image)
    tiled_loss, tiled = objective.loss_and_gradient(image, 64, strips=strips)
    assert tiled_loss == pytest.approx(loss, rel=1e-10)
    assert float((tiled - gradient).norm() / gradient.norm()) < 1e-10
    without = Objective(averaging64, content, [(style, 1.0)], Settings(), mask, None, inset)
    assert without.loss_and_gradient(image)[0] < loss


@pytest.mark.parametrize("masked", [False, True])
def test_the_gradient_is_the_slope_of_the_loss(averaging64: Features, masked: bool) -> None:
    content, style, image = pictures(67, 81)
    mask = mask_of(67, 81) if masked else None
    objective = Objective(averaging64, content, [(style, 1.0)], ONLY_DETAIL, mask)
    direction = torch.randn(image.shape, generator=torch.Generator().manual_seed(2)).double()
    direction /= direction.norm()
    ahead, behind = (objective.loss_and_gradient(image + step * direction)[0] for step in (1e-6, -1e-6))
    gradient = objective.loss_and_gradient(image)[1]
    assert float((gradient * direction).sum()) == pytest.approx((ahead - behind) / 2e-6, rel=1e-4)


def test_a_wrapped_pictures_border_is_a_place_like_any(averaging64: Features) -> None:
    """Rolled along, a tileable picture has the same loss."""
    content, _, image = pictures(96, 96)
    padded = PaddedImage((True, True), 80)

    def loss(shift: int) -> float:
        seen = [padded.padded(torch.roll(each, (shift, shift), (2, 3))) for each in (content, image)]
        mask = without_border(torch.ones(seen[0].shape[2:], dtype=torch.float64), padded.inset)
        return float(DetailLoss(seen[0], mask, 1.0).loss_and_gradient(seen[1])[0])

    assert loss(48) == pytest.approx(loss(0), rel=1e-10)


def test_what_a_mask_leaves_out_does_not_count() -> None:
    content, _, image = pictures(64, 64)
    mask = torch.zeros(64, 64, dtype=torch.float64)
    mask[:, :32] = 1.0
    loss = DetailLoss(content, mask, 1.0)
    other = image.clone()
    other[..., 38:] = 0.0
    assert float(loss.loss_and_gradient(image)[0]) == float(loss.loss_and_gradient(other)[0])
    assert float(loss.loss_and_gradient(content)[0]) == 0.0


def test_a_flat_picture_has_no_lines_to_keep() -> None:
    flat, image = torch.full((1, 3, 64, 64), 0.5), 0.5 + 0.01 * torch.rand(1, 3, 64, 64)
    assert float(DetailLoss(flat, None, 1.0).loss_and_gradient(image)[0]) < 1e-2
