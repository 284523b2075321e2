"""The surface behind a texture: the faces that use it through a UV map, and what meets at each seam."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..settings import Wrap
from .materials import material_users
from .textures import TextureUse
from .uv import material_corners

_SAME_UV = 1e-5
_OUTSIDE = 1e-3


def write_surface(uses: Iterable[TextureUse], objects: Iterable[Any], path: Path) -> tuple[str, Wrap | None]:
    """Write the surface of an image's uses for the worker, as `engine.surface.Surface` reads it.

    Returns its path, or "" when no face uses the image through a UV map; and the axes on which UVs leave the
    unit square: the image is tiled there, and has no surface of its own.
    """
    triangles, areas, vertices = _gather(uses, objects)
    if len(triangles) == 0:
        return "", None
    wrap = tiled_axes(triangles)
    if wrap is not None:
        return "", wrap
    seams = find_seams(triangles, vertices)
    arrays: dict[str, Any] = {"triangles": triangles, "areas": areas, **seams}
    np.savez(path, **arrays)
    return str(path), None


def tiled_axes(triangles: NDArray[Any]) -> Wrap | None:
    """The axes on which UVs (n, 3, 2) leave the unit square; None when they do not."""
    leaving = (triangles.min(axis=(0, 1)) < -_OUTSIDE) | (triangles.max(axis=(0, 1)) > 1 + _OUTSIDE)
    if leaving.all():
        return "both"
    return "x" if leaving[0] else "y" if leaving[1] else None


def _gather(uses: Iterable[TextureUse], objects: Iterable[Any]) -> tuple[NDArray[Any], ...]:
    """UVs (n, 3, 2), surface areas (n,) and vertex numbers (n, 3) of all faces that show the image."""
    found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
    users = {material.session_uid: (material, who) for material, who in material_users(objects).items()}
    seen: set[tuple[int, int, str]] = set()
    first = 0
    for use in uses:
        for place in use.places:
            material, who = users.get(place.session_uid, (None, None))
            if material is None or who is None:
                continue
            for object_ in who.editable:
                key = (object_.session_uid, place.session_uid, use.uv_map)
                if object_.type != "MESH" or key in seen:
                    continue
                seen.add(key)
                corners = material_corners(object_, material, use.uv_map)
                if corners is not None:
                    uvs, positions, vertices = corners
                    found.append((uvs, _areas(positions), vertices + first))
                    first += len(object_.data.vertices)
    if not found:
        return np.empty((0, 3, 2)), np.empty(0), np.empty((0, 3), dtype=np.int64)
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def find_seams(triangles: NDArray[Any], vertices: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Every island edge from both sides, as `engine.surface.Surface` names them.

    triangles: (n, 3, 2) UVs; vertices: (n, 3), the mesh's vertex at each corner. Two triangles that share two
    vertices meet at an edge; it is a seam where their UVs differ, or both lie on one side of it. An edge with
    one triangle, or more than two, is an open border.
    """
    start, end, third = np.arange(3), np.array([1, 2, 0]), np.array([2, 0, 1])
    ends = np.stack([triangles[:, start], triangles[:, end]], axis=2).reshape(-1, 2, 2)
    inside = triangles[:, third].reshape(-1, 2)
    pair = np.stack([vertices[:, start], vertices[:, end]], axis=2).reshape(-1, 2)
    # Both sides name their ends in the order of the vertex numbers.
    turned = pair[:, 0] > pair[:, 1]
    ends[turned], pair[turned] = ends[turned, ::-1], pair[turned, ::-1]
    order = np.lexsort((pair[:, 1], pair[:, 0]))
    keys = pair[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, len(order)))

    one, two = order[starts[counts == 2]], order[starts[counts == 2] + 1]
    apart = (np.abs(ends[one] - ends[two]) > _SAME_UV).any(axis=(1, 2))
    folded = _side(ends[one], inside[one]) * _side(ends[one], inside[two]) > 0
    seam = apart | folded
    one, two = one[seam], two[seam]
    open_edges = order[np.repeat(counts != 2, counts)]
    own = np.concatenate([one, two, open_edges])
    other = np.concatenate([two, one, open_edges])
    return {
        "edges": ends[own],
        "across": ends[other],
        "inside": inside[own],
        "across_inside": inside[other],
    }


def _side(ends: NDArray[Any], point: NDArray[Any]) -> NDArray[Any]:
    edge, towards = ends[:, 1] - ends[:, 0], point - ends[:, 0]
    return edge[:, 0] * towards[:, 1] - edge[:, 1] * towards[:, 0]


def _areas(positions: NDArray[Any]) -> NDArray[Any]:
    edges = positions[:, 1:] - positions[:, :1]
    return 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
