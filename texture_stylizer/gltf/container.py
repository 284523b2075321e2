"""The two file forms of glTF 2.0: .glb (a JSON and a binary chunk) and .gltf (JSON beside its files)."""

from __future__ import annotations

import base64
import binascii
import posixpath
import struct
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from ..errors import BadInput
from ..names import shortened
from .json_text import JsonText
from .schema import check_document

_MAGIC = 0x46546C67
_HEADER_LENGTH = 12
_JSON_CHUNK = 0x4E4F534A
_BINARY_CHUNK = 0x004E4942

LONGEST_NAME = 240
"""Bytes; disks take 255, of which a temporary name needs some."""


@dataclass
class Container:
    """A glTF file taken apart.

    path: where it was read; document: its JSON; is_glb: whether it has the binary form, as .vrm has too;
    binary: the .glb's binary chunk with its padding, or None; extra_chunks: (type, bytes) of chunks that come
    after, kept as they are.
    """

    path: Path
    document: JsonText
    is_glb: bool = False
    binary: bytes | None = None
    extra_chunks: list[tuple[int, bytes]] = field(default_factory=list)


def read_container(path: Path) -> Container:
    """Take a .glb or .gltf apart. Raises BadInput, naming the file, when it is none."""
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file; check the path")
    return parse_container(path, path.read_bytes())


def parse_container(path: Path, data: bytes) -> Container:
    """Take the bytes of the file `path` apart. Raises BadInput, naming the file, when it is no glTF."""
    try:
        if path.suffix.lower() == ".gltf" and not data.startswith(b"glTF"):
            container = Container(path, JsonText(data.decode("utf-8-sig")))
        else:
            container = _read_glb(path, data)
        check_document(container.document.value)
        return container
    except (ValueError, UnicodeDecodeError, struct.error, RecursionError) as reason:
        raise BadInput(f"{path}: it is no glTF 2.0 file ({reason}); export it anew") from reason


def _read_glb(path: Path, data: bytes) -> Container:
    if len(data) < _HEADER_LENGTH:
        raise ValueError(f"it has only {len(data)} bytes")
    magic, version, length = struct.unpack_from("<III", data)
    if magic != _MAGIC or version != 2:
        raise ValueError("its first bytes are not those of a version 2 .glb")
    if length > len(data):
        raise ValueError(f"{length} bytes are announced, but it has {len(data)}")
    chunks, position = [], _HEADER_LENGTH
    while position + 8 <= length:
        size, kind = struct.unpack_from("<II", data, position)
        chunk = data[position + 8 : position + 8 + size]
        if len(chunk) < size:
            raise ValueError("a chunk is cut short")
        chunks.append((kind, chunk))
        position += 8 + size
    if not chunks or chunks[0][0] != _JSON_CHUNK:
        raise ValueError("it has no JSON chunk")
    text = chunks[0][1].decode("utf-8")
    rest = chunks[1:]
    binary = rest.pop(0)[1] if rest and rest[0][0] == _BINARY_CHUNK else None
    return Container(path, JsonText(text), True, binary, rest)


def container_bytes(container: Container, text: str, binary: bytes | None) -> bytes:
    """The file's bytes with another JSON text and binary chunk."""
    if not container.is_glb:
        return text.encode("utf-8")
    encoded = text.encode("utf-8")
    # Trailing spaces of the old chunk are padding; the new length wants its own.
    encoded = encoded.rstrip(b" ") if encoded != container.document.text.encode("utf-8") else encoded
    encoded += b" " * (-len(encoded) % 4)
    chunks = [(_JSON_CHUNK, encoded)]
    if binary is not None:
        chunks.append((_BINARY_CHUNK, binary + b"\0" * (-len(binary) % 4)))
    chunks += container.extra_chunks
    body = b"".join(struct.pack("<II", len(chunk), kind) + chunk for kind, chunk in chunks)
    return struct.pack("<III", _MAGIC, 2, 12 + len(body)) + body


def decode_data_uri(uri: str) -> bytes:
    """The bytes of a `data:` URI. Raises BadInput when it is broken."""
    header, comma, body = uri.partition(",")
    if not comma:
        raise BadInput("a data URI has no data")
    try:
        if header.endswith(";base64"):
            return base64.b64decode(body, validate=True)
        return urllib.parse.unquote_to_bytes(body)
    except (binascii.Error, ValueError) as reason:
        raise BadInput(f"a data URI is broken ({reason})") from reason


def encode_data_uri(mime_type: str, data: bytes) -> str:
    """A base64 `data:` URI."""
    return f"data:{mime_type};base64,{base64.b64encode(data).decode('ascii')}"


def file_of_uri(container: Container, uri: str) -> Path:
    """The file that a relative URI names, in the model's folder or in one beside that, as `../textures` is.

    Raises BadInput for one that leads anywhere else.
    """
    folder = container.path.parent.resolve()
    name = _unquoted(uri)
    found = (folder / name).resolve()
    # The folder above is the model's own tree where a URI says so itself, unless it is the root of all.
    is_above = posixpath.normpath(name).startswith("../") and folder.parent != Path(folder.anchor)
    tree = folder.parent if is_above else folder
    absolute = PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive != ""
    if absolute or "://" in uri or name.split("/").count("..") > 1 or not found.is_relative_to(tree):
        raise BadInput(f"the URI {uri!r} leads out of the model's folder; move the file beside the model")
    return found


def place_of_uri(folder: Path, uri: str) -> Path:
    """Where the file of a URI is written below another model's folder. Raises BadInput for one that leads out
    of it: an absolute one, or through `..` or a symbolic link."""
    name = urllib.parse.unquote(uri)
    windows = PureWindowsPath(name)
    found = folder / name
    absolute = name.startswith("/") or windows.root or windows.drive or ":" in name.partition("/")[0]
    if absolute or "\0" in name or not found.resolve().is_relative_to(folder.resolve()):
        raise BadInput(f"the URI {uri[:200]} leads out of the model's folder; move the file beside the model")
    return found


def uri_below(uri: str) -> str:
    """A relative URI that `file_of_uri` takes, as one that stays below the model."""
    name = _unquoted(uri)
    kept = posixpath.normpath(name)
    while kept.startswith("../"):
        kept = kept[3:]
    return uri if kept == name else urllib.parse.quote(kept)


def uri_with_ending(uri: str, ending: str) -> str:
    """The URI of a file beside that of `uri_below`, with another end of its name, such as "_oil.png"; a name
    that would be too long for a disk is cut."""
    folder, slash, name = uri_below(uri).rpartition("/")
    stem = name.rpartition(".")[0] or name
    room = LONGEST_NAME - len(ending.encode())
    plain = urllib.parse.unquote(stem)
    if len(plain.encode("utf-8", "surrogateescape")) > room:
        stem = urllib.parse.quote(shortened(plain, room))
    return f"{folder}{slash}{stem}{ending}"


def _unquoted(uri: str) -> str:
    """The path in a URI, with slashes also where it was written on Windows. Raises BadInput."""
    name = urllib.parse.unquote(uri).replace("\\", "/")
    if "\0" in name or not name.strip("./"):
        raise BadInput(f"the URI {uri!r} names no file; export the model anew")
    return name
