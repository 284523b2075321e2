"""What the engine is given of a job: its picture, its settings, what counts of it, and its surface."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...descriptions import Job
from ...engine.color import Array
from ...engine.inputs import StyledRegion
from ...engine.surface.coverage import Surface
from ...engine.surface.style_groups import width_as_scale
from ...errors import BadInput
from ...settings import Settings
from ..mesh_file import Triangles, read_triangles, tiled_axes
from .images import Picture
from .masks import read_mask
from .sources import OnWarning, read_style
from .udim_canvas import Canvas, lay_out, settings_for, triangles_on


@dataclass(frozen=True)
class Work:
    """One texture, or the canvas of a UDIM set.

    color: (H, W, 3). mask: (H, W), what the engine is to count, or None for all. kept: (H, W), the part of
    it that a user has asked for, or None for all. start: (H, W, 3), the last frame's result.
    """

    color: Array
    settings: Settings
    mask: Array | None = None
    canvas: Canvas | None = None
    start: Array | None = None
    surface: Surface | None = None
    kept: Array | None = None


@dataclass(frozen=True)
class StylesRead:
    """styles: [((h, w, 3) array, weight), ...] for what has no other; regions: those of parts of the
    picture."""

    styles: list[tuple[Array, float]]
    regions: list[StyledRegion]

    def arrays(self) -> list[tuple[Array, float]]:
        """All of them in their order, each region after its mask, as the cache tells them apart."""
        found = list(self.styles)
        for region in self.regions:
            found += [(region.mask, -1.0), *region.styles]
        return found


def work_of(job: Job, pictures: list[Picture], start: Array | None) -> Work:
    """What is drawn for a job, without its mask: `masked` puts that in."""
    triangles = read_triangles(Path(job.surface)) if job.surface else None
    if not job.tiles:
        color = pictures[0].color
        start = start if start is not None and start.shape == color.shape else None
        axes = None if triangles is None else tiled_axes(triangles.uvs)
        if triangles is not None and axes is not None:
            # A place in the texture is many on the surface then.
            height, width = color.shape[:2]
            settings = width_as_scale(job.settings, triangles.uvs, triangles.areas, height, width)
            return Work(color, dataclasses.replace(settings, wrap=axes), start=start)
        return Work(color, job.settings, start=start, surface=_surface_of(triangles))
    numbers = [tile.number for tile in job.tiles]
    canvas = lay_out({number: p.color for number, p in zip(numbers, pictures, strict=True)})
    mask = None if canvas.mask.all() else canvas.mask
    surface = None if triangles is None else _surface_of(triangles_on(canvas, triangles))
    return Work(canvas.color, settings_for(canvas, job.settings), mask, canvas, surface=surface)


def masked(work: Work, job: Job, picture: Picture, styles: StylesRead) -> Work:
    """A job's work within its mask and, where every style has its part, within these.

    Raises BadInput where nothing is left.
    """
    kept = None if job.mask is None else read_mask(job.mask, job, picture, work.canvas)
    if not styles.styles:
        union = np.max([region.mask for region in styles.regions], axis=0) >= 0.5
        kept = union.astype(np.float32) if kept is None else kept * union
    if kept is None or (kept >= 1.0).all():
        return work
    name = "" if job.mask is None else f" {job.mask.name}"
    if not (kept > 0).any():
        raise BadInput(f"the mask{name} is black everywhere on it, so nothing of it would be restyled")
    mask = kept if work.mask is None else kept * work.mask
    return dataclasses.replace(work, mask=mask, kept=kept)


def read_styles(job: Job, picture: Picture, canvas: Canvas | None, warn: OnWarning) -> StylesRead:
    """The styles of a job, and of its regions those that hold some of the picture. Raises BadInput."""
    read = [(read_style(style, warn), style) for style in job.styles]
    regions = []
    for region in job.regions:
        mask = read_mask(region, job, picture, canvas)
        own = [(image, style.weight) for image, style in read if style.where == region.name]
        if own and (mask >= 0.5).any():
            regions.append(StyledRegion(mask, own))
    named = {region.name for region in job.regions}
    others = [(image, style.weight) for image, style in read if style.where not in named]
    if not others and not regions:
        raise BadInput("none of the styles is for a part of it, so it would stay as it is")
    return StylesRead(others, regions)


def _surface_of(triangles: Triangles | None) -> Surface | None:
    if triangles is None or not len(triangles.uvs):
        return None
    return Surface.of(triangles.uvs, triangles.areas, triangles.vertices, triangles.ups, triangles.steps)
