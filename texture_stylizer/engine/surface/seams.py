"""Where the islands of a UV map end, and what lies on the other side of each edge."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SAME_UV = 1e-5


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
