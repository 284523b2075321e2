"""What does not fit in a glTF file: lengths, views and images, as a validator would find them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import BadInput
from .container import Container
from .used_images import buffer_bytes, suffix_of

_SIZES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
_COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


def faults_of(container: Container, beside: Mapping[str, bytes]) -> set[str]:
    """One phrase for each fault. beside: the files that are to lie beside the model, by their URIs."""
    document = container.document.value
    views = document.get("bufferViews", [])
    buffers = [_bytes_of(container, index, beside) for index in range(len(document.get("buffers", [])))]
    return {
        *_faults_of_buffers(document, buffers),
        *_faults_of_views(document, views),
        *_faults_of_accessors(document, views),
        *_faults_of_images(document, views, buffers),
    }


def _bytes_of(container: Container, buffer: int, beside: Mapping[str, bytes]) -> bytes | None:
    """A buffer's bytes; None where its file is not there."""
    uri = container.document.value["buffers"][buffer].get("uri", "")
    if uri in beside and uri:
        return beside[uri]
    try:
        return buffer_bytes(container, buffer)
    except BadInput:
        return None


def _faults_of_buffers(document: dict[str, Any], buffers: list[bytes | None]) -> Iterator[str]:
    for index, (described, data) in enumerate(zip(document.get("buffers", []), buffers, strict=True)):
        if data is not None and described["byteLength"] > len(data):
            yield f"buffer {index} is shorter than it says"
        if data is not None and "uri" not in described and len(data) > described["byteLength"] + 3:
            yield f"buffer {index} is longer than it says"


def _faults_of_views(document: dict[str, Any], views: list[dict[str, Any]]) -> Iterator[str]:
    for index, view in enumerate(views):
        if view.get("byteOffset", 0) + view["byteLength"] > document["buffers"][view["buffer"]]["byteLength"]:
            yield f"bufferView {index} ends behind its buffer"


def _faults_of_accessors(document: dict[str, Any], views: list[dict[str, Any]]) -> Iterator[str]:
    for index, accessor in enumerate(document.get("accessors", [])):
        size = _SIZES.get(accessor["componentType"])
        if "bufferView" not in accessor or size is None or not accessor["count"]:
            continue
        view = views[accessor["bufferView"]]
        item = size * _COMPONENTS.get(accessor["type"], 1)
        offset = accessor.get("byteOffset", 0)
        end = offset + (view.get("byteStride") or item) * (accessor["count"] - 1) + item
        if end > view["byteLength"]:
            yield f"accessor {index} ends behind its view"
        if (offset + view.get("byteOffset", 0)) % size:
            yield f"accessor {index} is not aligned"


def _faults_of_images(
    document: dict[str, Any], views: list[dict[str, Any]], buffers: list[bytes | None]
) -> Iterator[str]:
    for index, image in enumerate(document.get("images", [])):
        if "bufferView" not in image:
            continue
        view = views[image["bufferView"]]
        data, start = buffers[view["buffer"]], view.get("byteOffset", 0)
        if data is not None and suffix_of(data[start : start + 16]) == "":
            yield f"image {index} is no image"
