"""Putting stylised images into a glTF file: new bytes for the images, the same bytes for all else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ..errors import BadInput
from .container import (
    Container,
    container_bytes,
    encode_data_uri,
    parse_container,
    uri_below,
    uri_with_ending,
)
from .faults import faults_of
from .used_images import (
    MIME_TYPES,
    GltfTexture,
    buffer_bytes,
    images_used_elsewhere,
    is_behind_unreadable,
    suffix_of,
)


@dataclass(frozen=True)
class Change:
    """An image's new bytes, and the roles that are to take them."""

    texture: GltfTexture
    data: bytes


def restyled_files(
    container: Container, changes: Iterable[Change], all_textures: Iterable[GltfTexture], variant: str
) -> dict[str, bytes]:
    """The files of the changed model: "" for the model itself, relative URIs for those beside it.

    An image that something else uses too is added as a second image, so that only colours change. Raises
    BadInput, with nothing written, when the result would have faults that the model had not.
    """
    changes = list(changes)
    changed = {slot.path for change in changes for slot in change.texture.slots}
    shared = images_used_elsewhere(container.document.value)
    # An image's alpha comes with its colour, by the same place: that is no other use.
    shared |= {t.image for t in all_textures if any(slot.path not in changed for slot in t.slots)}
    # A new texture, without the KTX2 that viewers would show instead.
    document = container.document.value
    textures = {(change.texture.image, slot.texture) for change in changes for slot in change.texture.slots}
    shared |= {image for image, texture in textures if is_behind_unreadable(document, texture)}
    editor = _Editor(container, variant)
    replaced: dict[int, bytes] = {}
    for change in changes:
        image = change.texture.image
        if image in shared:
            editor.add_image(change)
        else:
            replaced.setdefault(image, change.data)
    editor.replace_images(replaced)
    files = editor.files()
    _check(container, files)
    return files


def _check(container: Container, files: dict[str, bytes]) -> None:
    """Read what is to be written once more, before it gets its name."""
    written = parse_container(container.path, files[""])
    new = sorted(faults_of(written, files) - faults_of(container, {}))
    if new:
        raise BadInput(f"{container.path}: the result would be damaged ({new[0]}), so nothing was written")


class _Editor:
    """The changes of one document, collected and then written in one go."""

    def __init__(self, container: Container, variant: str) -> None:
        self.container = container
        self.document = container.document
        self.value: dict[str, Any] = container.document.value
        self.variant = variant
        self.replaced: dict[int, list[tuple[int, int, bytes]]] = {}
        self.behind: dict[int, list[tuple[int, bytes]]] = {}
        self.beside: dict[str, bytes] = {}
        self.added = {"images": 0, "textures": 0, "bufferViews": 0}

    def replace_images(self, images: dict[int, bytes]) -> None:
        """Give images other bytes, where the file keeps them. Those at one place change together."""
        places: dict[tuple[int, int, int], list[int]] = {}
        for image, data in images.items():
            description = self.value["images"][image]
            mime_type = MIME_TYPES[suffix_of(data)]
            if "uri" in description:
                self.document.set(("images", image, "uri"), self._new_uri(description["uri"], image, data))
                if description.get("mimeType", mime_type) != mime_type:
                    self.document.set(("images", image, "mimeType"), mime_type)
                continue
            if description.get("mimeType") != mime_type:
                self.document.set(("images", image, "mimeType"), mime_type)
            places.setdefault(self._place(description["bufferView"]), []).append(image)
        for place, found in places.items():
            self._replace_place(place, {image: images[image] for image in found})

    def _replace_place(self, place: tuple[int, int, int], images: dict[int, bytes]) -> None:
        """One place in a buffer: its bytes are replaced if these images are all that lies there and show the
        same, else each gets a view of its own."""
        buffer, start, end = place
        views = {self.value["images"][image]["bufferView"] for image in images}
        others = (n for n, view in enumerate(self.value.get("images", [])) if n not in images)
        alone = not any(self.value["images"][n].get("bufferView") in views for n in others)
        if alone and len(set(images.values())) == 1 and not self._overlaps(views, place):
            data = next(iter(images.values()))
            self.replaced.setdefault(buffer, []).append((start, end - start, data))
            for view in views:
                self.document.set(("bufferViews", view, "byteLength"), len(data))
            return
        made: dict[bytes, int] = {}
        for image, data in images.items():
            if data not in made:
                made[data] = self._add_view(buffer, data)
            self.document.set(("images", image, "bufferView"), made[data])

    def add_image(self, change: Change) -> None:
        """Add a second image, a texture for it, and let the colour slots take that."""
        original = self.value["images"][change.texture.image]
        mime_type = MIME_TYPES[suffix_of(change.data)]
        number = len(self.value["images"]) + self.added["images"]
        image: dict[str, Any] = {"name": f"{change.texture.name}_{self.variant}"}
        buffer = self._buffer_for(original)
        if buffer is None:
            image["uri"] = self._new_uri(original["uri"], number, change.data)
        else:
            image["bufferView"] = self._add_view(buffer, change.data)
        self._append("images", image | {"mimeType": mime_type})
        for texture in dict.fromkeys(slot.texture for slot in change.texture.slots):
            old = self.value["textures"][texture]
            new = {key: old[key] for key in ("sampler", "name") if key in old}
            if mime_type == "image/webp":
                new["extensions"] = {"EXT_texture_webp": {"source": number}}
            else:
                new["source"] = number
            index = len(self.value["textures"]) + self.added["textures"]
            self._append("textures", new)
            for slot in change.texture.slots:
                if slot.texture == texture:
                    self.document.set(slot.path, index)

    def files(self) -> dict[str, bytes]:
        """The model's bytes under "", and those of the files beside it under their URIs."""
        binary = self.container.binary
        for buffer in sorted({*self.replaced, *self.behind}):
            data = self._with_regions(buffer, self.replaced.get(buffer, []))
            uri = self.value["buffers"][buffer].get("uri")
            if uri is None:
                binary = data
            elif uri.startswith("data:"):
                self.document.set(("buffers", buffer, "uri"), encode_data_uri(_mime_of(uri), data))
            else:
                suffix = PurePosixPath(uri).suffix
                new = self._beside(uri, buffer, suffix, data)
                self.document.set(("buffers", buffer, "uri"), new)
        self._keep_uris_below()
        return {"": container_bytes(self.container, self.document.result(), binary)} | self.beside

    def _keep_uris_below(self) -> None:
        """Files that stay as they are lie below the copied model, wherever they lie now."""
        for array in ("buffers", "images"):
            for index, item in enumerate(self.value.get(array, [])):
                uri = item.get("uri", "data:")
                if not uri.startswith("data:") and uri_below(uri) != uri and not self._is_new(array, index):
                    self.document.set((array, index, "uri"), uri_below(uri))

    def _is_new(self, array: str, index: int) -> bool:
        if array == "buffers":
            return index in self.replaced or index in self.behind
        return self.document.is_set((array, index, "uri"))

    def _append(self, array: str, item: dict[str, Any]) -> int:
        """Add an item to one of the document's arrays. Returns its number."""
        number = len(self.value[array]) + self.added[array]
        self.document.append((array,), item)
        self.added[array] += 1
        return number

    def _add_view(self, buffer: int, data: bytes) -> int:
        """A new view, behind all that the buffer holds. Returns its number."""
        number = self._append("bufferViews", _View(buffer, 0, len(data)).to_json())
        self.behind.setdefault(buffer, []).append((number, data))
        return number

    def _buffer_for(self, original: dict[str, Any]) -> int | None:
        """The buffer for a second image: the original's, or that of a .glb itself; None where it goes into
        a file or a data URI."""
        if "bufferView" in original:
            return self.value["bufferViews"][original["bufferView"]]["buffer"]
        buffers = self.value.get("buffers", [])
        in_glb = self.container.binary is not None and buffers and "uri" not in buffers[0]
        return 0 if in_glb and "bufferViews" in self.value and original["uri"].startswith("data:") else None

    def _new_uri(self, original: str, number: int, data: bytes) -> str:
        """A data URI, or a new file beside the model where the original is one."""
        if original.startswith("data:"):
            return encode_data_uri(MIME_TYPES[suffix_of(data)], data)
        return self._beside(original, number, suffix_of(data), data)

    def _beside(self, original: str, number: int, suffix: str, data: bytes) -> str:
        """Note a new file beside the model, named after the one at a URI. Returns its own URI."""
        new = uri_with_ending(original, f"_{self.variant}{suffix}")
        if self.beside.get(new, data) != data:
            new = uri_with_ending(original, f"_{self.variant}_{number}{suffix}")
        self.beside[new] = data
        return new

    def _place(self, view: int) -> tuple[int, int, int]:
        """Buffer, start and end of a view."""
        described = self.value["bufferViews"][view]
        start = described.get("byteOffset", 0)
        return described["buffer"], start, start + described["byteLength"]

    def _overlaps(self, views: set[int], place: tuple[int, int, int]) -> bool:
        """Whether other views, or accessors through these, use bytes of a place too."""
        buffer, start, end = place
        for other in range(len(self.value["bufferViews"])):
            found, first, last = self._place(other)
            if other not in views and found == buffer and first < end and start < last:
                return True
        return any(accessor.get("bufferView") in views for accessor in self.value.get("accessors", []))

    def _with_regions(self, buffer: int, regions: list[tuple[int, int, bytes]]) -> bytes:
        """The buffer with other bytes in `regions`, and the new views behind; what lies behind a region moves
        by multiples of 4."""
        whole = buffer_bytes(self.container, buffer)
        data = whole[: self._used_length(buffer, len(whole))]
        pieces, position, moves, total = [], 0, [], 0
        for start, length, new in sorted(regions):
            end = start + length
            padding = -(len(new) - length) % 4
            pieces += [data[position:start], new, b"\0" * padding]
            total += len(new) + padding - length
            moves.append((end, total))
            position = end
        pieces.append(data[position:])
        self._move_views(buffer, moves)
        length = len(data) + total
        for view, new in self.behind.get(buffer, []):
            pieces += [b"\0" * (-length % 4), new]
            length += -length % 4
            added = view - len(self.value["bufferViews"])
            item = _View(buffer, length, len(new)).to_json()
            self.document.replace_appended(("bufferViews",), added, item)
            length += len(new)
        self.document.set(("buffers", buffer, "byteLength"), length)
        return b"".join(pieces)

    def _used_length(self, buffer: int, length: int) -> int:
        """How long a buffer of so many bytes is: what it says, or, where that cannot be, all of it."""
        stated = self.value["buffers"][buffer]["byteLength"]
        views = (self._place(n) for n in range(len(self.value.get("bufferViews", []))))
        needed = max((end for found, _, end in views if found == buffer and end <= length), default=0)
        return stated if needed <= stated <= length else length

    def _move_views(self, buffer: int, moves: list[tuple[int, int]]) -> None:
        """Correct the offsets of the views behind a changed region, also those that extensions hold."""

        def moved(offset: int) -> int:
            before = [move for end, move in moves if end <= offset]
            return offset + (before[-1] if before else 0)

        for index, view in enumerate(self.value["bufferViews"]):
            places = [(("bufferViews", index), view)]
            places += [
                (("bufferViews", index, "extensions", name), content)
                for name, content in view.get("extensions", {}).items()
            ]
            for path, content in places:
                offset = content.get("byteOffset", 0)
                if content.get("buffer") == buffer and moved(offset) != offset:
                    self.document.set((*path, "byteOffset"), moved(offset))


@dataclass(frozen=True)
class _View:
    buffer: int
    start: int
    length: int

    def to_json(self) -> dict[str, int]:
        return {"buffer": self.buffer, "byteOffset": self.start, "byteLength": self.length}


def _mime_of(uri: str) -> str:
    return uri[len("data:") :].partition(",")[0].removesuffix(";base64") or "application/octet-stream"
