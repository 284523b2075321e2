"""Adam (Kingma & Ba 2015), for one tensor, in place, some rows at a time."""

from __future__ import annotations

import torch
from torch import Tensor

_ROWS = 256


class Adam:
    """Steps a tensor along its gradient's running mean over its running root mean square.

    Written out because torch.optim imports torch's compiler, which takes seconds at a worker's start, and
    because here the gradient need never exist as a whole.
    """

    def __init__(
        self,
        variable: Tensor,
        *,
        betas: tuple[float, float] = (0.9, 0.99),
        epsilon: float = 1e-8,
        mean_type: torch.dtype | None = None,
    ) -> None:
        """variable: (1, C, H, W). mean_type: how the running mean is kept from step to step; bfloat16 saves
        two bytes a value, and the mean square would not bear it: it changes by less than a hundredth."""
        self._variable = variable
        self._betas = betas
        self._epsilon = epsilon
        # The largest first: it may fit where something as large as the variable was.
        self._square = torch.zeros_like(variable)
        self._mean = torch.zeros_like(variable, dtype=mean_type)
        self._steps = 0

    def step(self, gradient: Tensor, learning_rate: float) -> None:
        """Change the variable by one step; `gradient` has its shape."""
        self.begin_step()
        self.step_rows(slice(0, self._variable.shape[2]), gradient, learning_rate)

    def begin_step(self) -> None:
        """Count a step, whose rows follow."""
        self._steps += 1

    def step_rows(self, rows: slice, gradient: Tensor, learning_rate: float) -> None:
        """Change some rows of the variable; gradient: (1, C, h, W), theirs."""
        for top in range(rows.start, rows.stop, _ROWS):
            few = slice(top, min(top + _ROWS, rows.stop))
            self._step_few(few, gradient[:, :, top - rows.start : few.stop - rows.start], learning_rate)

    def _step_few(self, rows: slice, gradient: Tensor, learning_rate: float) -> None:
        first, second = self._betas
        kept, square = self._mean[:, :, rows], self._square[:, :, rows]
        mean = torch.lerp(kept.to(gradient.dtype), gradient, 1 - first)
        kept.copy_(mean)
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        scale = (1 - second**self._steps) ** 0.5
        denominator = square.sqrt().div_(scale).add_(self._epsilon)
        value = -learning_rate / (1 - first**self._steps)
        self._variable[:, :, rows].addcdiv_(mean, denominator, value=value)
