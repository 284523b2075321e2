"""One run from coarse to fine: what stays the same over the levels, and the steps on each."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..descriptions import Progress
from ..errors import BadInput
from ..settings import Settings
from .features.vgg import HALO, Features
from .gradient.objective import Objective
from .hardware.malloc import kept_heap
from .hardware.memory import free_memory, within_memory
from .hardware.offload import BAND_BYTES, storage_device
from .inputs import SMALLEST_IMAGE, Array, to_array
from .losses.style_regions import StyledTexels
from .optimisation.level import Descent
from .parameterization.image import LARGEST_BORDERED, MeshImage, PaddedImage, Parameterization, wrapped_axes
from .parameterization.image_with_padding import ImageWithPadding
from .parameterization.padding import MARGIN
from .pyramid import enlarged, level_iterations, level_sizes, next_level, resize, style_size
from .remaining import Remaining
from .surface.coverage import Surface
from .surface.style_groups import StyleGroup
from .tiles import LARGEST_TILE, fitting_tile

OnProgress = Callable[["Iterate"], None]


START_NOISE = 0.02
"""Standard deviation of the noise added at the coarsest level: flat areas give no gradient to start from."""

LARGEST_CPU_TILE = 1024
"""A processor gains little by larger ones: at 4096 x 4096 px a step took 34 s by these, 33 s by 1536, 32 s by
3072, in 7, 11 and 19 GB. Of the strips that mostly stand for tiles these say how much memory they take."""

LARGEST_MISSING = 1.25
"""How many times larger a style would have to be before a sentence says so."""

MEMORY_SHARE = 0.5
"""Share of the free memory that a tile's back-propagation may take."""


@dataclass(frozen=True, kw_only=True)
class Iterate(Progress):
    """Progress with a function that gives the image of the moment, (H', W', 3), at the current scale."""

    image: Callable[[], Array]


@dataclass(frozen=True)
class Inputs:
    """What a run is of.

    content: (1, 3, H, W), display-encoded [0, 1]. styles: [((1, 3, h, w) image, weight), ...], likewise.
    mask: (1, 1, H, W), what each texel counts for, or None for 1. start: like the content, where the coarsest
    level starts instead of it. surface: that the texture lies on. colors: the matrix and the shift by which
    the content's colours become the styles'.
    """

    content: Tensor
    styles: list[tuple[Tensor, float]]
    mask: Tensor | None = None
    start: Tensor | None = None
    surface: Surface | None = None
    colors: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None


class CoarseToFine:
    """One optimisation: what stays the same over its levels, and what they leave behind."""

    def __init__(
        self,
        features: Features,
        inputs: Inputs,
        settings: Settings,
        on_progress: OnProgress | None = None,
        started: float = 0.0,
    ) -> None:
        """started: when the whole call began, by `time.perf_counter`."""
        self.features = features
        self.settings = settings
        self.on_progress = on_progress
        self.started = started
        self.content, self.styles, self.mask = inputs.content, inputs.styles, inputs.mask
        self.start, self.surface, self.colors = inputs.start, inputs.surface, inputs.colors
        content, styles, surface = self.content, self.styles, self.surface
        self.wrapped = wrapped_axes(content, settings.wrap) if surface is None else (False, False)
        self.losses: list[float] = []
        self.warnings = [] if surface is not None else _unused_on_no_mesh(settings)
        self.warnings += _too_small(styles, content, settings)
        self.tile: int | None = None
        height, width = content.shape[2:]
        shrink = min(1.0, (settings.max_size or max(height, width)) / max(height, width))
        self.sizes = level_sizes(
            max(SMALLEST_IMAGE, round(height * shrink)),
            max(SMALLEST_IMAGE, round(width * shrink)),
            settings.scales,
        )
        self.counts = level_iterations(settings.iterations, len(self.sizes))
        self._work_done = 0.0
        self._remaining = Remaining()

    def levels(self) -> Tensor:
        """Work through the pyramid. Returns (1, 3, H, W) at the content's size."""
        image = coarse = None
        for level, (height, width) in enumerate(self.sizes):
            storage = self._storage(height, width)
            content = resize(self.content, height, width).to(storage)
            parameterization = self._parameterization(height, width, storage)
            content = parameterization.continued(content)
            start = content if self.start is None else resize(self.start, height, width).to(storage)
            if image is None or coarse is None:
                image = self._with_noise(self._in_styles_colors(start))
            else:
                image = next_level(image.to(storage), start, coarse.to(storage))
            unknowns = parameterization.unknowns(image)
            # The optimiser's state needs the room.
            image = coarse = None
            image = self._optimise(level, unknowns, content, parameterization)
            coarse = start
        assert image is not None and coarse is not None, "a pyramid has at least one level"
        if image.shape != self.content.shape:
            storage = self.content.device
            height, width = self.content.shape[2:]
            parameterization = self._parameterization(height, width, storage)
            coarse = resize(self.content, *image.shape[2:])
            image = enlarged(image.to(storage), parameterization.continued(self.content), coarse.to(storage))
            image = parameterization.continued(image)
        return image

    def _parameterization(self, height: int, width: int, storage: torch.device) -> Parameterization:
        if self.surface is not None:
            return MeshImage(self.surface, height, width, storage)
        if self._is_flat(height, width):
            return ImageWithPadding(self.wrapped, HALO)
        return PaddedImage(self.wrapped, HALO)

    def _storage(self, height: int, width: int) -> torch.device:
        """Where a level is kept; a sentence says so if that is not the network's memory."""
        storage = storage_device(height, width, self.features, flat=self._is_flat(height, width))
        sentence = (
            f"the picture was kept in the computer's memory, because {self.features.device} has too little"
        )
        if storage.type != self.features.device.type and sentence not in self.warnings:
            self.warnings.append(sentence)
        return storage

    def _is_flat(self, height: int, width: int) -> bool:
        if self.surface is not None or height * width <= LARGEST_BORDERED:
            return False
        return ImageWithPadding.is_possible(self.wrapped, height, width, HALO)

    def _in_styles_colors(self, content: Tensor) -> Tensor:
        """The content with the mean and covariance of the styles' colours: a start with dark colours takes
        hundreds of steps to become a pale style's."""
        if self.colors is None or self.start is not None:
            return content
        matrix, shift = (torch.from_numpy(part).to(content) for part in self.colors)
        return torch.einsum("ij,njhw->nihw", matrix, content) + shift.view(1, 3, 1, 1)

    def _with_noise(self, image: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(self.settings.seed)
        noise = torch.randn(image.shape, generator=generator).to(image)
        return (
            noise.mul_(START_NOISE).add_(image).clamp_(0.0, 1.0).contiguous(memory_format=torch.channels_last)
        )

    def _optimise(
        self, level: int, image: Tensor, content: Tensor, parameterization: Parameterization
    ) -> Tensor:
        """Take the level's steps from the unknowns `image`. Returns the picture after them, (1, 3, h, w)."""
        with kept_heap():
            # In a function of its own, so that all that it took is free when the heap is given back.
            self._descend(level, image, content, parameterization)
        return parameterization.picture(image).detach()

    def _descend(
        self, level: int, image: Tensor, content: Tensor, parameterization: Parameterization
    ) -> None:
        """Change the unknowns `image` in place by the level's steps; its loss and tile are noted."""
        objective, tile = self._fitting_objective(self.features, content, parameterization)
        descent = Descent(objective, parameterization, self.settings, tile, self.warnings)
        count = self.counts[level]
        if count:
            loss = descent.run(
                image, count, lambda step, loss: self._report(level, step, loss, image, parameterization)
            )
            self.losses.append(loss)
            # The level may have settled before its last step.
            self._work_done = self._work(level + 1)
        self.tile = descent.tile

    def _fitting_objective(
        self, features: Features, content: Tensor, parameterization: Parameterization
    ) -> tuple[Objective, int | None]:
        """What is minimised, and the side in pixels of the tiles' cores by which that fits into memory, None
        for untiled. Raises OutOfMemory."""
        height, width = (side + 2 * MARGIN for side in content.shape[2:])

        def prepare(tile: int | None) -> tuple[Objective, int | None]:
            self.tile = tile
            return self._objective(features, content, parameterization, tile), tile

        first = self._first_tile(features, height, width, content.device)
        return within_memory(prepare, first, max(height, width), features.device, self.warnings)

    def _objective(
        self, features: Features, content: Tensor, parameterization: Parameterization, tile: int | None
    ) -> Objective:
        """What is minimised, for a level's picture and what is seen of it; its targets are made by tiles."""
        height, width = content.shape[2:]
        settings = dataclasses.replace(self.settings, tile=tile)
        atlas = None if self.surface is None else resize(self.content, height, width).to(content.device)
        mask = parameterization.mask(
            None if self.mask is None else resize(self.mask, height, width).to(content.device)
        )
        seen, grouping = parameterization.padded(content), parameterization.grouping(self.settings)
        groups = [StyleGroup(self.settings.style_scale)] if grouping is None else grouping.groups
        styles = [self._styles_for(group, height, width) for group in groups]
        if grouping is None or len(groups) == 1:
            return Objective(features, seen, styles[0], settings, mask, None, parameterization.inset, atlas)
        labels = torch.from_numpy(grouping.labels).to(seen.device)
        styled = StyledTexels(labels, styles)
        return Objective(features, seen, (), settings, mask, styled, parameterization.inset, atlas)

    def _styles_for(self, group: StyleGroup, height: int, width: int) -> list[tuple[Tensor, float]]:
        """The styles as a group sees them in a picture of that size."""
        return [
            (group.apply(resize(style, *_size_of(style, height, width, group.scale))), weight)
            for style, weight in self.styles
        ]

    def _first_tile(self, features: Features, height: int, width: int, storage: torch.device) -> int | None:
        wanted = self.settings.tile
        if wanted == "auto":
            budget = MEMORY_SHARE * free_memory(features.device)
            largest = LARGEST_CPU_TILE if features.device.type == "cpu" else LARGEST_TILE
            needed = features.graph_bytes_per_pixel
            band = 0.0 if storage.type == features.device.type else BAND_BYTES
            fitting = fitting_tile(height, width, HALO, needed, budget, largest, band)
            return fitting if self.tile is None else min(self.tile, fitting or self.tile)
        return wanted if wanted is None or wanted < max(height, width) else None

    def _work(self, levels: int) -> float:
        """Pixels of all steps on the coarsest levels."""
        taken = zip(self.sizes[:levels], self.counts[:levels], strict=True)
        return float(sum(height * width * count for (height, width), count in taken))

    def _report(
        self, level: int, step: int, loss: float, image: Tensor, parameterization: Parameterization
    ) -> None:
        height, width = self.sizes[level]
        if not math.isfinite(loss):
            raise BadInput(
                f"the loss is {loss} at step {step + 1} on the level of {width} x {height} px, so there is "
                f"no result; use another network than {self.features.name}, or --precision float32"
            )
        self._work_done += height * width
        if self.on_progress is None:
            return
        work = self._work(len(self.sizes))
        seconds = time.perf_counter() - self.started
        iterate = Iterate(
            scale=level + 1,
            scales=len(self.sizes),
            width=width,
            height=height,
            iteration=step + 1,
            iterations=self.counts[level],
            loss=loss,
            fraction=min(1.0, self._work_done / work),
            seconds=seconds,
            seconds_left=self._remaining.after_step(level, seconds, self._work_done, work),
            image=lambda: to_array(parameterization.picture(image)),
        )
        self.on_progress(iterate)


def _size_of(style: Tensor, height: int, width: int, scale: float) -> tuple[int, int]:
    return style_size(style.shape[2], style.shape[3], height, width, scale)


def _too_small(styles: list[tuple[Tensor, float]], content: Tensor, settings: Settings) -> list[str]:
    """A sentence for each style that has fewer pixels than the texture has for it."""
    height, width = content.shape[2:]
    shrink = min(1.0, (settings.max_size or max(height, width)) / max(height, width))
    found = []
    for style, _ in styles:
        smaller = shrink * (height * width / (style.shape[2] * style.shape[3])) ** 0.5
        smaller *= min(1.0, settings.style_scale)
        if smaller > LARGEST_MISSING:
            found.append(
                f"a style of {style.shape[3]} x {style.shape[2]} px is small for a texture of {width} x "
                f"{height} px: its strokes come out {smaller:.1f} times smaller; give a larger picture of it"
            )
    return found


def _unused_on_no_mesh(settings: Settings) -> list[str]:
    """A sentence for each setting that asks for a mesh where there is none."""
    found = []
    if settings.style_width is not None:
        found.append("the style's width on the surface needs a mesh with UVs; its scale was used instead")
    if settings.style_direction == "surface":
        found.append(
            "the style's direction on the surface needs a mesh that uses each texel once; it was not turned"
        )
    return found
