"""L-BFGS (Liu & Nocedal 1989) within bounds, for one tensor, one evaluation of the loss at a time.

It reaches in 60 evaluations what Adam reaches in several hundred, for the price of its history: two tensors
for each of the last steps. Bounds are kept by projection (Bertsekas 1982).
"""

from __future__ import annotations

import torch
from torch import Tensor

from .curvature import USEFUL_CURVATURE, direction_weights

PAIRS = 10
"""Steps whose change of position and gradient is remembered: 5 come within 1 % of the loss that 10 reach, 3
within 5 %, 30 are no better."""

FEWEST_PAIRS = 3

SHORTER = 0.4
"""After a step that led to a higher loss, until not even `SHORTEST` of it leads to a lower one."""

SHORTEST = 1e-3

FIRST_STEP_SHARE = 0.3
"""Of the mean change that the first step aims at: what the gradient's direction is good for."""


def bytes_per_pair(variable: Tensor) -> int:
    """Memory that each remembered step takes at most."""
    return 2 * variable.numel() * variable.element_size()


class LBFGS:
    """Moves a tensor to the next point at which loss and gradient are wanted, in place.

    A point with a higher loss than the best so far is taken back, and a shorter step tried.
    """

    def __init__(
        self,
        variable: Tensor,
        *,
        first_step: float,
        pairs: int = PAIRS,
        kept_as: torch.dtype | None = None,
    ) -> None:
        """variable: in [0, 1], and kept there. first_step: the mean change that the first step aims at.
        kept_as: the type of what is remembered, None for the variable's. Where gradients are of bfloat16 maps
        it loses nothing to keep their changes so, and is done in half the time.

        All memory is taken here, so that running out of it shows before the first step.
        """
        self._variable = variable
        self._first_step = first_step
        flat = in_a_row(variable, like=variable)
        self._best, self._best_gradient, self._direction = (torch.empty_like(flat) for _ in range(3))
        """Each in a row; the gradient is that at the best point."""
        self._best_loss = float("inf")
        self._length = 1.0
        self._history = _History(flat, pairs, kept_as or flat.dtype)

    def step(self, loss: float, gradient: Tensor) -> None:
        """Move on from the variable's point, given its loss and gradient, like the variable."""
        if loss < self._best_loss:
            self._accept(loss, in_a_row(gradient, like=self._variable))
        else:
            self._length *= SHORTER
            if self._length < SHORTEST:
                self._history.forget()
                self._aim()
        self._move_on()

    def _move_on(self) -> None:
        """Set the variable to the next point that is to be tried."""
        place = in_a_row(self._variable, like=self._variable)
        torch.add(self._best, self._direction, alpha=self._length, out=place).clamp_(0.0, 1.0)

    def finish(self) -> float:
        """Set the variable to the best point; returns its loss."""
        if self._best_loss < float("inf"):
            in_a_row(self._variable, like=self._variable).copy_(self._best)
        return self._best_loss

    def _accept(self, loss: float, gradient: Tensor) -> None:
        position = in_a_row(self._variable, like=self._variable)
        if self._best_loss < float("inf"):
            self._history.remember(position, self._best, gradient, self._best_gradient)
        self._best.copy_(position)
        self._best_gradient.copy_(gradient)
        self._best_loss = loss
        self._aim()

    def _aim(self) -> None:
        """Along minus the gradient times the inverse curvature, or as far as the first step is to go."""
        self._length = 1.0
        if self._history.aim(self._best_gradient, self._direction):
            return
        direction = torch.neg(self._best_gradient, out=self._direction)
        size = float(torch.linalg.vector_norm(direction, ord=1)) / direction.numel()
        direction.mul_(FIRST_STEP_SHARE * self._first_step / max(size, 1e-30))


class _History:
    """The last steps, how the gradient changed over each, and what of their inner products is needed."""

    def __init__(self, flat: Tensor, pairs: int, dtype: torch.dtype) -> None:
        """flat: (n,), any tensor of the variable's kind. The latest `pairs` steps are kept, as `dtype`."""
        # Memory is the process's when it is first written to: a short run takes less of it.
        self._pairs = flat.new_empty(pairs, 2, flat.numel(), dtype=dtype)
        self._used: list[int] = []
        """Rows of `_pairs`, each a step and a change, from the oldest to the latest."""
        self._unused = list(range(pairs))
        self._scale: float | None = None
        """The inverse curvature of the latest step of use, known for good."""
        self._with_changes = torch.zeros(pairs, 2, pairs, dtype=torch.float64)
        """Inner products of the step and the change in a row with the change in a later one, or the same."""
        self._with_gradient = torch.zeros(pairs, 2, dtype=torch.float64)
        """Those with the gradient of now."""

    def forget(self) -> None:
        self._unused += self._used
        self._used.clear()

    def remember(self, position: Tensor, before: Tensor, gradient: Tensor, gradient_before: Tensor) -> None:
        """Add the step between two points, in the memory of the oldest where all is in use."""
        row = self._unused.pop(0) if self._unused else self._used.pop(0)
        pair = self._pairs[row]
        torch.sub(position, before, out=pair[0])
        torch.sub(gradient, gradient_before, out=pair[1])
        # Rows are taken into use from the first on, so that those before it hold numbers.
        rows = max([row, *self._used]) + 1
        with_change = torch.mv(self._pairs[:rows].flatten(0, 1), pair[1])
        with_gradient = torch.mv(pair, gradient.to(pair.dtype))
        found = torch.cat([with_change, with_gradient]).cpu().to(self._with_changes)
        self._with_changes[:rows, :, row] = found[:-2].view(rows, 2)
        # The gradient is what it was and this change.
        self._with_gradient[:rows] += self._with_changes[:rows, :, row]
        self._with_gradient[row] = found[-2:]
        curvature, change = self._with_changes[row, :, row].tolist()
        if curvature > USEFUL_CURVATURE * change:
            self._used.append(row)
            self._scale = curvature / change
        else:
            self._unused.insert(0, row)

    def aim(self, gradient: Tensor, direction: Tensor) -> bool:
        """Set `direction` to minus the gradient times the inverse curvature; False where nothing is known."""
        if self._scale is None:
            return False
        if not self._used:
            torch.mul(gradient, -self._scale, out=direction)
            return True
        products = self._with_changes[self._used][:, :, self._used]
        of_used, of_gradient = direction_weights(products, self._with_gradient[self._used])
        rows = max(self._used) + 1
        weights = torch.zeros(rows, 2, dtype=torch.float64)
        weights[self._used] = of_used
        matrix = self._pairs[:rows].flatten(0, 1).T
        of_pairs = torch.mv(matrix, weights.flatten().to(matrix))
        torch.add(of_pairs, gradient, alpha=of_gradient, out=direction)
        return True


def in_a_row(tensor: Tensor, *, like: Tensor) -> Tensor:
    """(1, C, H, W) as one row, in the order in which `like` lies in memory; a view of `like` itself."""
    if like.is_contiguous():
        return tensor.reshape(-1)
    return tensor.permute(0, 2, 3, 1).reshape(-1)
