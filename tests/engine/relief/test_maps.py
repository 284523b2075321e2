"""Relief in normal maps and roughness along strokes: what holds of any picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from texture_stylizer.engine.relief.frame import frame_of, slopes
from texture_stylizer.engine.relief.maps import following_normals, following_roughness
from texture_stylizer.engine.relief.strokes import strokes_of

BOTH = (True, True)


def pictures(height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A plain grey picture, and one of waves that repeats across its borders."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / np.array([height, width])[:, None, None]
    waves = sum(
        np.sin(2 * np.pi * (a * x + b * y) + c)
        for a, b, c in np.stack([*random.integers(-9, 10, (2, 6)), random.uniform(0, 6, 6)], axis=1)
    )
    restyled = np.repeat((0.5 + 0.08 * waves)[..., None], 3, axis=2).clip(0, 1).astype(np.float32)
    return np.full((height, width, 3), 0.5, np.float32), restyled


def bumpy(height: int, width: int) -> np.ndarray:
    """A normal map that leans to one side on the whole."""
    y, x = np.mgrid[:height, :width]
    normals = np.stack([0.3 * np.sin(x / 7) + 0.1, 0.2 * np.cos(y / 5), np.ones((height, width))], axis=2)
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    return (normals * 0.5 + 0.5).astype(np.float32)


def vectors(stored: np.ndarray) -> np.ndarray:
    return stored.astype(np.float64) * 2 - 1


def mean_direction(stored: np.ndarray) -> np.ndarray:
    total = vectors(stored).sum(axis=(0, 1))
    return total / np.linalg.norm(total)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(33, 90),
    st.integers(33, 90),
    st.floats(0.05, 1.0),
    st.floats(0.0, 1.0),
    st.booleans(),
)
def test_normals_keep_their_length_and_their_mean_direction(height, width, relief, soften, has_map):
    original, restyled = pictures(height, width)
    base = bumpy(height, width) if has_map else None
    made = following_normals(
        base, strokes_of(original, restyled, wrapped=BOTH), restyled, relief=relief, soften=soften
    )
    assert np.abs(np.linalg.norm(vectors(made), axis=2) - 1).max() < 1e-5
    wanted = np.array([0.0, 0.0, 1.0]) if base is None else mean_direction(base)
    tolerance = 1e-3 if soften == 0 or base is None else 2e-2
    assert np.abs(mean_direction(made) - wanted).max() < tolerance


@pytest.mark.parametrize("mask", [None, np.ones((40, 50), np.float32)])
def test_the_slope_of_a_slanting_height_is_exact_to_the_borders(mask):
    y, x = np.mgrid[:40, :50].astype(np.float32)
    frame = frame_of(40, 50, None, mask, (False, False))
    height = torch.from_numpy(0.25 * x - 0.5 * y)[None, None]
    found = torch.cat([slopes(height, frame, rows) for rows in frame.bands()], dim=2)
    assert torch.allclose(found[0, 0], torch.tensor(0.25)) and torch.allclose(found[0, 1], torch.tensor(0.5))


def test_bright_strokes_stand_out_and_lean_away_from_their_middle():
    restyled = np.zeros((64, 64, 3), np.float32)
    restyled[24:40, 24:40] = 1.0
    strokes = strokes_of(np.zeros_like(restyled), restyled)
    made = vectors(following_normals(None, strokes, restyled, relief=1.0))
    assert made[32, 24, 0] < -0.1 < 0.1 < made[32, 39, 0]
    assert made[24, 32, 1] > 0.1 > -0.1 > made[39, 32, 1]


def test_green_downward_is_the_same_map_turned_over():
    original, restyled = pictures(48, 56)
    strokes = strokes_of(original, restyled, wrapped=BOTH)
    base = bumpy(48, 56)
    turned = base.copy()
    turned[..., 1] = 1 - turned[..., 1]
    up = following_normals(base, strokes, restyled, relief=0.7, soften=0.4)
    down = following_normals(turned, strokes, restyled, relief=0.7, soften=0.4, green_down=True)
    assert np.abs(down[..., 1] - (1 - up[..., 1])).max() < 1e-5
    assert np.abs(down[..., [0, 2]] - up[..., [0, 2]]).max() < 1e-5


@pytest.mark.parametrize("shape", [(64, 96), (61, 83)])
def test_a_wrapped_texture_stays_tileable(shape):
    """Moved round by any number of texels, it has the same relief."""
    original, restyled = pictures(*shape)
    move = (17, 29)
    made, moved = (
        following_normals(None, strokes_of(o, r, wrapped=BOTH), r, relief=1.0)
        for o, r in (
            (original, restyled),
            (np.roll(original, move, (0, 1)), np.roll(restyled, move, (0, 1))),
        )
    )
    assert np.abs(np.roll(made, move, (0, 1)) - moved).max() < 0.02


def test_a_run_that_changed_nothing_has_no_relief():
    _, restyled = pictures(40, 40)
    base = bumpy(40, 40)
    made = following_normals(base, strokes_of(restyled, restyled), restyled, relief=1.0)
    assert np.abs(made - base).max() < 1e-4


def test_softened_normals_are_even_within_a_stroke_and_differ_between_two():
    restyled = np.zeros((64, 64, 3), np.float32)
    restyled[:, 32:] = 1.0
    random = np.random.default_rng(1)
    base = np.full((64, 64, 3), (0.5, 0.5, 1.0), np.float32)
    base[:, :32, 0] = 0.3
    base[:, 32:, 0] = 0.7
    base[..., :2] += random.uniform(-0.1, 0.1, (64, 64, 2)).astype(np.float32)
    made = following_normals(
        base, strokes_of(np.zeros_like(restyled), restyled), restyled, relief=0.0, soften=1.0
    )
    assert made[8:-8, 4:28, 0].std() < 0.25 * base[8:-8, 4:28, 0].std()
    assert made[8:-8, 36:60, 0].mean() - made[8:-8, 4:28, 0].mean() > 0.3


def test_a_map_of_another_size_keeps_its_size():
    original, restyled = pictures(64, 64)
    strokes = strokes_of(original, restyled)
    assert following_normals(bumpy(32, 48), strokes, restyled, relief=1.0).shape == (32, 48, 3)
    assert following_normals(bumpy(128, 96), strokes, restyled, relief=1.0).shape == (128, 96, 3)


def test_roughness_is_raised_by_a_few_percent_and_stays_in_range():
    original, restyled = pictures(64, 64)
    base = np.full((64, 64, 1), 0.5, np.float32)
    made = following_roughness(base, strokes_of(original, restyled, wrapped=BOTH), follow=1.0)
    assert 0.01 < np.abs(made - base).mean() < 0.06
    assert following_roughness(base * 2, strokes_of(original, restyled), follow=1.0).max() <= 1.0


def test_what_no_mask_covers_stays_as_it_is():
    original, restyled = pictures(64, 64)
    mask = np.zeros((64, 64), np.float32)
    mask[:, :40] = 1.0
    base = bumpy(64, 64)
    strokes = strokes_of(original, restyled, mask=mask)
    made = following_normals(base, strokes, restyled, relief=1.0, soften=0.5)
    assert np.abs(made[:, 40:] - base[:, 40:]).max() < 1e-6
    assert np.abs(made[:, :40] - base[:, :40]).max() > 0.01
