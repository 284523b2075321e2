"""Styles for parts of a picture: each part is what it is alone, and progress is the whole run's."""

from __future__ import annotations

import numpy as np
import pytest

from texture_stylizer.engine import Features, Settings, stylize
from texture_stylizer.engine.coarse_to_fine import Iterate
from texture_stylizer.engine.inputs import StyledRegion

SETTINGS = Settings(iterations=4, scales=1)
HEIGHT, WIDTH = 61, 74


def noise(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def left() -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    mask[:, :33] = 1.0
    return mask


FIRST, SECOND = [(noise(1), 1.0)], [(noise(2, 40, 50), 2.0)]


@pytest.mark.parametrize("colors", ["off", "luminance", "histogram"])
def test_each_part_is_what_it_is_alone(features32: Features, colors: str) -> None:
    settings = Settings(iterations=4, scales=1, preserve_color=colors)
    both = stylize(
        noise(0), FIRST, settings, features=features32, regions=[StyledRegion(left(), SECOND)]
    ).image
    for styles, mask in ((SECOND, left()), (FIRST, 1.0 - left())):
        alone = stylize(noise(0), styles, settings, features=features32, mask=mask).image
        assert np.array_equal(both[mask > 0], alone[mask > 0])


def test_what_the_mask_leaves_out_of_each_part_stays(features32: Features) -> None:
    mask = np.ones((HEIGHT, WIDTH), dtype=np.float32)
    mask[20:40] = 0.0
    regions = [StyledRegion(left(), SECOND)]
    image = stylize(noise(0), FIRST, SETTINGS, features=features32, mask=mask, regions=regions).image
    assert np.array_equal(image[20:40], noise(0)[20:40])
    assert not np.array_equal(image[:20, :33], noise(0)[:20, :33])
    assert not np.array_equal(image[40:, 33:], noise(0)[40:, 33:])


def test_a_region_that_the_mask_hides_takes_no_time(features32: Features) -> None:
    seen: list[Iterate] = []
    stylize(
        noise(0), FIRST, SETTINGS, features=features32, mask=1.0 - left(),
        regions=[StyledRegion(left(), SECOND)], on_progress=seen.append,
    )  # fmt: skip
    assert len(seen) == SETTINGS.iterations


def test_progress_is_the_whole_runs(features32: Features) -> None:
    seen: list[tuple[float, np.ndarray]] = []
    regions = [StyledRegion(left(), SECOND)]
    result = stylize(
        noise(0), FIRST, SETTINGS, features=features32, regions=regions,
        on_progress=lambda iterate: seen.append((iterate.fraction, iterate.image())),
    )  # fmt: skip
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert all(image.shape == result.image.shape for _, image in seen)
    # The first part, on the right, is done when the second begins; until then the left is as it was.
    assert np.array_equal(seen[0][1][:, :33], noise(0)[:, :33])
    assert np.array_equal(seen[-1][1][:, 33:], result.image[:, 33:])
