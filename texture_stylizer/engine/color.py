"""Colour on the way into and out of the network: encodings, luminance, and colour statistics.

Arrays are (H, W, 3) float32. "Display-encoded" means sRGB's transfer function (IEC 61966-2-1), which the
network was trained on; "linear" means scene-linear light with Rec. 709 primaries.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..srgb import ROWS, Array, by_rows, decode, encode

REC709_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


@by_rows
def split_range(linear: Array) -> tuple[Array, Array]:
    """Divide high-range light into a part within [0, 1] and a gain of at least 1 per texel.

    Returns the display-encoded part (H, W, 3) and the gain (H, W, 1); `join_range` puts them together.
    """
    gain = np.maximum(linear.max(axis=-1, keepdims=True), 1.0).astype(np.float32)
    return encode(linear / gain), gain


@by_rows
def join_range(encoded: Array, gain: Array) -> Array:
    """Linear light of a display-encoded part and the gain that `split_range` gave with it."""
    return decode(encoded) * gain


@by_rows
def luminance(encoded: Array) -> Array:
    """Rec. 709 luminance in linear light, display-encoded again. Returns (H, W, 1) in [0, 1]."""
    return encode((decode(encoded) @ REC709_LUMINANCE)[..., None])


@by_rows
def as_grey(encoded: Array) -> Array:
    """The luminance of an image in all three channels: what is optimised when colour is kept."""
    return np.repeat(luminance(encoded), 3, axis=-1)


@by_rows
def swap_luminance(encoded: Array, grey: Array) -> Array:
    """`encoded` with the luminance of `grey`, its colour ratios kept.

    Where a channel would leave the range, the colour is mixed with white or grey of the same luminance just
    as far as needed. Both (H, W, 3), display-encoded.
    """
    linear = decode(encoded)
    old = (linear @ REC709_LUMINANCE)[..., None]
    new = (decode(grey) @ REC709_LUMINANCE)[..., None]
    black = old < 1e-6
    scaled = np.where(black, new, linear * (new / np.where(black, 1.0, old)))
    peak = scaled.max(axis=-1, keepdims=True)
    excess = np.maximum(peak - new, 1e-12)
    keep = np.where(peak > 1.0, np.clip((1.0 - new) / excess, 0.0, 1.0), 1.0)
    return np.clip(encode((new + keep * (scaled - new)).astype(np.float32)), 0.0, 1.0)


def match_brightness(style: Array, content: Array) -> Array:
    """`style` shifted and scaled to the mean and standard deviation of `content` (Gatys et al. 2017)."""
    spread = content.std() / max(float(style.std()), 1e-4)
    return np.clip((style - style.mean()) * spread + content.mean(), 0.0, 1.0).astype(np.float32)


def match_colors(style: Array, content: Array) -> Array:
    """`style` with the colour mean and covariance of `content`.

    The linear Monge-Kantorovich map (Pitie & Kokaram 2007): of all linear maps that carry one covariance
    to the other, the one that moves the colours least.
    """
    matrix, shift = color_map(style, content)

    @by_rows
    def moved(texels: Array) -> Array:
        found = texels.astype(np.float64) @ matrix.T + shift
        return np.clip(found, 0.0, 1.0).astype(np.float32)

    return moved(style)


def color_map(
    image: Array, wanted: Array, largest_gain: float = np.inf
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The matrix (3, 3) and the shift (3,) by which colours of an image get the statistics of another's.

    largest_gain: how many times a difference of colours may grow at most; the mean is met all the same.
    """
    mean, covariance = _statistics(image)
    wanted_mean, wanted_covariance = _statistics(wanted)
    root = _power(covariance, 0.5)
    inverse_root = _power(covariance, -0.5)
    matrix = inverse_root @ _power(root @ wanted_covariance @ root, 0.5) @ inverse_root
    matrix *= min(1.0, largest_gain / max(float(np.linalg.norm(matrix, 2)), 1e-12))
    return matrix, wanted_mean - matrix @ mean


def _statistics(image: Array) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (3,) and covariance (3, 3) of an image's colours, kept away from singular."""
    count, tops = image.shape[0] * image.shape[1], range(0, image.shape[0], ROWS)
    mean = sum(image[top : top + ROWS].sum(axis=(0, 1), dtype=np.float64) for top in tops) / count
    total = np.zeros((3, 3))
    for top in tops:
        centred = image[top : top + ROWS].reshape(-1, 3) - mean
        total += centred.T @ centred
    return mean, total / count + 1e-5 * np.eye(3)


def _power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """A power of a symmetric positive matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, 1e-12) ** exponent) @ vectors.T
