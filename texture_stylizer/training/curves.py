"""The training log as a picture: `python -m texture_stylizer.training.curves LOG OUT`; needs matplotlib."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..engine.features.recipe import STYLE_LAYERS

_LINE = re.compile(r"(\d+) \d+ s loss ([\d.]+), moved ([\d.]+); structure missed ([\d.]+); .* right (.+)")
_SMOOTHED = 5


class Curves(NamedTuple):
    """steps, losses, moved (the loss of the moved images), missed: (n,); pictures and kinds: (n, 5), the
    share told right on each style layer."""

    steps: NDArray[np.float64]
    losses: NDArray[np.float64]
    moved: NDArray[np.float64]
    missed: NDArray[np.float64]
    pictures: NDArray[np.float64]
    kinds: NDArray[np.float64]


def read_log(lines: Iterable[str]) -> Curves:
    """What `train` printed. Raises ValueError where no line of it is a report."""
    found = [match.groups() for match in map(_LINE.match, lines) if match]
    if not found:
        raise ValueError("no line of the log is a report of the training")
    numbers = np.array([[float(one) for one in row[:4]] for row in found])
    shares = np.array([[[float(one) for one in pair.split("/")] for pair in row[4].split()] for row in found])
    return Curves(*numbers.T, pictures=shares[:, :, 0], kinds=shares[:, :, 1])


def draw(curves: Curves) -> Figure:
    """Losses, and what is told right by layer: each report is of one batch, so means over five are drawn."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    losses, pictures, kinds = figure.subplots(1, 3)
    for values, name in (
        (curves.losses, "loss"),
        (curves.moved, "moved"),
        (curves.missed, "structure missed"),
    ):
        _plot(losses, curves.steps, values, name)
    for axes, shares, title in (
        (pictures, curves.pictures, "which picture, told right"),
        (kinds, curves.kinds, "what was done to it, told right"),
    ):
        for layer, values in zip(STYLE_LAYERS, shares.T, strict=True):
            _plot(axes, curves.steps, values, layer)
        axes.set_title(title, fontsize=10)
    for axes in (losses, pictures, kinds):
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return figure


def _plot(axes: Axes, steps: NDArray[np.float64], values: NDArray[np.float64], name: str) -> None:
    # With a window longer than the log numpy would return more means than there are steps.
    window = np.ones(min(_SMOOTHED, len(steps)))
    means = np.convolve(values, window, "same") / np.convolve(np.ones_like(values), window, "same")
    axes.plot(steps, means, label=name)


def main() -> None:
    log, out = map(Path, sys.argv[1:])
    draw(read_log(log.read_text("utf-8").splitlines())).savefig(out, dpi=90)


if __name__ == "__main__":
    main()
