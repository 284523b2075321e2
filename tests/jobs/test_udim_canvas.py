"""How the tiles of a UDIM set become one picture and come back."""

from __future__ import annotations

import numpy as np

from texture_stylizer.jobs.worker.udim_canvas import lay_out, take_apart


def test_neighbours_lie_side_by_side_and_row_1011_above() -> None:
    tiles = {n: np.full((4, 4, 3), n - 1001, dtype=np.float32) / 100 for n in (1001, 1002, 1011)}
    canvas = lay_out(tiles)
    assert canvas.color.shape == (8, 8, 3)
    assert canvas.corners == {1011: (0, 0), 1001: (4, 0), 1002: (4, 4)}
    assert canvas.mask[:4, 4:].max() == 0
    back = take_apart(canvas, canvas.color, tiles)
    assert all(np.array_equal(back[n], tiles[n]) for n in tiles)


def test_tiles_that_are_no_neighbours_do_not_touch() -> None:
    canvas = lay_out({n: np.zeros((4, 4, 3), dtype=np.float32) for n in (1001, 1003)})
    assert canvas.color.shape[1] > 8
    assert canvas.mask.sum() == 32


def test_a_smaller_tile_comes_back_exactly_when_nothing_changed() -> None:
    random = np.random.default_rng(0)
    tiles = {
        1001: random.random((8, 8, 3), dtype=np.float32),
        1002: random.random((5, 3, 3), dtype=np.float32),
    }
    canvas = lay_out(tiles)
    back = take_apart(canvas, canvas.color, tiles)
    assert all(np.array_equal(back[number], tiles[number]) for number in tiles)
