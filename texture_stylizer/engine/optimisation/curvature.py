"""L-BFGS's direction as a weighted sum of the remembered steps and changes, from their inner products.

So there are a dozen large operations where the recursion has fifty (Chen, Wang & Zhou 2014).
"""

from __future__ import annotations

import torch
from torch import Tensor

USEFUL_CURVATURE = 1e-10
"""Only where the loss curves upward along a step is it a measure of its curvature: the inner product of step
and change is more than this share of the change's square."""


def direction_weights(products: Tensor, with_gradient: Tensor) -> tuple[Tensor, float]:
    """Minus the gradient times the inverse curvature, as what each vector counts for in it.

    That is the compact form of Byrd, Nocedal & Schnabel 1994, equation 3.1, with the curvature of the latest
    step elsewhere.

    products:      (p, 2, p) float64, inner products of the step and of the change in a row with the change in
                   a later one, or the same; rows from the oldest to the latest, the rest is not looked at
    with_gradient: (p, 2), those with the gradient
    Returns (p, 2), and what the gradient counts for.
    """
    upper = products[:, 0].triu()
    curvatures = upper.diagonal()
    changes = products[:, 1].triu()
    changes = changes + changes.triu(1).T
    scale = float(curvatures[-1] / changes[-1, -1])
    solved = torch.linalg.solve_triangular(upper, with_gradient[:, :1], upper=True)
    inner = curvatures[:, None] * solved + scale * (changes @ solved - with_gradient[:, 1:])
    of_steps = torch.linalg.solve_triangular(upper.T, inner, upper=False)
    return torch.cat([-of_steps, scale * solved], dim=1), -scale
