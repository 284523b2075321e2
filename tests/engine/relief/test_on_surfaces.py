"""Relief on meshes: it does not depend on how they are unwrapped."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from texture_stylizer.engine.relief.maps import following_normals
from texture_stylizer.engine.relief.strokes import strokes_of
from texture_stylizer.engine.surface.coverage import Surface, rasterise
from texture_stylizer.engine.surface.texels import to_texels
from texture_stylizer.jobs.mesh_file import steps_on

SIZE = 512
RAKING = np.array([0.8, 0.5, 0.33])


class Unwrapped:
    """A sphere's triangles with one of its UV maps, and a picture on it."""

    def __init__(self, uvs: np.ndarray, positions: np.ndarray) -> None:
        self.uvs, self.positions = uvs, positions
        sides = positions[:, 1:] - positions[:, :1]
        areas = 0.5 * np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
        _, vertices = np.unique(np.rint(positions.reshape(-1, 3) * 1e6), axis=0, return_inverse=True)
        self.surface = Surface.of(uvs, areas, vertices.reshape(-1, 3), steps=steps_on(sides, uvs))
        self.owners = rasterise(to_texels(uvs, SIZE, SIZE), SIZE, SIZE)
        self.sides = sides

    def places(self) -> np.ndarray:
        """(H, W, 3): where each texel lies in space."""
        corners = to_texels(self.uvs, SIZE, SIZE)[self.owners]
        at = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE)), axis=-1).astype(float)
        first, second = corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :]
        at = at - corners[..., 0, :]
        whole = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
        b = (at[..., 0] * second[..., 1] - at[..., 1] * second[..., 0]) / whole
        c = (first[..., 0] * at[..., 1] - first[..., 1] * at[..., 0]) / whole
        sides = self.sides[self.owners]
        return (
            self.positions[self.owners][..., 0, :]
            + b[..., None] * sides[..., 0, :]
            + c[..., None] * sides[..., 1, :]
        )

    def shading(self, stored: np.ndarray) -> np.ndarray:
        """(H, W): light from the side on a normal map, in the tangent frame that the UVs make."""
        du, dv = (self.uvs[:, n] - self.uvs[:, 0] for n in (1, 2))
        area = du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]
        tangent = (self.sides[:, 0] * dv[:, 1:] - self.sides[:, 1] * du[:, 1:]) / area[:, None]
        tangent = tangent[self.owners]
        normal = self.places()
        normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
        tangent -= (tangent * normal).sum(-1, keepdims=True) * normal
        tangent /= np.linalg.norm(tangent, axis=-1, keepdims=True)
        turned = np.sign(area)[self.owners][..., None]
        mapped = stored * 2.0 - 1.0
        found = mapped[..., :1] * tangent + mapped[..., 1:2] * turned * np.cross(normal, tangent)
        return ((found + mapped[..., 2:] * normal) * RAKING / np.linalg.norm(RAKING)).sum(-1).clip(0, 1)


def strokes_in_space(places: np.ndarray) -> np.ndarray:
    waves = np.sin(places @ [9.0, 14.0, 5.0]) + np.sin(places @ [-12.0, 6.0, 11.0] + 1)
    waves += 0.5 * np.sin(places @ [21.0, -9.0, 17.0] + 2)
    return np.repeat(0.5 + 0.15 * waves[..., None], 3, axis=-1).clip(0, 1).astype(np.float32)


def cube_sphere(count: int, charts: list[tuple[float, float, float, int, bool]]) -> Unwrapped:
    """A cube blown up to a sphere; for each face a chart: left, bottom, side, quarter turns, mirrored."""
    grid = np.linspace(-1, 1, count + 1)
    uvs, positions = [], []
    axes = np.eye(3)
    for face, (left, bottom, side, turns, mirrored) in enumerate(charts):
        axis, sign = face // 2, 1 if face % 2 else -1
        u_axis, v_axis = axes[(axis + 1) % 3], axes[(axis + 2) % 3] * sign
        for a in range(count):
            for b in range(count):
                corners = [(a, b), (a + 1, b), (a + 1, b + 1), (a, b + 1)]
                flat = np.array([(grid[i], grid[j]) for i, j in corners])
                space = flat[:, :1] * u_axis + flat[:, 1:] * v_axis + sign * axes[axis]
                space /= np.linalg.norm(space, axis=1, keepdims=True)
                turned = flat * [-1 if mirrored else 1, 1]
                for _ in range(turns):
                    turned = np.stack([-turned[:, 1], turned[:, 0]], axis=1)
                placed = (turned + 1) / 2 * side + [left, bottom]
                for three in ((0, 1, 2), (0, 2, 3)):
                    uvs.append(placed[list(three)])
                    positions.append(space[list(three)])
    return Unwrapped(np.array(uvs), np.array(positions))


def shaded(sphere: Unwrapped) -> tuple[np.ndarray, np.ndarray]:
    """Where the covered texels lie, and how bright raking light makes them."""
    restyled = strokes_in_space(sphere.places())
    strokes = strokes_of(np.full_like(restyled, 0.5), restyled, surface=sphere.surface)
    stored = following_normals(None, strokes, restyled, relief=1.0)
    covered = sphere.owners >= 0
    return sphere.places()[covered], sphere.shading(stored)[covered]


@pytest.fixture(scope="module")
def evenly() -> Unwrapped:
    return cube_sphere(
        12, [(0.02 + 0.33 * (n % 3), 0.05 + 0.45 * (n // 3), 0.28, 0, False) for n in range(6)]
    )


@pytest.fixture(scope="module")
def otherwise() -> Unwrapped:
    """The same faces turned, mirrored, and of sizes from a half to one."""
    charts = [(0.01, 0.01, 0.42, 1, True), (0.5, 0.02, 0.44, 2, False), (0.02, 0.5, 0.3, 3, False)]
    charts += [(0.4, 0.52, 0.25, 0, True), (0.7, 0.5, 0.27, 1, False), (0.68, 0.78, 0.2, 2, True)]
    return cube_sphere(12, charts)


@pytest.fixture(scope="module")
def compared(evenly, otherwise) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places on the sphere, and how bright they are by the two ways."""
    (places, one), (others, other) = shaded(evenly), shaded(otherwise)
    distance, nearest = cKDTree(others).query(places)
    assert (distance < 0.02).mean() > 0.99
    return places, one, other[nearest]


def test_a_sphere_unwrapped_in_two_ways_catches_the_same_light(compared):
    places, one, other = compared
    assert np.abs(one - other).mean() < 0.02
    # The light does show the strokes: a smooth sphere is lit otherwise.
    smooth = places / np.linalg.norm(places, axis=1, keepdims=True) @ (RAKING / np.linalg.norm(RAKING))
    assert np.abs(one - smooth.clip(0, 1)).mean() > 0.04


def test_slopes_go_on_across_seams(compared):
    """Beside the cube's edges, where the charts end, the light differs no more than within them."""
    places, one, other = compared
    ordered = np.sort(np.abs(places), axis=1)
    beside = ordered[:, 1] > 0.97 * ordered[:, 2]
    differing = np.abs(one - other)
    assert differing[beside].mean() < 1.5 * differing[~beside].mean()
