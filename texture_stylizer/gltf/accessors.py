"""The numbers of a glTF file: accessors over its buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .container import Container
from .used_images import buffer_bytes

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_MOST_ZEROS = 2**24
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class Accessors:
    """The accessors of a file, whose buffers are read once."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._document = container.document.value
        self._buffers: dict[int, bytes] = {}

    def read(self, number: int) -> NDArray[np.float64]:
        """The values of an accessor of scalars or vectors, (count, components); normalised ones as fractions.

        Raises BadInput for a buffer that is not there; KeyError, IndexError, TypeError or ValueError for what
        is no accessor.
        """
        accessor = self._document["accessors"][number]
        count, components = accessor["count"], _COMPONENTS[accessor["type"]]
        stored = np.dtype(_TYPES[accessor["componentType"]])
        if "bufferView" in accessor:
            values = self._rows(accessor, count, components, stored).astype(np.float64)
        elif count <= _MOST_ZEROS:
            values = np.zeros((count, components))
        else:
            raise ValueError("an accessor without bytes is too long")
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            kind = np.dtype(_TYPES[sparse["indices"]["componentType"]])
            places = self._rows(sparse["indices"], sparse["count"], 1, kind)[:, 0]
            values[places] = self._rows(sparse["values"], sparse["count"], components, stored)
        if accessor.get("normalized") and stored.kind in "iu":
            values = np.maximum(values / np.iinfo(stored).max, -1.0)
        return values

    def _rows(
        self, described: dict[str, Any], count: int, components: int, stored: np.dtype[Any]
    ) -> NDArray[Any]:
        """`count` rows of a buffer view, (count, components), as they are stored; not to be changed.

        described: says which view, and where in it they begin.
        """
        view = self._document["bufferViews"][described["bufferView"]]
        buffer = view["buffer"]
        if buffer not in self._buffers:
            self._buffers[buffer] = buffer_bytes(self._container, buffer)
        data = self._buffers[buffer]
        start = view.get("byteOffset", 0) + described.get("byteOffset", 0)
        # Old exporters write 0 for rows that follow each other.
        stride = view.get("byteStride") or components * stored.itemsize
        needed = start + (count - 1) * stride + components * stored.itemsize
        if count < 0 or start < 0 or (count and needed > len(data)):
            raise ValueError("the buffer is too short")
        return np.ndarray((count, components), stored, data, start, (stride, stored.itemsize))
