"""Where a large picture is kept while it is worked on: in the network's memory, or in the computer's."""

from __future__ import annotations

import torch

from .devices import where_fits
from .features import Features

FLAT_BYTES, BORDERED_BYTES = 64, 128
"""Memory that a picture, its content and the optimiser take per pixel where it is flat, and where its border
is made at every step. At 6144 x 6144 px 45 and 115 were measured, on a mesh 163 with the CPU's."""

SMALLEST_TILE_BESIDE = 512
"""Side of a tile for which there must be room beside the picture; on a GPU it was not measured which pays."""


def home_of(height: int, width: int, features: Features, *, flat: bool) -> torch.device:
    """The network's device if all of a picture fits there beside a tile, else the CPU: the network then has a
    tile of it at a time.

    flat: whether its border belongs to the unknowns, as `FlatSheet`'s.
    """
    tile = features.graph_bytes_per_pixel * (SMALLEST_TILE_BESIDE + 2 * features.halo) ** 2
    picture = (FLAT_BYTES if flat else BORDERED_BYTES) * height * width
    return where_fits(picture + tile, features.device)
