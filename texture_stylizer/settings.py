"""What a user can set about a stylisation: plain values that every room and process shares.

Every default stands here and nowhere else; the command line, the add-on's properties and the job
files are made from these fields.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

from .errors import BadInput

Quality = Literal["draft", "standard", "high"]
PreserveColor = Literal["off", "luminance", "histogram"]
Wrap = Literal["none", "x", "y", "both", "auto"]
StyleDirection = Literal["image", "surface"]
Precision = Literal["auto", "float32", "bfloat16"]
Optimizer = Literal["auto", "adam", "lbfgs"]

QUALITIES: tuple[Quality, ...] = ("draft", "standard", "high")
STYLE_DIRECTIONS: tuple[StyleDirection, ...] = ("image", "surface")
PRESERVE_COLOR_MODES: tuple[PreserveColor, ...] = ("off", "luminance", "histogram")
WRAPS: tuple[Wrap, ...] = ("none", "x", "y", "both", "auto")
PRECISIONS: tuple[Precision, ...] = ("auto", "float32", "bfloat16")
OPTIMIZERS: tuple[Optimizer, ...] = ("auto", "adam", "lbfgs")
COLOR_ROLES = ("base_color", "emission")
OF_OTHER_MAPS = ("relief", "soften_normals", "roughness_follow")
"""Settings of the maps beside a colour; the colour itself does not depend on them."""


@dataclass(frozen=True)
class Settings:
    """How a texture is redrawn.

    content_weight   how much of the original is kept: 1 is the look that presets are made for, with any
                     network; `engine.features.recipe` says what that is of the relative squared error at
                     relu4_2
    protect_detail   from 0 to 1, how firmly lines of the original stay where its contrast is high: lettering
                     is readable at 1
    total_variation  weight of the mean step between neighbouring texels, squared where it is small; higher is
                     smoother, and edges stay
    style_scale      size of the style image relative to the texture; higher gives larger strokes. On a mesh
                     this is its size on the surface, for a texture of the mesh's mean texel density
    style_width      side of a square of the style image's area on the surface, in the scene's units; None:
                     style_scale, which a texture takes that no mesh is known of
    style_direction  "surface" turns the style so that its up is the surface's up everywhere; "image" leaves
                     it as it is
    preserve_color   "luminance" redraws brightness only; "histogram" fits the style's colours first
    iterations       optimisation steps over all scales together; 0 returns the texture as it is
    settle           whether a scale is done, with fewer steps, when its loss has settled: so in the presets,
                     but not where a number of iterations is asked for
    scales           levels of the coarse-to-fine pyramid, each half the size of the next (at least 1); None
                     for all from a short side of about 128 px up
    optimizer        "lbfgs" (Gatys et al.), "adam", which takes less memory and more steps, or "auto": L-BFGS
                     where there is memory for its history
    learning_rate    step at the start of each scale, in display-encoded units
    tile             side of a tile within the picture, its halo aside, in pixels (a multiple of 16),
                     "auto", or None for untiled; on a processor strips of the picture's width stand for
                     tiles where a strip takes no more than four of them
    max_size         longest side in pixels at which the optimisation runs; None for the full size
    wrap             axes on which the texture is tiled and stays tileable: "x", "y", "both", "none", or
                     "auto" for those on which its borders match; a texture on a surface has none
    keep_unused      whether texels that no face uses stay as they were, but for a margin around the islands;
                     else they are filled from the nearest island, so that mipmaps mix nothing old into it
    seed             of the little noise that wakes up flat areas
    relief           from 0 to 1, how high the strokes stand out in the material's normal map
    soften_normals   from 0 to 1, how far the normals within a stroke become one
    roughness_follow from 0 to 1, how far strokes raise and lower the roughness
    """

    content_weight: float = 1.0
    protect_detail: float = 0.0
    total_variation: float = 1.0
    style_scale: float = 1.0
    style_width: float | None = None
    style_direction: StyleDirection = "image"
    preserve_color: PreserveColor = "off"
    iterations: int = 360
    settle: bool = False
    scales: int | None = None
    optimizer: Optimizer = "auto"
    learning_rate: float = 0.05
    tile: int | Literal["auto"] | None = "auto"
    max_size: int | None = None
    wrap: Wrap = "auto"
    keep_unused: bool = False
    seed: int = 0
    relief: float = 0.0
    soften_normals: float = 0.0
    roughness_follow: float = 0.0

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None:
                check_number(name.replace("_", " "), value, least, _MOST.get(name), whole=name in _WHOLE)
        if self.preserve_color not in PRESERVE_COLOR_MODES:
            raise BadInput(
                f"preserve color is {self.preserve_color!r}, but must be one of "
                + ", ".join(PRESERVE_COLOR_MODES)
            )
        if self.style_direction not in STYLE_DIRECTIONS:
            raise BadInput(
                f"style direction is {self.style_direction!r}, but must be one of "
                + ", ".join(STYLE_DIRECTIONS)
            )
        if self.optimizer not in OPTIMIZERS:
            raise BadInput(f"optimizer is {self.optimizer!r}, but must be one of {', '.join(OPTIMIZERS)}")
        if self.wrap not in WRAPS:
            raise BadInput(f"wrap is {self.wrap!r}, but must be one of {', '.join(WRAPS)}")
        if isinstance(self.tile, str) and self.tile != "auto":
            raise BadInput(f"tile is {self.tile!r}, but must be auto, None or a number of pixels")
        if not isinstance(self.tile, str) and self.tile is not None:
            check_number("tile", self.tile, 16, whole=True)
            if self.tile % 16:
                raise BadInput(f"tile is {self.tile}, but must be a multiple of 16 pixels")

    @classmethod
    def preset(cls, quality: Quality, **changes: Any) -> Settings:
        """The settings of a quality preset, with `changes` to single fields. Iterations that are asked for
        are all taken.

        Raises BadInput for an unknown preset.
        """
        if quality not in _PRESETS:
            raise BadInput(f"quality is {quality!r}, but must be one of {', '.join(QUALITIES)}")
        if "iterations" in changes:
            changes = {"settle": False, **changes}
        return dataclasses.replace(_PRESETS[quality], **changes)

    @property
    def changes_other_maps(self) -> bool:
        """Whether the maps beside a colour are to follow it."""
        return any(getattr(self, name) > 0 for name in OF_OTHER_MAPS)

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values, for job files, reports and variant records."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Settings:
        """The settings that `to_json` gave; fields of another version are left out."""
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in fields.items() if name in known})


def check_number(
    name: str, value: Any, least: float, most: float | None = None, *, whole: bool = False
) -> None:
    """Raises BadInput for what is no finite number, no whole one where that is needed, or out of range."""
    kind = "a whole number" if whole else "a number"
    try:
        fits = math.isfinite(value) and not isinstance(value, bool) and (not whole or value == int(value))
    except (TypeError, ValueError, OverflowError):
        fits = False
    if not fits:
        raise BadInput(f"{name} is {value}, but must be {kind}")
    if value < least:
        raise BadInput(f"{name} is {value}, but must be at least {least}")
    if most is not None and value > most:
        raise BadInput(f"{name} is {value}, but must be at most {most}")


_LEAST: dict[str, float] = {
    "content_weight": 0.0,
    "protect_detail": 0.0,
    "total_variation": 0.0,
    "style_scale": 0.01,
    "style_width": 1e-6,
    "iterations": 0,
    "scales": 1,
    "learning_rate": 1e-6,
    "max_size": 16,
    "seed": -(2**63),
    "relief": 0.0,
    "soften_normals": 0.0,
    "roughness_follow": 0.0,
}
_MOST: dict[str, float] = {
    "protect_detail": 1.0,
    "iterations": 10**6,
    "scales": 32,
    "max_size": 2**16,
    "seed": 2**63 - 1,
    "relief": 1.0,
    "soften_normals": 1.0,
    "roughness_follow": 1.0,
}
_WHOLE = ("iterations", "scales", "max_size", "seed")

_PRESETS: dict[str, Settings] = {
    "draft": Settings(iterations=60, settle=True, max_size=256),
    "standard": Settings(settle=True),
    "high": Settings(iterations=640, settle=True),
}
