"""The whole optimisation of one texture: arrays in, arrays out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..errors import OutOfMemory
from ..settings import Settings
from .coarse_to_fine import CoarseToFine, Inputs, OnProgress
from .color import color_map, swap_luminance
from .features.vgg import Features
from .hardware.memory import is_out_of_memory
from .hardware.offload import storage_device
from .inputs import (
    SMALLEST_IMAGE,
    Array,
    StyledRegion,
    as_drawn,
    check,
    counted_texels,
    mask_tensor,
    only_middles,
    prepare_colors,
    styled_parts,
    to_array,
    to_tensor,
)
from .parameterization.image import wrap_of, wrapped_axes
from .part_progress import as_part_of
from .surface.coverage import Surface
from .surface.unused_texels import spread, with_unused_texels

LARGEST_GAIN = 4.0
"""How many times the contrast of a texture may grow where a run starts: the noise of a flat one is none."""


@dataclass(frozen=True)
class Result:
    """A stylised texture.

    image:    (H, W, 3) float32, display-encoded [0, 1]
    losses:   the loss at the last iteration of each scale, coarse to fine
    seconds:  of the whole call
    tile:     side of the tiles' cores at the finest scale, None when it was untiled
    warnings: what went otherwise than asked, one sentence each
    """

    image: Array
    losses: tuple[float, ...]
    seconds: float
    tile: int | None = None
    warnings: tuple[str, ...] = field(default=())


def stylize(
    content: Array,
    styles: Sequence[tuple[Array, float]],
    settings: Settings,
    *,
    features: Features,
    mask: Array | None = None,
    seams: Surface | None = None,
    start: Array | None = None,
    regions: Sequence[StyledRegion] = (),
    on_progress: OnProgress | None = None,
) -> Result:
    """Redraw `content` in the strokes and colours of `styles`.

    content: (H, W, 3) float32, display-encoded [0, 1]. styles: [((h, w, 3) array, weight), ...], likewise.
    mask: (H, W) in [0, 1], what each texel counts for. Where it is 0 the content is kept, and takes no part:
    the nearest texel that counts stands for it.
    start: (H, W, 3), where the coarsest level starts instead of the content: the last frame's result.
    seams: the surface that the texture lies on: only its texels count, each for its area, and the picture
    goes on across its seams; texels that no face uses are filled from the nearest island, or kept.
    regions: parts with styles of their own; `styles` are for all else, and may be none where the mask leaves
    nothing else. Each part is drawn by itself, as Gatys et al. 2017 compare each with a style of its own, so
    that the network sees nothing of another's strokes; it takes as long as the whole.
    on_progress: called after every iteration with an `Iterate`; an exception it raises ends the run.
    Raises BadInput for arrays that do not fit and where the loss is no finite number, OutOfMemory when not
    even the smallest tile fits.
    """
    started = time.perf_counter()
    check(content, [*styles, *(pair for region in regions for pair in region.styles)], mask, start)
    if settings.iterations == 0:
        return Result(content.copy(), (), time.perf_counter() - started)

    parts = styled_parts(content.shape, styles, regions, mask)
    if len(parts) == 1:
        return _drawn(content, *parts[0], settings, features, seams, start, on_progress)
    image, found = content, []
    for number, (kind, own) in enumerate(parts):
        assert own is not None, "several parts have masks"
        report = as_part_of(on_progress, number, len(parts), started, image, own > 0)
        found.append(_drawn(content, kind, own, settings, features, seams, start, report))
        image = np.where(own[..., None] > 0, found[-1].image, image)
    losses = tuple(loss for result in found for loss in result.losses)
    warnings = tuple(dict.fromkeys(said for result in found for said in result.warnings))
    return Result(image, losses, time.perf_counter() - started, found[-1].tile, warnings)


def _drawn(
    content: Array,
    styles: Sequence[tuple[Array, float]],
    mask: Array | None,
    settings: Settings,
    features: Features,
    seams: Surface | None,
    start: Array | None,
    on_progress: OnProgress | None,
) -> Result:
    """What `stylize` does to one part, by its mask; arguments as there."""
    started = time.perf_counter()
    settings, counted = _without_masked(content, settings, mask, seams)
    storage = storage_device(content.shape[0], content.shape[1], features, flat=True)
    middles, said = only_middles(styles)
    drawn = as_drawn(counted, settings)
    colored = prepare_colors(counted, middles, settings, mask)
    inputs = Inputs(
        to_tensor(drawn, storage),
        [(to_tensor(image, storage), weight) for image, weight in colored],
        None if mask is None else mask_tensor(mask, storage),
        None if start is None else to_tensor(start, storage),
        seams if min(content.shape[:2]) >= SMALLEST_IMAGE else None,
        _mean_color_map(counted_texels(drawn, mask), colored),
    )
    with _deterministic():
        run = CoarseToFine(features, inputs, settings, on_progress, started)
        run.warnings[:0] = said
        optimised = _optimised(run, content)
    image = _kept_where_unseen(to_array(optimised), content, run, mask).astype(np.float32, copy=False)
    return Result(image, tuple(run.losses), time.perf_counter() - started, run.tile, tuple(run.warnings))


def _without_masked(
    content: Array, settings: Settings, mask: Array | None, seams: Surface | None
) -> tuple[Settings, Array]:
    """The content with what a mask leaves out as the nearest texel that counts, and the settings by which it
    is tiled as before."""
    if mask is None:
        return settings, content
    wrapped = (False, False)
    if seams is None:
        wrapped = wrapped_axes(torch.from_numpy(content).movedim(2, 0)[None], settings.wrap)
        settings = dataclasses.replace(settings, wrap=wrap_of(wrapped))
    return settings, spread(content, mask > 0, wrapped)


def _optimised(run: CoarseToFine, content: Array) -> Tensor:
    """The picture of the finest level. Raises OutOfMemory where torch says so in its own words."""
    try:
        return run.levels()
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        height, width = content.shape[:2]
        raise OutOfMemory(
            f"a texture of {width} x {height} px does not fit into the memory of {run.features.device}; "
            "close other programs, or work at a smaller size with --max-size"
        ) from error


def _kept_where_unseen(optimised: Array, content: Array, run: CoarseToFine, mask: Array | None) -> Array:
    """The optimised picture in the content's size, and the content where the network saw none of it."""
    height, width = content.shape[:2]
    image = optimised[:height, :width]
    if run.settings.preserve_color == "luminance":
        image = swap_luminance(content, image)
    if run.surface is not None:
        image, said = with_unused_texels(image, content, run.surface, run.settings)
        run.warnings += said
    if mask is not None:
        image = np.where(mask[..., None] > 0, image, content)
    return image


def _mean_color_map(
    content: Array, styles: Sequence[tuple[Array, float]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean of the maps to the styles' colours, by the styles' weights."""
    maps = [color_map(content, style, LARGEST_GAIN) for style, _ in styles]
    weights = [weight for _, weight in styles]
    matrix, shift = (np.average([found[part] for found in maps], axis=0, weights=weights) for part in (0, 1))
    return matrix, shift


class _deterministic:
    """Within this block the same input gives the same bits, where torch has such a way."""

    def __enter__(self) -> None:
        self._before = torch.backends.cudnn.deterministic
        torch.backends.cudnn.deterministic = True

    def __exit__(self, *_: object) -> None:
        torch.backends.cudnn.deterministic = self._before
