"""What is shown while the parts of a picture are drawn one after the other."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
from numpy.typing import NDArray

from .coarse_to_fine import Iterate, OnProgress
from .color import Array


def as_part_of(
    on_progress: OnProgress | None,
    index: int,
    count: int,
    started: float,
    done: Array,
    part: NDArray[np.bool_],
) -> OnProgress | None:
    """A part's progress as the whole run's, with the other parts as they are.

    started: when the run began, by `time.perf_counter`. done: (H, W, 3), the picture so far. part: (H, W).
    """
    if on_progress is None:
        return None

    def report(iterate: Iterate) -> None:
        fraction = (index + iterate.fraction) / count
        seconds = time.perf_counter() - started
        on_progress(
            dataclasses.replace(
                iterate,
                fraction=fraction,
                seconds=seconds,
                seconds_left=seconds / max(fraction, 1e-6) - seconds,
                image=lambda: _placed(iterate.image(), done, part),
            )
        )

    return report


def _placed(image: Array, done: Array, part: NDArray[np.bool_]) -> Array:
    """A part's picture, (h, w, 3), within the nearest pixels of the whole one."""
    rows, columns = (
        np.arange(small) * large // small for small, large in zip(image.shape[:2], part.shape, strict=True)
    )
    places = np.ix_(rows, columns)
    return np.where(part[places][..., None], image, done[places])
