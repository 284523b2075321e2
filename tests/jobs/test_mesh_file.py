"""The meshes behind a texture: triangles of any face, tiled textures, UDIM sets."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from texture_stylizer.jobs.mesh_file import Triangles, read_triangles, save_meshes, tiled_axes, triangulate
from texture_stylizer.jobs.worker.udim_canvas import lay_out, triangles_on


@given(
    radii=st.lists(st.floats(0.2, 1.0), min_size=3, max_size=12),
    tilt=st.floats(0, 1.5),
)
def test_a_star_shaped_face_is_covered_once(radii: list[float], tilt: float) -> None:
    angles = np.arange(len(radii)) / len(radii) * 2 * math.pi
    flat = np.stack([np.cos(angles) * radii, np.sin(angles) * radii], axis=1)
    points = np.stack([flat[:, 0], flat[:, 1] * math.cos(tilt), flat[:, 1] * math.sin(tilt)], axis=1)
    triangles = triangulate(points, np.array([0]), np.array([len(points)]))
    doubled = [np.cross(flat[b] - flat[a], flat[c] - flat[a]) for a, b, c in triangles]
    following = np.roll(flat, -1, axis=0)
    area = (flat[:, 0] * following[:, 1] - flat[:, 1] * following[:, 0]).sum()
    assert len(triangles) == len(points) - 2
    assert min(doubled) >= -1e-9
    assert sum(doubled) == pytest.approx(area)


def test_faces_of_two_corners_give_nothing() -> None:
    assert triangulate(np.zeros((2, 3)), np.array([0]), np.array([2])).shape == (0, 3)


@pytest.mark.parametrize(
    ("scale", "expected"), [((1, 1), None), ((3, 1), "x"), ((1, 3), "y"), ((3, 3), "both")]
)
def test_uvs_that_leave_the_square_tile_the_image(scale, expected) -> None:
    triangles = np.array([[(0, 0), (1, 0), (0.5, 1)]]) * np.array(scale)
    assert tiled_axes(triangles) == expected


def test_the_tiles_of_a_udim_set_are_one_surface() -> None:
    """1001, 1002 beside it and 1013 above and apart: a triangle lands on the texels of its own tile."""
    tiles = {number: np.full((64, 32, 3), 0.5, dtype=np.float32) for number in (1001, 1002, 1013)}
    canvas = lay_out(tiles)
    corner = np.array([(0.25, 0.25), (0.75, 0.25), (0.25, 0.75)])
    places = [(0, 0), (1, 0), (2, 1), (5, 5), (-1, 0)]
    uvs = np.stack([corner + place for place in places])
    found = triangles_on(canvas, Triangles(uvs, np.arange(5.0), np.arange(15).reshape(5, 3), np.ones((5, 2))))
    assert found.areas.tolist() == [0, 1, 2]
    height, width = canvas.mask.shape
    for number, uv in zip((1001, 1002, 1013), found.uvs, strict=True):
        top, left = canvas.corners[number]
        assert uv[0, 0] * width == pytest.approx(left + 8)
        assert (1 - uv[0, 1]) * height == pytest.approx(top + 48)


def square_mesh(number: int, at: float = 0.0) -> dict[str, np.ndarray]:
    """A square of one face, of four vertices, moved along X in world space."""
    matrix = np.eye(4)
    matrix[0, 3] = at
    corners = np.float32([[0, 0], [1, 0], [1, 1], [0, 1]])
    mesh = {
        "uvs": corners, "corners": np.arange(4), "starts": np.array([0]), "chosen": np.array([True]),
        "positions": np.concatenate([corners, np.zeros((4, 1), np.float32)], axis=1), "matrix": matrix,
    }  # fmt: skip
    return {f"{name}.{number}": array for name, array in mesh.items()}


def test_objects_in_one_place_share_their_vertices_and_others_do_not(tmp_path: Path) -> None:
    arrays = square_mesh(0) | square_mesh(1) | square_mesh(2, at=3.0)
    save_meshes(tmp_path / "a.npz", arrays)
    found = read_triangles(tmp_path / "a.npz")
    assert found is not None
    first, second, third = found.vertices.reshape(3, 2, 3)
    assert np.array_equal(first, second)
    assert not np.intersect1d(first, third).size


def test_many_meshes_are_few_arrays(tmp_path: Path) -> None:
    """4,000 nodes took a minute to read, one array after the other, each compared with all before."""
    arrays = {key: array for n in range(4000) for key, array in square_mesh(n, at=float(n)).items()}
    save_meshes(tmp_path / "a.npz", arrays)
    with np.load(tmp_path / "a.npz") as file:
        assert len(file.files) < 20
    found = read_triangles(tmp_path / "a.npz")
    assert found is not None
    assert len(found.uvs) == 8000 and found.areas.sum() == pytest.approx(4000)
    assert len(np.unique(found.vertices)) == 16000


def test_no_mesh_at_all_is_no_surface(tmp_path: Path) -> None:
    save_meshes(tmp_path / "a.npz", {})
    assert read_triangles(tmp_path / "a.npz") is None
