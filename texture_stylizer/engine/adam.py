"""Adam (Kingma & Ba 2015), for one tensor, in place."""

from __future__ import annotations

import torch
from torch import Tensor


class Adam:
    """Steps a tensor along its gradient's running mean over its running root mean square.

    Written out because torch.optim imports torch's compiler, which takes seconds at a worker's start.
    """

    def __init__(
        self, variable: Tensor, *, betas: tuple[float, float] = (0.9, 0.99), epsilon: float = 1e-8
    ) -> None:
        self._variable = variable
        self._betas = betas
        self._epsilon = epsilon
        self._mean = torch.zeros_like(variable)
        self._square = torch.zeros_like(variable)
        self._steps = 0

    def step(self, gradient: Tensor, learning_rate: float) -> None:
        """Change the variable by one step; `gradient` has its shape."""
        first, second = self._betas
        self._steps += 1
        self._mean.lerp_(gradient, 1 - first)
        self._square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        scale = (1 - second**self._steps) ** 0.5
        denominator = self._square.sqrt().div_(scale).add_(self._epsilon)
        self._variable.addcdiv_(self._mean, denominator, value=-learning_rate / (1 - first**self._steps))
