"""The faces in a UV map: the texels a metre gets, and what overlaps or is mirrored."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..materials.records import original_of

_BINS = 128
_POINTS_PER_BIN = 40
_CROWDED = 1.6
"""Times the mean density of points from which a bin holds two layers: 3.8 standard deviations above one."""

_LEAST_SHARE = 0.01
_SMALLEST_SIZE, _LARGEST_SIZE = 64, 8192


def material_triangles(object_: Any, material: Any, uv_map: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The triangles of the faces that show a material: UVs (n, 3, 2), world positions in metres (n, 3, 3)."""
    mesh = object_.data
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    loops = np.empty(count * 3, dtype=np.int32)
    polygons = np.empty(count, dtype=np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangles.foreach_get("polygon_index", polygons)
    slots = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    shown = [
        index
        for index, slot in enumerate(object_.material_slots)
        if slot.material is not None and original_of(slot.material.original) == material
    ]
    chosen = np.isin(np.minimum(slots, max(0, len(object_.material_slots) - 1))[polygons], shown)
    loops = loops.reshape(-1, 3)[chosen]

    uvs = np.empty(len(mesh.loops) * 2, dtype=np.float32)
    mesh.uv_layers[uv_map].uv.foreach_get("vector", uvs)
    vertices = np.empty(len(mesh.loops), dtype=np.int32)
    mesh.loops.foreach_get("vertex_index", vertices)
    positions = np.empty(len(mesh.vertices) * 3, dtype=np.float32)
    mesh.vertices.foreach_get("co", positions)
    matrix = np.array(object_.matrix_world)
    world = positions.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    return uvs.reshape(-1, 2)[loops].astype(np.float64), world[vertices[loops]]


def pixels_for_density(object_: Any, material: Any, uv_map: str, density: float) -> int:
    """Side of a square image that gives `density` pixels per metre: a power of two from 64 to 8192."""
    uvs, positions = material_triangles(object_, material, uv_map)
    uv_area = np.abs(_signed_areas(uvs)).sum()
    edges = positions[:, 1:] - positions[:, :1]
    area = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1).sum()
    if uv_area <= 0 or area <= 0:
        return _SMALLEST_SIZE
    wanted = density * (area / uv_area) ** 0.5
    return int(np.clip(2 ** np.ceil(np.log2(max(wanted, 1.0))), _SMALLEST_SIZE, _LARGEST_SIZE))


def uv_warnings(object_: Any, material: Any, uv_map: str) -> list[str]:
    """One sentence for overlapping faces, one for mirrored ones, one for faces outside the unit square."""
    uvs, _ = material_triangles(object_, material, uv_map)
    if len(uvs) == 0:
        return []
    where = f"{uv_map} of {object_.name}"
    warnings = []
    if overlapping_share(uvs) > _LEAST_SHARE:
        warnings.append(f"faces overlap in the UV map {where}; they share texels, and the last one wins")
    areas = _signed_areas(uvs)
    if areas[areas < 0].sum() < -_LEAST_SHARE * np.abs(areas).sum():
        warnings.append(f"faces are mirrored in the UV map {where}; strokes run backwards on them")
    if uvs.min() < -1e-4 or uvs.max() > 1 + 1e-4:
        warnings.append(f"faces lie outside the unit square in the UV map {where}; nothing is baked there")
    return warnings


def overlapping_share(uvs: NDArray[Any]) -> float:
    """The share of the used UV area, about, on which two faces or more lie. uvs: (n, 3, 2).

    Points are thrown on the triangles by area: where layers lie on each other they lie denser. At least two
    faces in one bin are needed, so a fan of slivers does not count.
    """
    areas = np.abs(_signed_areas(uvs))
    total = areas.sum()
    if total <= 0:
        return 0.0
    lowest, extent = uvs.min(axis=(0, 1)), np.ptp(uvs, axis=(0, 1)).max()
    random = np.random.default_rng(0)
    count = int(min(2_000_000, _POINTS_PER_BIN * _BINS**2 * max(total / extent**2, 0.01)))
    chosen = np.searchsorted(np.cumsum(areas) / total, random.random(count), side="right")
    chosen = uvs[np.minimum(chosen, len(uvs) - 1)]
    first, second = random.random((2, count, 1))
    folded = first + second > 1
    first, second = np.where(folded, 1 - first, first), np.where(folded, 1 - second, second)
    points = chosen[:, 0] + first * (chosen[:, 1] - chosen[:, 0]) + second * (chosen[:, 2] - chosen[:, 0])
    cells = np.minimum(((points - lowest) / extent * _BINS).astype(int), _BINS - 1)
    bins = np.bincount(cells[:, 0] * _BINS + cells[:, 1], minlength=_BINS**2)
    density = count / total * (extent / _BINS) ** 2
    crowded = bins > _CROWDED * density
    return float(bins[crowded].sum() / count)


def _signed_areas(uvs: NDArray[Any]) -> NDArray[Any]:
    edges = uvs[:, 1:] - uvs[:, :1]
    return 0.5 * (edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
