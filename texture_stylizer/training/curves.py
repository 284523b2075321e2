"""The training log as a picture: `python -m texture_stylizer.training.curves LOG OUT`; needs matplotlib."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .trunk import COMPARED

_LINE = re.compile(r"(\d+) \d+ s loss ([\d.]+); agreement (.+)")


class Curves(NamedTuple):
    """steps, losses: (n,). agreement: (n, 2, 6), cosines of each loss's gradients with the teacher's, of all
    pixels and of means over 4 x 4."""

    steps: NDArray[np.float64]
    losses: NDArray[np.float64]
    agreement: NDArray[np.float64]


def read_log(lines: Iterable[str]) -> Curves:
    """What `train` printed; the cycles' steps follow each other. Raises ValueError where no line of it is a
    report of the training."""
    found = [match.groups() for match in map(_LINE.match, lines) if match]
    if not found:
        raise ValueError("no line of the log is a report of the training")
    steps = np.array([float(row[0]) for row in found])
    for last in np.flatnonzero(np.diff(steps) < 0):
        steps[last + 1 :] += steps[last]
    agreement = np.array([[float(one) for one in row[2].split()] for row in found])
    return Curves(steps, np.array([float(row[1]) for row in found]), agreement.reshape(-1, 2, len(COMPARED)))


def draw(curves: Curves) -> Figure:
    """Losses, and how far gradients agree by layer."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    losses, fine, coarse = figure.subplots(1, 3)
    losses.plot(curves.steps, curves.losses)
    losses.set_title("loss", fontsize=10)
    for axes, number, title in ((fine, 0, "gradients' cosines"), (coarse, 1, "the same of 4 x 4 means")):
        for layer, values in zip(COMPARED, curves.agreement[:, number].T, strict=True):
            axes.plot(curves.steps, values, label=layer)
        axes.set_title(title, fontsize=10)
        axes.legend(fontsize=8)
    for axes in (losses, fine, coarse):
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
    return figure


def main() -> None:
    log, out = map(Path, sys.argv[1:])
    draw(read_log(log.read_text("utf-8").splitlines())).savefig(out, dpi=90)


if __name__ == "__main__":
    main()
