"""Cutting an image into tiles whose statistics and gradients add up to the whole image's, exactly.

A tile owns the features over its core. Its region is the core and a halo wide enough that the features
over the core do not see where the region ends; the gradient of the core's features is added into the
image over the whole region, halo included. Galerne et al. (EGSR 2024) crop that gradient to the core
instead, and need twice the halo for it. In strips of the image's whole width no map is made twice
(`gradient.strips`).
"""

from __future__ import annotations

from dataclasses import dataclass

ALIGNMENT = 16
"""Pixels per position of the deepest layer: cores begin on multiples of it."""

HALO = 80
"""Covers the receptive field of conv5_1 around its 16 px cell, 70 px on each side. A network that is compared
less deep needs less: `HALO`."""

SMALLEST_TILE, LARGEST_TILE = 128, 4096

Places = tuple[slice, slice]
"""Rows and columns."""

Inset = tuple[int, int]
"""Pixels (above and below, to the left and right) of a picture that are seen, but do not count themselves."""

LOWEST_STRIP = 32
"""Pixels: what a strip costs whatever its height would be half as much again in lower ones."""

_STRIP_REGIONS = 4
"""Regions of tiles that a strip with a halo takes at most: its maps are there once, and a tile's with their
gradients."""

_STRIP_BYTES = 320e6
"""Of a strip by the measure of a tile's, beyond which it would hardly cost less per pixel."""

# A 64-channel map of more pixels than this has more than 2^31 elements, beyond 32-bit indexing.
_LARGEST_REGION = 2**31 // 64 - 1


@dataclass(frozen=True)
class Span:
    """A half-open range of pixels along one axis: the core, and the region that holds it."""

    core_start: int
    core_stop: int
    start: int
    stop: int
    ends_image: bool

    def positions(self, stride: int, length: int) -> slice:
        """The core's positions in a map of the region with `length` positions of `stride` pixels."""
        first = (self.core_start - self.start) // stride
        last = length if self.ends_image else (self.core_stop - self.start) // stride
        return slice(first, last)

    def whole_positions(self, stride: int) -> slice:
        """The core's positions in a map of the whole image."""
        last = None if self.ends_image else self.core_stop // stride
        return slice(self.core_start // stride, last)


@dataclass(frozen=True)
class Tile:
    """A rectangle of the image, by its rows and columns."""

    rows: Span
    columns: Span

    @property
    def region(self) -> Places:
        """Rows and columns of the image that the network sees for this tile."""
        return (
            slice(self.rows.start, self.rows.stop),
            slice(self.columns.start, self.columns.stop),
        )

    def core(self, stride: int, height: int, width: int) -> Places:
        """Rows and columns of the core within a map (..., height, width) of the region."""
        return self.rows.positions(stride, height), self.columns.positions(stride, width)


def spans(length: int, size: int | None, halo: int, inset: int = 0) -> list[Span]:
    """Cut `length` pixels so that no region is much longer than a core of `size` with a halo on either side;
    None cuts nothing.

    All regions are equally long, to the last one's odd pixels, so that memory for one's maps fits the next
    one's: the outermost cores, whose regions need a halo on one side only, are longer than `size`.
    halo: pixels of a region on either side of its core. inset: pixels at both ends that belong to regions
    alone. Both are multiples of ALIGNMENT.
    """
    size = length if size is None else max(ALIGNMENT, size // ALIGNMENT * ALIGNMENT)
    border = max(inset, halo)
    inner = length - 2 * border
    # A last core shorter than the deepest layer's cell would own no position there: it joins its neighbour.
    count = max(1, -(-(inner - ALIGNMENT + 1) // size))
    step = min(size, -(-inner // (count * ALIGNMENT)) * ALIGNMENT)
    region = step + 2 * halo
    result = []
    for index in range(count):
        ends = index == count - 1
        core_start = border + index * step if index else inset
        core_stop = length - inset if ends else border + (index + 1) * step
        start = core_start - halo if index else 0
        if index and ends:
            start = min(start, -(-(length - region) // ALIGNMENT) * ALIGNMENT)
        result.append(
            Span(core_start, core_stop, start, length if ends else core_stop + halo, ends and not inset)
        )
    return result


def tiles(height: int, width: int, size: int | None, halo: int, inset: Inset = (0, 0)) -> list[Tile]:
    """Tiles of an image of height x width pixels, row by row; `size` None gives one tile.

    size: side of the cores within the image; see `spans`. halo: pixels of a region around its core
    (`HALO`). inset: pixels above and below, and to the left and right, that no core has.
    """
    rows, columns = spans(height, size, halo, inset[0]), spans(width, size, halo, inset[1])
    return [Tile(row, column) for row in rows for column in columns]


def strip_height(height: int, width: int, tile: int, halo: int, bytes_per_pixel: float) -> int | None:
    """Pixels of a strip of a picture in place of tiles of that size; None where none is as low as their
    memory asks for.

    With a strip wait as many rows as a halo has on either side, and some of the one before. bytes_per_pixel:
    of a tile's region.
    """
    largest = int(_STRIP_REGIONS * (tile + 2 * halo) ** 2 / width) - halo
    if largest < LOWEST_STRIP:
        return None
    fitting = min(largest, int(_STRIP_BYTES / (bytes_per_pixel * width)))
    return min(max(LOWEST_STRIP, fitting // LOWEST_STRIP * LOWEST_STRIP), height)


def fitting_tile(
    height: int,
    width: int,
    halo: int,
    bytes_per_pixel: float,
    free_bytes: float,
    largest: int = LARGEST_TILE,
    band_bytes: float = 0.0,
) -> int | None:
    """The largest tile, up to `largest`, whose back-propagation fits into `free_bytes`; None when the image
    fits whole.

    bytes_per_pixel: of a tile's region. band_bytes: what a pixel of the whole width takes as high as that.

    Few large tiles cost least: the region over the core is 1.72 times at 512 px, 1.16 times at 2048.
    """

    def fits(core_height: int, core_width: int) -> bool:
        pixels = core_height * core_width
        needed = pixels * bytes_per_pixel + core_height * width * band_bytes
        return pixels < _LARGEST_REGION and needed <= free_bytes

    if fits(height, width):
        return None
    for size in (LARGEST_TILE, 3072, 2048, 1536, 1024, 768, 512, 384, 256):
        if size <= largest and size < max(height, width) and fits(size + 2 * halo, size + 2 * halo):
            return size
    return SMALLEST_TILE
