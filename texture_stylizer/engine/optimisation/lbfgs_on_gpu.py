"""L-BFGS whose decisions are taken where the picture is, so that no step waits for a GPU.

It moves as `lbfgs.LBFGS` does, to rounding. What that decides by looking at a number is decided by masks
here, and all that changes is changed in place: a step can be recorded, and started again as one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .curvature import USEFUL_CURVATURE, direction_weights
from .lbfgs import FIRST_STEP_SHARE, PAIRS, SHORTER, SHORTEST, in_a_row


class LBFGSOnGPU:
    """Moves a tensor to the next point at which loss and gradient are wanted, in place."""

    def __init__(self, variable: Tensor, *, first_step: float, pairs: int = PAIRS, steps: int) -> None:
        """variable, first_step: as of `LBFGS`. steps: how many are taken at most.

        All memory but that of a step's own is taken here.
        """
        self._variable = variable
        self._first_step = first_step
        flat = in_a_row(variable, like=variable)
        self._best, self._best_gradient, self._direction = (torch.zeros_like(flat) for _ in range(3))
        """Each in a row; the gradient is that at the best point."""
        self._best_loss = flat.new_full((), float("inf"))
        self._length = flat.new_ones(())
        self._history = _History(flat, pairs)
        self._losses = flat.new_zeros(steps)
        self._taken = torch.zeros(1, dtype=torch.int64, device=flat.device)
        self._read = 0

    def step(self, loss: Tensor, gradient: Tensor) -> None:
        """Move on from the variable's point, given its loss, a scalar, and gradient, like the variable."""
        position = in_a_row(self._variable, like=self._variable)
        gradient = in_a_row(gradient, like=self._variable)
        better = loss < self._best_loss
        has_before = better & self._best_loss.isfinite()
        self._history.remember(position, self._best, gradient, self._best_gradient, has_before)
        torch.where(better, position, self._best, out=self._best)
        torch.where(better, gradient, self._best_gradient, out=self._best_gradient)
        self._best_loss.copy_(torch.where(better, loss, self._best_loss))
        length = torch.where(better, 1.0, self._length * SHORTER)
        gone = length < SHORTEST
        self._history.forget(gone)
        self._length.copy_(torch.where(gone, 1.0, length))
        self._aim_and_move(loss)

    def _aim_and_move(self, loss: Tensor) -> None:
        """From the best point on; the loss is noted as that of a step."""
        size = torch.linalg.vector_norm(self._best_gradient, ord=1) / self._best_gradient.numel()
        # With nothing new to know this is the direction of before, to the bit.
        first_scale = FIRST_STEP_SHARE * self._first_step / size.clamp_min(1e-30)
        self._history.aim(self._best_gradient, first_scale, self._direction)
        self._move_on()
        self._losses.index_copy_(0, self._taken, loss.to(self._losses).view(1))
        self._taken.add_(1)

    def _move_on(self) -> None:
        """Set the variable to the next point that is to be tried."""
        position = in_a_row(self._variable, like=self._variable)
        torch.addcmul(self._best, self._direction, self._length, out=position).clamp_(0.0, 1.0)

    def losses(self) -> list[float]:
        """Those of the steps since this was last asked; waits for them."""
        first, self._read = self._read, int(self._taken)
        return self._losses[first : self._read].tolist()

    def finish(self) -> float:
        """Set the variable to the best point; returns its loss."""
        found = float(self._best_loss)
        if found < float("inf"):
            in_a_row(self._variable, like=self._variable).copy_(self._best)
        return found


class _History:
    """The last steps and how the gradient changed over each, in a ring, and their inner products."""

    def __init__(self, flat: Tensor, pairs: int) -> None:
        """flat: (n,), any tensor of the variable's kind. The latest `pairs` steps are kept."""
        self._count = pairs
        self._vectors = flat.new_zeros(2 * pairs + 2, flat.numel())
        """A step and a change in turn; the last two are for what is not to be remembered."""
        exact = {"dtype": torch.float64, "device": flat.device}
        self._with_changes = torch.zeros(pairs, 2, pairs + 1, **exact)
        """Inner products of the step and the change of a pair with the change of a later one, or the same."""
        self._with_gradient = torch.zeros(pairs + 1, 2, **exact)
        """Those with the gradient of now."""
        self._scale = torch.zeros((), **exact)
        """The inverse curvature of the latest step of use, known for good; 0 before."""
        self._places = torch.arange(pairs, device=flat.device)
        self._next, self._known = (self._places.new_zeros(()) for _ in range(2))
        """The pair to be overwritten next, and how many before it count."""

    def forget(self, all_of_it: Tensor) -> None:
        """Where a mask of one is true."""
        self._known.mul_(~all_of_it)

    def remember(
        self, position: Tensor, before: Tensor, gradient: Tensor, gradient_before: Tensor, new: Tensor
    ) -> None:
        """Add the step between two points in place of the oldest; does nothing where the mask `new` is
        false."""
        pair = torch.where(new, self._next, self._count).view(1)
        step, change = position - before, gradient - gradient_before
        self._vectors.index_copy_(0, 2 * pair, step[None])
        self._vectors.index_copy_(0, 2 * pair + 1, change[None])
        with_change = torch.mv(self._vectors, change).to(self._with_gradient).view(-1, 2)
        self._with_changes.index_copy_(2, pair, with_change[:-1, :, None])
        # The gradient is what it was and this change.
        self._with_gradient.add_(torch.where(new, with_change, 0.0))
        latest = torch.stack([torch.dot(step, gradient), torch.dot(change, gradient)])
        self._with_gradient.index_copy_(0, pair, latest.to(with_change)[None])
        curvature, square = with_change.index_select(0, pair)[0]
        useful = new & (curvature > USEFUL_CURVATURE * square)
        self._scale.copy_(torch.where(useful, curvature / square, self._scale))
        # The oldest is gone, whether what came in its place is of use or not.
        left = torch.where(new, self._known.clamp(max=self._count - 1), self._known)
        self._known.copy_(left + useful)
        self._next.add_(useful).remainder_(self._count)

    def aim(self, gradient: Tensor, unknown_scale: Tensor, direction: Tensor) -> None:
        """Set `direction` to minus the gradient times the inverse curvature, or `unknown_scale` where nothing
        is known of it."""
        unknown_scale = torch.where(self._scale > 0, self._scale, unknown_scale.double())
        order = (self._next + self._places) % self._count
        known = self._places >= self._count - self._known
        products = self._with_changes[:, :, : self._count].index_select(0, order).index_select(2, order)
        found, of_gradient = direction_weights(
            products, self._with_gradient.index_select(0, order), known, unknown_scale
        )
        weights = torch.zeros_like(found).index_copy_(0, order, found)
        torch.mv(self._vectors[:-2].T, weights.flatten().to(direction), out=direction)
        direction.addcmul_(gradient, of_gradient.to(direction))
