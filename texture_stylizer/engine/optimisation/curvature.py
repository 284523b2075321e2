"""L-BFGS's direction as a weighted sum of the remembered steps and changes, from their inner products.

So a GPU has a dozen large kernels to start where the recursion has fifty (Chen, Wang & Zhou 2014).
"""

from __future__ import annotations

import torch
from torch import Tensor

USEFUL_CURVATURE = 1e-10
"""Only where the loss curves upward along a step is it a measure of its curvature: the inner product of step
and change is more than this share of the change's square."""


def direction_weights(
    products: Tensor, with_gradient: Tensor, known: Tensor, unknown_scale: Tensor | float
) -> tuple[Tensor, Tensor]:
    """Minus the gradient times the inverse curvature, as what each vector counts for in it.

    That is the compact form of Byrd, Nocedal & Schnabel 1994, equation 3.1, with the curvature of the latest
    step elsewhere.

    products:      (p, 2, p) float64, inner products of the step and of the change in a row with the change in
                   a later one, or the same; rows from the oldest to the latest, the rest is not looked at
    with_gradient: (p, 2), those with the gradient
    known:         (p,) bool, which rows count
    unknown_scale: what the gradient is multiplied by where none does
    Returns (p, 2), and the scalar that the gradient counts for. Nothing waits for a GPU.
    """
    both = known[:, None] & known[None, :]
    of_step = torch.where(known, with_gradient[:, 0], 0.0)
    of_change = torch.where(known, with_gradient[:, 1], 0.0)
    upper = torch.where(both, products[:, 0], 0.0).triu()
    curvatures = upper.diagonal()
    # Rows that do not count are those of the identity, and come out as zeros.
    upper = upper + torch.diag(torch.where(known, 0.0, 1.0).to(upper))
    changes = torch.where(both, products[:, 1], 0.0).triu()
    changes = changes + changes.triu(1).T
    scale = torch.where(known[-1], curvatures[-1] / changes[-1, -1], unknown_scale)
    solved = torch.linalg.solve_triangular(upper, of_step[:, None], upper=True)
    inner = curvatures[:, None] * solved + scale * (changes @ solved - of_change[:, None])
    of_steps = torch.linalg.solve_triangular(upper.T, inner, upper=False)
    return torch.cat([-of_steps, scale * solved], dim=1), -scale
