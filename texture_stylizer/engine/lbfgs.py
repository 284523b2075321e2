"""L-BFGS (Liu & Nocedal 1989) within bounds, for one tensor, one evaluation of the loss at a time.

It reaches in 60 evaluations what Adam reaches in several hundred, for the price of its history: two tensors
for each of the last steps. The direction is a weighted sum of these, and its weights follow from their inner
products alone (Chen, Wang & Zhou 2014), so that a GPU has a dozen kernels to start where the recursion has
fifty. Bounds are kept by projection (Bertsekas 1982).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PAIRS = 10
"""Steps whose change of position and gradient is remembered: 5 come within 1 % of the loss that 10 reach, 3
within 5 %, 30 are no better."""

FEWEST_PAIRS = 3

_PRODUCTS_AT_ONCE = 2**26
"""Of values, before they are added up on a GPU: 256 MB."""

_SHORTER = 0.4
_SHORTEST = 1e-3
_FIRST_STEP_SHARE = 0.3


def bytes_per_pair(variable: Tensor) -> int:
    """Memory that each remembered step takes."""
    return 2 * variable.numel() * variable.element_size()


class LBFGS:
    """Moves a tensor to the next point at which loss and gradient are wanted, in place.

    A point with a higher loss than the best so far is taken back, and a shorter step tried.
    """

    def __init__(self, variable: Tensor, *, first_step: float, pairs: int = PAIRS) -> None:
        """variable: in [0, 1], and kept there. first_step: the mean change that the first step aims at.

        All memory is taken here, so that running out of it shows before the first step.
        """
        self._variable = variable
        self._first_step = first_step
        flat = _flat(variable, like=variable)
        self._best, self._best_gradient, self._direction = (torch.empty_like(flat) for _ in range(3))
        self._best_loss = float("inf")
        self._length = 1.0
        self._history = _History(flat, pairs)

    def step(self, loss: float, gradient: Tensor) -> None:
        """Move on from the variable's point, given its loss and gradient."""
        if loss < self._best_loss:
            self._accept(loss, _flat(gradient, like=self._variable))
        else:
            self._length *= _SHORTER
            if self._length < _SHORTEST:
                self._history.forget()
                self._aim()
        place = _flat(self._variable, like=self._variable)
        torch.add(self._best, self._direction, alpha=self._length, out=place).clamp_(0.0, 1.0)

    def finish(self) -> float:
        """Set the variable to the best point; returns its loss."""
        if self._best_loss < float("inf"):
            _flat(self._variable, like=self._variable).copy_(self._best)
        return self._best_loss

    def _accept(self, loss: float, gradient: Tensor) -> None:
        position = _flat(self._variable, like=self._variable)
        if self._best_loss < float("inf"):
            self._history.remember(position, self._best, gradient, self._best_gradient)
        self._best.copy_(position)
        self._best_gradient.copy_(gradient)
        self._best_loss = loss
        self._aim()

    def _aim(self) -> None:
        """Minus the gradient times the inverse curvature, or as far as the first step is to go."""
        self._length = 1.0
        if self._history.aim(self._best_gradient, self._direction):
            return
        direction = torch.neg(self._best_gradient, out=self._direction)
        size = float(torch.linalg.vector_norm(direction, ord=1)) / direction.numel()
        direction.mul_(_FIRST_STEP_SHARE * self._first_step / max(size, 1e-30))


class _History:
    """The last steps, how the gradient changed over each, and what of their inner products is needed."""

    def __init__(self, flat: Tensor, pairs: int) -> None:
        """flat: (n,), any tensor of the variable's kind. The latest `pairs` steps are kept."""
        # Memory is the process's when it is first written to: a short run takes less of it.
        self._pairs = flat.new_empty(pairs, 2, flat.numel())
        self._used: list[int] = []
        """Rows of `_pairs`, each a step and a change, from the oldest to the latest."""
        self._unused = list(range(pairs))
        self._with_changes = np.zeros((pairs, 2, pairs))
        """Inner products of the step and the change in a row with the change in a later one, or the same."""
        self._with_gradient = np.zeros((pairs, 2))
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
        with_changes = _inner_products(self._pairs[:rows].flatten(0, 1), pair[1])
        found = np.array(torch.cat([with_changes, _inner_products(pair, gradient)]).tolist())
        self._with_changes[:rows, :, row] = found[:-2].reshape(rows, 2)
        # The gradient is what it was and this change.
        self._with_gradient[:rows] += self._with_changes[:rows, :, row]
        self._with_gradient[row] = found[-2:]
        curvature, change = self._with_changes[row, :, row]
        # Only where the loss curves upward along the step is the pair a measure of its curvature.
        if curvature > 1e-10 * change:
            self._used.append(row)
        else:
            self._unused.insert(0, row)

    def aim(self, gradient: Tensor, direction: Tensor) -> bool:
        """Set `direction` to minus the gradient times the inverse curvature; False where nothing is known."""
        if not self._used:
            return False
        weights, of_gradient = self._weights()
        rows = max(self._used) + 1
        matrix = self._pairs[:rows].flatten(0, 1).T
        torch.mv(matrix, torch.from_numpy(weights[:rows].ravel()).to(matrix), out=direction)
        direction.add_(gradient, alpha=of_gradient)
        return True

    def _weights(self) -> tuple[NDArray[np.float64], float]:
        """What each step and change, and the gradient, count for in the direction: the recursion of Nocedal &
        Wright 2006, algorithm 7.4, in which every vector is such a sum."""
        products, weights = self._with_changes, np.zeros(self._with_gradient.shape)
        along = {}
        for row in reversed(self._used):
            later = self._used[self._used.index(row) + 1 :]
            step = -self._with_gradient[row, 0] + products[row, 0, later] @ weights[later, 1]
            along[row] = step / products[row, 0, row]
            weights[row, 1] = -along[row]
        last = self._used[-1]
        scale = products[last, 0, last] / products[last, 1, last]
        weights[:, 1] *= scale
        for index, row in enumerate(self._used):
            earlier, later = self._used[:index], self._used[index:]
            change = -scale * self._with_gradient[row, 1]
            change += products[earlier, 1, row] @ weights[earlier, 1]
            change += products[row, 1, later] @ weights[later, 1]
            change += products[earlier, 0, row] @ weights[earlier, 0]
            weights[row, 0] = along[row] - change / products[row, 0, row]
        return weights, -scale


def _inner_products(vectors: Tensor, vector: Tensor) -> Tensor:
    """(m, n) and (n,) -> (m,). CUDA's own product keeps a block of threads busy for each row, and no more."""
    if not vectors.is_cuda:
        return torch.mv(vectors, vector)
    at_once = max(1, _PRODUCTS_AT_ONCE // vector.numel())
    return torch.cat([(rows * vector).sum(1) for rows in vectors.split(at_once)])


def _flat(tensor: Tensor, *, like: Tensor) -> Tensor:
    """(1, C, H, W) as one row, in the order in which `like` lies in memory; a view of `like` itself."""
    if like.is_contiguous():
        return tensor.reshape(-1)
    return tensor.permute(0, 2, 3, 1).reshape(-1)
