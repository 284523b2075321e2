"""Recipes: which layers of a network count as style and as content, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .color_statistics import COARSE_COLORS, COLORS

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"


class ContentTerm(NamedTuple):
    """Where content is compared.

    layer: any but a style layer. less_surroundings: whether its map is compared less the mean of what lies
    about (`local_mean`). share: what the error counts for where `Settings.content_weight` is 1, the look
    that presets are made for. flat: the mean square of a map's values below which a texture counts as
    flat: its error is then taken relative to this, for there is hardly anything to keep.
    """

    layer: str = CONTENT_LAYER
    less_surroundings: bool = False
    share: float = 1.0
    flat: float = 0.0


GATYS_CONTENT = ContentTerm(share=0.02)
"""At 0.3 the original VGG19 keeps so much that style gathers in a corner of the picture."""

GATYS_STYLE: Mapping[str, float] = {layer: 1 / len(STYLE_LAYERS) for layer in STYLE_LAYERS}
"""What each style layer counts for. Measured with an independent network as judge: weighting the deep layers
more closed less of the style distance on every layer, at a larger content error."""

APART = 2
"""Positions between which a map's differences are taken, in the layers of `across` and `down`."""


def across(layer: str) -> str:
    """The style layer that is a layer's map less itself so many positions to the right (Berger & Memisevic
    2017 compare two such maps' products): whether an edge goes on there tells strokes from dots."""
    return f"{layer} across"


def down(layer: str) -> str:
    """The same with itself so many positions further down."""
    return f"{layer} down"


EMBEDDED_CONTENT = ContentTerm("relu1_2", less_surroundings=True, share=0.06, flat=0.06)
"""Drawn textures taught the embedded network to tell patterns apart, not what a picture shows. Judged by
pretrained features, comparing content early keeps much more of it, and leaving out the colours that lie about
gives the style's more room; at half that size it would be cheaper, but left a fine grid: steps within two
pixels a quarter larger than those between. Soft textures' values had a mean square of 0.006, bricks' of
0.14. At 0.03 more of the style came out, at 0.1 more content error; at 0.1 woodcut lost its hatching.
"""


EMBEDDED_STYLE = {
    "relu1_1": 0.38,
    "relu2_1": 0.05,
    "relu3_1": 0.05,
    across("relu2_1"): 0.065,
    down("relu2_1"): 0.065,
    across("relu3_1"): 0.065,
    down("relu3_1"): 0.065,
    COLORS: 0.13,
    COARSE_COLORS: 0.13,
}
"""Drawn textures taught the deep blocks nothing that pretrained features care for: these judged the pictures
alike without relu4_1 and relu5_1, whose convolutions were two fifths of a step. Sixteen filters say little
about hue: without the colours edges in a grey style came out in all of them. And no layer sees much of how
large areas of one colour are: without the coarse ones there were fewer and larger. The maps' own Gram
matrices are those of dots as well as of strokes, and dots came out, a weave on planks and a grid on bricks;
their differences' tell the two apart. Some of the maps' own is left for flat textures, where differences
are small and rounding is not; and relu1_1 counts most, or a woodcut's black came out as soft shadows. Chosen
on planks and a wall: on two softer textures the judge found nothing gained, and relu5_1 further off."""
