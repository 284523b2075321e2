"""Putting stylised images into a glTF file: new bytes for the images, the same bytes for all else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BadInput
from .container import Container, container_bytes, encode_data_uri
from .textures import MIME_TYPES, GltfTexture, buffer_bytes, suffix_of


@dataclass(frozen=True)
class Change:
    """An image's new bytes, and the roles that are to take them."""

    texture: GltfTexture
    data: bytes


def restyled_files(
    container: Container, changes: Iterable[Change], all_textures: Iterable[GltfTexture], variant: str
) -> dict[str, bytes]:
    """The files of the changed model: "" for the model itself, relative URIs for those beside it.

    An image that data roles use too is added as a second image, so that only colours change.
    """
    changes = list(changes)
    changed = {(change.texture.image, change.texture.role) for change in changes}
    shared = {t.image for t in all_textures if (t.image, t.role) not in changed}
    editor = _Editor(container, variant)
    done: set[int] = set()
    for change in changes:
        image = change.texture.image
        if image in shared:
            editor.add_image(change)
        elif image not in done:
            editor.replace_image(image, change.data)
            done.add(image)
    return editor.files()


class _Editor:
    """The changes of one document, collected and then written in one go."""

    def __init__(self, container: Container, variant: str) -> None:
        self.container = container
        self.document = container.document
        self.variant = variant
        self.replaced: dict[int, list[tuple[int, int, bytes]]] = {}
        self.beside: dict[str, bytes] = {}
        self.added = {"images": 0, "textures": 0}

    def replace_image(self, image: int, data: bytes) -> None:
        """Give an image other bytes, where the file keeps them."""
        description = self.document.value["images"][image]
        mime_type = MIME_TYPES[suffix_of(data)]
        if "uri" in description:
            self.document.set(("images", image, "uri"), self._new_uri(description, mime_type, image, data))
            if "mimeType" in description and description["mimeType"] != mime_type:
                self.document.set(("images", image, "mimeType"), mime_type)
            return
        if description.get("mimeType") != mime_type:
            self.document.set(("images", image, "mimeType"), mime_type)
        index = description["bufferView"]
        view = self.document.value["bufferViews"][index]
        start, length = view.get("byteOffset", 0), view["byteLength"]
        self._check_alone(index, view["buffer"], start, start + length)
        self.replaced.setdefault(view["buffer"], []).append((start, length, data))
        self.document.set(("bufferViews", index, "byteLength"), len(data))

    def add_image(self, change: Change) -> None:
        """Add a second image, a texture for it, and let the colour slots take that."""
        value = self.document.value
        original = value["images"][change.texture.image]
        mime_type = MIME_TYPES[suffix_of(change.data)]
        name = f"{change.texture.name}_{self.variant}"
        number = len(value["images"]) + self.added["images"]
        uri = self._new_uri(original, mime_type, number, change.data)
        self._append("images", {"name": name, "uri": uri, "mimeType": mime_type})
        for texture in dict.fromkeys(slot.texture for slot in change.texture.slots):
            old = value["textures"][texture]
            new = {key: old[key] for key in ("sampler", "name") if key in old}
            if mime_type == "image/webp":
                new["extensions"] = {"EXT_texture_webp": {"source": number}}
            else:
                new["source"] = number
            index = len(value["textures"]) + self.added["textures"]
            self._append("textures", new)
            for slot in change.texture.slots:
                if slot.texture == texture:
                    self.document.set(slot.path, index)

    def files(self) -> dict[str, bytes]:
        """The model's bytes under "", and those of the files beside it under their URIs."""
        binary = self.container.binary
        for buffer, regions in self.replaced.items():
            data = self._with_regions(buffer, regions)
            description = self.document.value["buffers"][buffer]
            uri = description.get("uri")
            if uri is None:
                binary = data
            elif uri.startswith("data:"):
                self.document.set(("buffers", buffer, "uri"), encode_data_uri(_mime_of(uri), data))
            else:
                stem, _, suffix = uri.rpartition(".")
                new = f"{stem}_{self.variant}.{suffix}"
                self.document.set(("buffers", buffer, "uri"), new)
                self.beside[new] = data
        return {"": container_bytes(self.container, self.document.result(), binary)} | self.beside

    def _append(self, array: str, item: dict[str, Any]) -> None:
        self.document.append((array,), item)
        self.added[array] += 1

    def _new_uri(self, original: Mapping[str, Any], mime_type: str, number: int, data: bytes) -> str:
        """A data URI, or a new file beside the model where the original is one."""
        uri = original.get("uri", "data:")
        if uri.startswith("data:"):
            return encode_data_uri(mime_type, data)
        stem = uri.rpartition(".")[0] or uri
        new = f"{stem}_{self.variant}{suffix_of(data)}"
        if new in self.beside:
            new = f"{stem}_{self.variant}_{number}{suffix_of(data)}"
        self.beside[new] = data
        return new

    def _check_alone(self, index: int, buffer: int, start: int, end: int) -> None:
        for other, view in enumerate(self.document.value["bufferViews"]):
            first = view.get("byteOffset", 0)
            overlaps = first < end and start < first + view["byteLength"]
            if other != index and view["buffer"] == buffer and overlaps:
                raise BadInput("its bytes are shared with other data; export the model anew")

    def _with_regions(self, buffer: int, regions: list[tuple[int, int, bytes]]) -> bytes:
        """The buffer with other bytes in `regions`; what lies behind them moves by multiples of 4."""
        data = buffer_bytes(self.container, buffer)
        pieces, position, moves, total = [], 0, [], 0
        for start, length, new in sorted(regions):
            end = start + length
            padding = -(len(new) - length) % 4
            pieces += [data[position:start], new, b"\0" * padding]
            total += len(new) + padding - length
            moves.append((end, total))
            position = end
        length = self.document.value["buffers"][buffer]["byteLength"]
        self.document.set(("buffers", buffer, "byteLength"), length + total)
        self._move_views(buffer, moves)
        return b"".join(pieces) + data[position:]

    def _move_views(self, buffer: int, moves: list[tuple[int, int]]) -> None:
        """Correct the offsets of the views behind a changed region, also those that extensions hold."""

        def moved(offset: int) -> int:
            before = [move for end, move in moves if end <= offset]
            return offset + (before[-1] if before else 0)

        for index, view in enumerate(self.document.value["bufferViews"]):
            places = [(("bufferViews", index), view)]
            places += [
                (("bufferViews", index, "extensions", name), content)
                for name, content in view.get("extensions", {}).items()
                if isinstance(content, dict)
            ]
            for path, content in places:
                offset = content.get("byteOffset", 0)
                if content.get("buffer") == buffer and moved(offset) != offset:
                    self.document.set((*path, "byteOffset"), moved(offset))


def _mime_of(uri: str) -> str:
    return uri[len("data:") :].partition(",")[0].removesuffix(";base64") or "application/octet-stream"
