"""The numbers of a glTF file: accessors over its buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadInput
from .container import Container
from .textures import buffer_bytes

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


def read_accessor(container: Container, number: int) -> NDArray[np.float64]:
    """The values of an accessor of scalars or vectors, (count, components); normalised ones as fractions.

    Raises BadInput when it is damaged.
    """
    try:
        accessor = container.document.value["accessors"][number]
        count, components = accessor["count"], _COMPONENTS[accessor["type"]]
        stored = np.dtype(_TYPES[accessor["componentType"]])
        if "bufferView" in accessor:
            values = _read(container, accessor, count, components, stored).astype(np.float64)
        else:
            values = np.zeros((count, components))
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            kind = np.dtype(_TYPES[sparse["indices"]["componentType"]])
            places = _read(container, sparse["indices"], sparse["count"], 1, kind)[:, 0]
            values[places] = _read(container, sparse["values"], sparse["count"], components, stored)
    except (KeyError, IndexError, ValueError) as reason:
        raise BadInput("a mesh that shows it is damaged") from reason
    if accessor.get("normalized") and stored.kind in "iu":
        values = np.maximum(values / np.iinfo(stored).max, -1.0)
    return values


def _read(
    container: Container, described: dict[str, Any], count: int, components: int, stored: np.dtype[Any]
) -> NDArray[Any]:
    """`count` rows of a buffer view. described: says which, and where in it they begin."""
    view = container.document.value["bufferViews"][described["bufferView"]]
    data = buffer_bytes(container, view["buffer"])
    start = view.get("byteOffset", 0) + described.get("byteOffset", 0)
    stride = view.get("byteStride", components * stored.itemsize)
    needed = start + (count - 1) * stride + components * stored.itemsize
    if count < 0 or start < 0 or (count and needed > len(data)):
        raise ValueError("the buffer is too short")
    return np.ndarray((count, components), stored, data, start, (stride, stored.itemsize)).copy()
