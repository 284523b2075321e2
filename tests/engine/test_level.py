"""Steps that run out of memory on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from texture_stylizer.engine import Features, Objective, Settings
from texture_stylizer.engine.optimisation.level import Descent
from texture_stylizer.engine.parameterization.image_with_padding import ImageWithPadding

RATE = 0.01


class Tight(Objective):
    """Runs out of memory once, after the first of its bands."""

    by_strips = had_room = False

    def bands(
        self, *arguments: Any, strips: bool = True, **more: Any
    ) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor]]:
        self.ways = [*getattr(self, "ways", []), strips and self.by_strips]
        for number, band in enumerate(super().bands(*arguments, strips=self.ways[-1], **more)):
            if number == 1 and not self.had_room:
                self.had_room = True
                raise torch.OutOfMemoryError("for once")
            yield band


@pytest.mark.parametrize(("width", "tile"), [(64, 320), (900, 256)], ids=["tiles", "strips, then tiles"])
def test_no_row_takes_a_step_twice(
    features32: Features, monkeypatch: pytest.MonkeyPatch, width: int, tile: int
) -> None:
    monkeypatch.setattr("texture_stylizer.engine.optimisation.level.HISTORY_BYTES", 0)
    noise = torch.rand(3, 1, 3, 700, width, generator=torch.Generator().manual_seed(0))
    content, style, image = (0.2 + 0.6 * each for each in noise)
    settings = Settings(learning_rate=RATE, tile=tile)
    objective = Tight(features32, content, [(style, 1.0)], settings)
    objective.by_strips = width > 64
    warnings: list[str] = []
    descent = Descent(objective, ImageWithPadding((False, False), 0), settings, tile, warnings)
    before = image.clone()
    descent.run(image, 1, lambda step, loss: None)
    assert len(warnings) == 1 and descent.tile == tile // 2
    assert objective.ways == [objective.by_strips, False]
    # Adam's first step is the rate along the gradient's sign.
    moved = (image - before).abs().amax(dim=(1, 3))
    assert float(moved.max()) <= RATE * 1.001
    assert float(moved.min()) >= RATE * 0.9
