"""The recipe: which layers of a network count as style and as content, and for how much. It is Gatys et al.'s
(2016) for every network of VGG19's shape, the small one among them, which was distilled to follow it."""

from __future__ import annotations

from collections.abc import Mapping

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"

STYLE_SHARES: Mapping[str, float] = {layer: 1 / len(STYLE_LAYERS) for layer in STYLE_LAYERS}
"""What each style layer counts for. Measured with an independent network as judge: weighting the deep layers
more closed less of the style distance on every layer, at a larger content error."""

CONTENT_SHARE = 0.025
"""What the content's relative error counts for where `Settings.content_weight` is 1, the look that presets
are made for. At 0.3 the original VGG19 keeps so much that style gathers in a corner of the picture."""
