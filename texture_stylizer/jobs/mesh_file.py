"""The meshes behind a texture, as the scene writes them: read, and divided into triangles.

The scene copies Blender's own arrays and no more, since that holds up the window; the rest is done here.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..settings import Wrap

Numbers = NDArray[np.int64]
Points = NDArray[np.float64]

ARRAYS = ("uvs", "corners", "starts", "chosen", "positions", "matrix")
"""What there is of each mesh, under `NAME.NUMBER`: UVs (corners, 2); the vertex number of each corner;
the first corner of each face; whether the face shows the texture; positions (vertices, 3); and the matrix
(4, 4) from these to world space."""

MARKS = "marks"
"""What faces are marked with, in a file of marks: (corners, m) in [0, 1], beside `ARRAYS`."""

_COUNTS = "counts"
_OUTSIDE = 1e-3
_FLAT = 0.95
"""Upward part of a normal from which on a face counts as lying flat: Z along it would turn wildly there."""


@dataclass(frozen=True)
class Triangles:
    """uvs: (n, 3, 2); areas: (n,) in world space; vertices: (n, 3), numbered through all meshes; ups: (n, 2),
    the way in the map of what is upward on the surface in world space; steps: (n, 3), how far one UV unit
    goes there: along U, and along V in that direction and across it."""

    uvs: Points
    areas: Points
    vertices: Numbers
    ups: Points
    steps: Points

    def part(self, chosen: NDArray[np.bool_]) -> Triangles:
        """Those of some triangles."""
        return Triangles(*(getattr(self, field.name)[chosen] for field in dataclasses.fields(self)))


def save_meshes(path: Path, arrays: Mapping[str, NDArray]) -> None:
    """Write meshes, whose arrays are named as in `ARRAYS`, for `read_triangles`."""
    # A file of many thousand arrays takes minutes to read: they are few and long instead.
    np.savez(path, allow_pickle=False, **_joined(_numbered(arrays)))


def read_triangles(path: Path) -> Triangles | None:
    """The triangles of all faces that show the texture; None when there is none with finite UVs."""
    with np.load(path, allow_pickle=False) as file:
        mesh = dict(file)
    if not len(mesh.get("corners", ())):
        return None
    found = _triangles_of(mesh)
    return found if len(found.uvs) else None


def read_marks(path: Path) -> tuple[Points, Points]:
    """The UVs (n, 3, 2) of all triangles that show the texture, and their corners' marks (n, 3, m)."""
    with np.load(path, allow_pickle=False) as file:
        mesh = dict(file)
    triangles = chosen_triangles(mesh)
    uvs, marks = (mesh[name].astype(np.float64)[triangles] for name in ("uvs", MARKS))
    finite = np.isfinite(uvs).all(axis=(1, 2))
    return uvs[finite], marks[finite]


def _numbered(arrays: Mapping[str, NDArray]) -> list[dict[str, NDArray]]:
    names = (*ARRAYS, MARKS) if f"{MARKS}.0" in arrays else ARRAYS
    return [{name: arrays[f"{name}.{n}"] for name in names} for n in range(len(arrays) // len(names))]


def _joined(meshes: list[dict[str, NDArray]]) -> dict[str, NDArray]:
    """Many meshes as one: `matrix` is (m, 4, 4) then, `counts` (m,) says how many vertices each has, and
    `places` (m,) which of them lie in one place with the same vertices.

    An object comes once for each of its materials: the surface goes on from one to the next.
    """
    if not meshes:
        return {}
    hashes = [hashlib.sha256(m["positions"].tobytes() + m["matrix"].tobytes()).digest() for m in meshes]
    number_of = {found: number for number, found in enumerate(dict.fromkeys(hashes))}
    firsts = np.cumsum([0] + [len(mesh["positions"]) for mesh in meshes])
    corners = np.cumsum([0] + [len(mesh["corners"]) for mesh in meshes])
    whole = ("uvs", "chosen", "positions", *((MARKS,) if MARKS in meshes[0] else ()))
    joined = {name: np.concatenate([m[name] for m in meshes]) for name in whole}
    for name, first in (("corners", firsts), ("starts", corners)):
        moved = [mesh[name].astype(np.int64) + start for mesh, start in zip(meshes, first, strict=False)]
        joined[name] = np.concatenate(moved)
    return joined | {
        "matrix": np.stack([mesh["matrix"] for mesh in meshes]),
        _COUNTS: np.diff(firsts),
        "places": np.array([number_of[found] for found in hashes], dtype=np.int64),
    }


def tiled_axes(uvs: Points) -> Wrap | None:
    """The axes on which UVs (n, 3, 2) leave the unit square; None when they do not."""
    leaving = (uvs.min(axis=(0, 1)) < -_OUTSIDE) | (uvs.max(axis=(0, 1)) > 1 + _OUTSIDE)
    if leaving.all():
        return "both"
    return "x" if leaving[0] else "y" if leaving[1] else None


def _triangles_of(mesh: Mapping[str, NDArray]) -> Triangles:
    """The triangles of the meshes that `_joined` gave."""
    triangles = chosen_triangles(mesh)
    corners = mesh["corners"].astype(np.int64)[triangles]
    positions = mesh["positions"].astype(np.float64)
    uvs = mesh["uvs"].astype(np.float64)[triangles]
    mesh_of = np.repeat(np.arange(len(mesh[_COUNTS])), mesh[_COUNTS])
    matrices = mesh["matrix"].astype(np.float64)[mesh_of[corners[:, 0]], :3, :3]
    places = positions[corners] @ matrices.transpose(0, 2, 1)
    sides = places[:, 1:] - places[:, :1]
    areas = 0.5 * np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1)
    finite = np.isfinite(uvs).all(axis=(1, 2)) & np.isfinite(areas)
    vertices = merged(mesh["positions"], mesh["places"][mesh_of])[corners]
    return Triangles(uvs, areas, vertices, ups_in_map(sides, uvs), steps_on(sides, uvs)).part(finite)


def merged(positions: NDArray, places: NDArray) -> Numbers:
    """For each vertex, (n, 3), the number of the first with its position in the same place, (n,).

    glTF, and what is imported from it, splits vertices along UV seams, but the surface goes on there.
    """
    # Sixteen bytes to compare at once; adding 0 makes one zero of the two.
    rows = np.empty((len(positions), 4), dtype=np.float32)
    rows[:, :3] = positions.astype(np.float32) + np.float32(0)
    rows[:, 3] = places.astype(np.int32).view(np.float32)
    _, first, back = np.unique(rows.view("V16").reshape(-1), return_index=True, return_inverse=True)
    return first.astype(np.int64)[back.reshape(-1)]


def ups_in_map(sides: Points, uvs: Points) -> Points:
    """The way in the map, (n, 2), of what is upward on each triangle: world Z along it; Y where it lies flat.

    sides: (n, 2, 3), two sides in world space; uvs: (n, 3, 2). Zero for a triangle without an area.
    """
    normals = np.cross(sides[:, 0], sides[:, 1])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    lies_flat = np.abs(normals[:, 2]) > _FLAT
    up = np.where(lies_flat[:, None], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    # The mixture of the two sides that is nearest to it; the same mixture in the map is its way there.
    products = sides @ sides.transpose(0, 2, 1)
    wanted = (sides @ up[:, :, None])[:, :, 0]
    determinant = products[:, 0, 0] * products[:, 1, 1] - products[:, 0, 1] ** 2
    first = products[:, 1, 1] * wanted[:, 0] - products[:, 0, 1] * wanted[:, 1]
    second = products[:, 0, 0] * wanted[:, 1] - products[:, 0, 1] * wanted[:, 0]
    mixture = np.stack([first, second], axis=1) / np.maximum(determinant, 1e-30)[:, None]
    found = np.einsum("ni,nij->nj", mixture, uvs[:, 1:] - uvs[:, :1])
    return np.nan_to_num(found, posinf=0.0, neginf=0.0)


def steps_on(sides: Points, uvs: Points) -> Points:
    """How far a step of one UV unit goes on each triangle, (n, 3): along U, which is the tangent T, and a
    step along V in the direction of T and across it. Zero for a triangle without an area in the map.

    sides: (n, 2, 3), two sides in world space; uvs: (n, 3, 2).
    """
    (a, b), (c, d) = (uvs[:, 1] - uvs[:, 0]).T, (uvs[:, 2] - uvs[:, 0]).T
    doubled_area = (a * d - b * c)[:, None]
    has_area = np.abs(doubled_area) > 1e-20
    in_u = sides[:, 0] * d[:, None] - sides[:, 1] * b[:, None]
    in_v = sides[:, 1] * a[:, None] - sides[:, 0] * c[:, None]
    along_u, along_v = (
        np.divide(step, doubled_area, out=np.zeros_like(step), where=has_area) for step in (in_u, in_v)
    )
    length = np.linalg.norm(along_u, axis=1)
    tangent = along_u / np.maximum(length, 1e-30)[:, None]
    lean = (along_v * tangent).sum(axis=1)
    upright = np.linalg.norm(along_v - lean[:, None] * tangent, axis=1)
    return np.stack([length, lean, upright], axis=1)


def chosen_triangles(mesh: Mapping[str, NDArray]) -> Numbers:
    """The corner numbers (n, 3) of the triangles of the chosen faces. mesh: the arrays of `ARRAYS`."""
    corners = mesh["corners"]
    ends = np.append(mesh["starts"], len(corners)).astype(np.int64)
    chosen = np.flatnonzero(mesh["chosen"])
    places = mesh["positions"].astype(np.float64)[corners]
    return triangulate(places, ends[chosen], (ends[1:] - ends[:-1])[chosen])


def triangulate(points: Points, starts: Numbers, counts: Numbers) -> Numbers:
    """Divide faces into triangles, each wholly within its face.

    points: (corners, 3); starts, counts: the first corner and the number of corners of each face. Returns
    corner numbers (n, 3). Quads are divided as Blender does: along the first diagonal, or the second
    where the face is hollow at an end of the first. Flat faces of more corners are fans where that does, else
    ears are cut off one by one (Meisters 1975).
    """
    found = [np.empty((0, 3), dtype=np.int64)]
    for count in np.unique(counts):
        if count < 3:
            continue
        faces = starts[counts == count][:, None] + np.arange(count)
        fans = np.stack([np.zeros(count - 2, int), np.arange(1, count - 1), np.arange(2, count)], axis=1)
        order = np.broadcast_to(fans, (len(faces), *fans.shape)).copy()
        hollow = _is_hollow(points[faces], fans) if count > 3 else np.zeros(len(faces), dtype=bool)
        for face in np.flatnonzero(hollow):
            order[face] = ((0, 1, 3), (1, 2, 3)) if count == 4 else _cut_ears(points[faces[face]])
        found.append(np.take_along_axis(faces, order.reshape(len(faces), -1), axis=1).reshape(-1, 3))
    return np.concatenate(found)


def _is_hollow(points: NDArray, fans: Numbers) -> NDArray[np.bool_]:
    """Whether a fan from the first corner would leave a face. points: (faces, corners, 3)."""
    a, b, c = (points[:, fans[:, index]] for index in range(3))
    normals = np.cross(b - a, c - a)
    return (normals * normals.sum(axis=1, keepdims=True)).sum(axis=2).min(axis=1) < 0


def _cut_ears(points: Points) -> list[tuple[int, int, int]]:
    """Triangles of one flat face, (corners, 3), as corner numbers."""
    flat = _flattened(points)
    left = list(range(len(flat)))
    triangles = []
    while len(left) > 3:
        for at in range(len(left)):
            ear = left[at - 1], left[at], left[(at + 1) % len(left)]
            a, b, c = flat[list(ear)]
            others = flat[[corner for corner in left if corner not in ear]]
            if _turn(a, b, c) > 0 and not _within(others, a, b, c).any():
                break
        else:
            # A face that crosses itself has no ear left.
            at = 0
            ear = left[-1], left[0], left[1]
        triangles.append(ear)
        left.pop(at)
    return [*triangles, (left[0], left[1], left[2])]


def _flattened(points: Points) -> Points:
    """A face seen along its normal (Newell's), counter-clockwise. Returns (corners, 2)."""
    following = np.roll(points, -1, axis=0)
    normal = np.cross(points, following).sum(axis=0)
    axis = int(np.abs(normal).argmax())
    kept = [(1, 2), (2, 0), (0, 1)][axis]
    flat = points[:, kept]
    return flat if normal[axis] > 0 else flat[:, ::-1]


def _turn(a: NDArray, b: NDArray, c: NDArray) -> NDArray:
    return (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
        c[..., 0] - a[..., 0]
    )


def _within(points: Points, a: NDArray, b: NDArray, c: NDArray) -> NDArray[np.bool_]:
    return (_turn(a, b, points) >= 0) & (_turn(b, c, points) >= 0) & (_turn(c, a, points) >= 0)
