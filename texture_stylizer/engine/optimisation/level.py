"""The steps on one level of the pyramid: which optimiser, in how much memory, and when that runs out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from ...settings import Settings
from ..gradient.objective import FREE_SHARE, Objective
from ..hardware.malloc import give_back_holes
from ..hardware.memory import _give_back_memory, free_memory, is_out_of_memory, within_memory
from ..parameterization.image import Parameterization
from ..parameterization.image_with_padding import ImageWithPadding
from .adam import Adam
from .lbfgs import FEWEST_PAIRS, LBFGS, PAIRS, bytes_per_pair

OnStep = Callable[[int, float], None]
Evaluation = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Of what is seen of the unknowns: the loss, and its gradient with respect to that."""

Value = TypeVar("Value")

FINAL_LEARNING_RATE = 0.1
"""Share of the learning rate that is left at the end of a level; it falls along half a cosine."""

SEAM_WEIGHT = 18.0
"""What the mean squared step across seams counts for."""

SETTLED_STEPS, SETTLED_SHARE = 10, 0.001
"""A level is done when so many steps brought its loss down by less than this share of it: small and smooth
pictures are soon, others take all steps. A loss in bfloat16 that has settled is off by 1e-5, and L-BFGS would
look for less of it in vain."""

HISTORY_BYTES = 2 * 2**30
"""Memory that L-BFGS may take for its history in float32; where three steps do not fit (from about 5000 px
square) Adam takes its place. More is no better: on a GPU with room for all ten steps `standard` ended at
1.000 and 1.003 of the loss at 4096 px, and with eight in Adam's place at 8192 px at 1.009, after 1.23 times
as long."""


class Descent:
    """One level's optimisation. `tile` is the side of the tiles' cores, smaller after memory ran out."""

    def __init__(
        self,
        objective: Objective,
        parameterization: Parameterization,
        settings: Settings,
        tile: int | None,
        warnings: list[str],
    ) -> None:
        """warnings: a sentence is added to them when memory runs out."""
        self.tile = tile
        self._objective = objective
        self._parameterization = parameterization
        self._settings = settings
        self._warnings = warnings
        self._ran_out = False
        self._by_strips = tile is not None and objective.has_room_for_strips(tile)

    def run(self, image: Tensor, count: int, on_step: OnStep) -> float:
        """Take `count` steps, 1 or more, from the unknowns `image`, (1, 3, h, w), in place; fewer where the
        settings let the loss settle.

        on_step: called after each with its number from 0 and the loss. Returns the last
        loss. Raises OutOfMemory.
        """
        optimiser = self._lbfgs(image)
        if optimiser is None:
            return self._with_adam(image, count, on_step)
        return self._with_lbfgs(optimiser, image, count, on_step)

    def _lbfgs(self, image: Tensor) -> LBFGS | None:
        """L-BFGS with as long a history as there is memory for; None where that is too short, or Adam is
        asked for."""
        if self._settings.optimizer == "adam":
            return None
        budget = min(HISTORY_BYTES, FREE_SHARE * free_memory(image.device))
        kept_as = torch.bfloat16 if self._rounds_anyway(image) else image.dtype
        pairs = min(PAIRS, int(budget / bytes_per_pair(image)))
        while pairs >= FEWEST_PAIRS:
            try:
                first_step = self._settings.learning_rate
                return LBFGS(image, first_step=first_step, pairs=pairs, kept_as=kept_as)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            pairs //= 2
            _give_back_memory(image.device)
        if self._settings.optimizer == "lbfgs":
            height, width = image.shape[2:]
            self._warnings.append(
                f"at {width} x {height} px Adam was taken, because L-BFGS's history does not fit into memory"
            )
        return None

    def _rounds_anyway(self, image: Tensor) -> bool:
        """Whether gradients are of bfloat16 maps, and the memory the processor's, which has units for it."""
        features = self._objective.features
        return image.device.type == features.device.type == "cpu" and features.dtype == torch.bfloat16

    def _with_lbfgs(self, optimiser: LBFGS, image: Tensor, count: int, on_step: OnStep) -> float:
        """Change `image` in place to the best point found. Returns its loss."""
        losses: list[float] = []
        for step in range(count):
            value, gradient = self._evaluate(image, self._loss_and_gradient)
            losses.append(float(value))
            optimiser.step(losses[-1], gradient)
            del gradient
            on_step(step, losses[-1])
            if self._settings.settle and _has_settled(losses):
                break
        return optimiser.finish()

    def _with_adam(self, image: Tensor, count: int, on_step: OnStep) -> float:
        """Change `image` in place, with little memory. Returns the loss before the last step."""
        # The targets left some as large as a picture, into which what is aligned does not fit again.
        give_back_holes()
        optimiser = Adam(image, mean_type=torch.bfloat16)
        loss = float("nan")
        for step in range(count):
            rate = self._learning_rate(step, count)
            if isinstance(self._parameterization, ImageWithPadding):
                loss = self._step_by_bands(self._parameterization, image, optimiser, rate)
            else:
                loss = self._step_at_once(image, optimiser, rate)
            on_step(step, loss)
        return loss

    def _step_at_once(self, image: Tensor, optimiser: Adam, rate: float) -> float:
        value, gradient = self._evaluate(image, self._loss_and_gradient)
        optimiser.step(gradient, rate)
        image.clamp_(0.0, 1.0)
        del gradient
        # Pictures came and went among the strips' maps: at 8192 px 3 GB of holes.
        give_back_holes()
        return float(value)

    def _step_by_bands(
        self, parameterization: ImageWithPadding, image: Tensor, optimiser: Adam, rate: float
    ) -> float:
        """A step of Adam for which the gradient is never there as a whole. Returns the loss before it."""

        optimiser.begin_step()
        seen = parameterization.seen(image)
        done = 0

        def step(tile: int | None) -> float:
            nonlocal done
            self._take_tile(tile)
            shares, before = [], 0
            found = self._objective.bands(
                seen, tile, kept_bytes=self._kept_bytes(image), strips=self._by_strips
            )
            for rows, gradient, share in parameterization.bands(found, seen.shape[2]):
                # A number of each would keep a GPU waiting at every band.
                shares.append(share)
                # Where memory ran out on the way, the rows before have taken this step already.
                taken = max(0, done - before)
                before += rows.stop - rows.start
                fresh = slice(rows.start + taken, rows.stop)
                if fresh.start < fresh.stop:
                    optimiser.step_rows(fresh, gradient[:, :, taken:], rate)
                    image[:, :, fresh].clamp_(0.0, 1.0)
                    done = before
            return float(torch.stack(shares).sum())

        return self._within_memory(step)

    def _evaluate(self, image: Tensor, objective: Evaluation) -> tuple[Tensor, Tensor]:
        """The loss of the unknowns, and its gradient with respect to them."""
        value, seen_gradient = objective(self._parameterization.seen(image))
        gradient = self._parameterization.gradient(seen_gradient)
        joined = self._parameterization.join(image)
        if joined is not None:
            value = value + SEAM_WEIGHT * joined[0]
            gradient.add_(joined[1], alpha=SEAM_WEIGHT)
        return value, gradient

    def _loss_and_gradient(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """The objective's, with smaller tiles from the same iterate when memory runs out."""

        def evaluate(tile: int | None) -> tuple[Tensor, Tensor]:
            self._take_tile(tile)
            kept = self._kept_bytes(image)
            return self._objective.loss_tensor_and_gradient(
                image, tile, kept_bytes=kept, strips=self._by_strips
            )

        return self._within_memory(evaluate)

    def _kept_bytes(self, image: Tensor) -> float:
        """What maps that are kept for the way back may take; more where the image is small."""
        if self._ran_out:
            return 0.0
        shared = image.device == self._objective.features.device
        return self._objective.spare_bytes(taken=4 * bytes_per_pair(image) if shared else 0)

    def _take_tile(self, tile: int | None) -> None:
        self._ran_out = self._ran_out or tile != self.tile
        # They take more than tiles.
        self._by_strips = self._by_strips and not self._ran_out
        self.tile = tile

    def _within_memory(self, work: Callable[[int | None], Value]) -> Value:
        side = max(self._objective.height, self._objective.width)
        return within_memory(work, self.tile, side, self._objective.features.device, self._warnings)

    def _learning_rate(self, step: int, count: int) -> float:
        falling = 0.5 * (1.0 + math.cos(math.pi * step / max(1, count - 1)))
        share = FINAL_LEARNING_RATE + (1.0 - FINAL_LEARNING_RATE) * falling
        return self._settings.learning_rate * share


def _has_settled(losses: Sequence[float]) -> bool:
    """Whether the last steps brought hardly anything."""
    if len(losses) <= SETTLED_STEPS:
        return False
    least = min(losses)
    return min(losses[:-SETTLED_STEPS]) - least <= SETTLED_SHARE * least
