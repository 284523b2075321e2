"""What this package reads of a glTF document, with types, ranges and references checked before it is read.

Only that: a file whose animations are odd can be restyled all the same, and one whose faces cannot be read is
drawn as a flat picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds, both included."""

    least: int = 0
    most: int = 2**53


@dataclass(frozen=True)
class Reference:
    """A place in one of the document's arrays."""

    array: str


@dataclass(frozen=True)
class Items:
    """An array of items of one kind."""

    kind: Any


@dataclass(frozen=True)
class Members:
    """An object. known: the kinds of the members that are read; each: that of all others; required: names of
    those that must be there."""

    known: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    each: Any = None


@dataclass(frozen=True)
class TextureInfos:
    """An object in which members that end in Texture name a texture, at any depth."""


TEXT, TRUTH, NAME = str, bool, (str, type(None))
"""Exporters write names that are null."""
_VARIANTS = Members({"mappings": Items(Members({"material": Reference("materials")}, ("material",)))})
_PRIMITIVE = Members(
    {
        "attributes": Members(each=Whole()),
        "indices": Whole(),
        "material": Reference("materials"),
        "mode": Whole(0, 6),
        "extensions": Members({"KHR_materials_variants": _VARIANTS}, each=Members()),
    },
    ("attributes",),
)
_NODE = Members({"name": NAME, "mesh": Reference("meshes"), "children": Items(Whole())})
_PLACE = {"bufferView": Reference("bufferViews"), "byteOffset": Whole()}
_ACCESSOR = Members(
    _PLACE
    | {
        "count": Whole(),
        "componentType": Whole(),
        "type": TEXT,
        "normalized": TRUTH,
        "sparse": Members(
            {
                "count": Whole(),
                "indices": Members(_PLACE | {"componentType": Whole()}, ("bufferView", "componentType")),
                "values": Members(_PLACE, ("bufferView",)),
            },
            ("count", "indices", "values"),
        ),
    },
    ("count", "componentType", "type"),
)
_VIEW = Members(
    {
        "buffer": Reference("buffers"),
        "byteOffset": Whole(),
        "byteLength": Whole(),
        "byteStride": Whole(),
        "extensions": Members(each=Members({"buffer": Whole(), "byteOffset": Whole()})),
    },
    ("buffer", "byteLength"),
)
_IMAGE = Members({"uri": TEXT, "name": NAME, "mimeType": TEXT, "bufferView": Reference("bufferViews")})
_TEXTURE = Members(
    {
        "name": NAME,
        "source": Reference("images"),
        "extensions": Members(each=Members({"source": Reference("images")})),
    }
)
DOCUMENT = Members(
    {
        "asset": Members({"version": TEXT}),
        "extensions": Members(),
        "nodes": Items(_NODE),
        "meshes": Items(Members({"primitives": Items(_PRIMITIVE)}, ("primitives",))),
        "materials": Items(TextureInfos()),
        "textures": Items(_TEXTURE),
        "images": Items(_IMAGE),
        "bufferViews": Items(_VIEW),
        "buffers": Items(Members({"uri": TEXT, "byteLength": Whole()}, ("byteLength",))),
        "accessors": Items(_ACCESSOR),
    }
)


def check_document(document: Mapping[str, Any]) -> None:
    """Raises ValueError, naming the first member that is not what it must be."""
    asset = document.get("asset")
    version = asset.get("version") if isinstance(asset, dict) else None
    if isinstance(version, str) and not version.startswith("2"):
        raise ValueError(f"it says that it is glTF {version[:12]}")
    _check(document, DOCUMENT, "", document)


def _check(value: Any, kind: Any, where: str, document: Mapping[str, Any]) -> None:
    if isinstance(kind, Members):
        _check_members(value, kind, where, document)
    elif isinstance(kind, Items):
        _demand(isinstance(value, list), value, where, "a list")
        for index, item in enumerate(value):
            _check(item, kind.kind, f"{where}[{index}]", document)
    elif isinstance(kind, Reference):
        _check_reference(value, kind, where, document)
    elif isinstance(kind, Whole):
        whole = type(value) is int and kind.least <= value <= kind.most
        _demand(whole, value, where, f"a whole number from {kind.least} to {kind.most}")
    elif isinstance(kind, TextureInfos):
        _check_texture_infos(value, where, document)
    elif kind is not None:
        _demand(isinstance(value, kind), value, where, "true or false" if kind is TRUTH else "a text")


def _check_members(value: Any, kind: Members, where: str, document: Mapping[str, Any]) -> None:
    _demand(isinstance(value, dict), value, where, "an object")
    for name in kind.required:
        if name not in value:
            raise ValueError(f"{where} has no {name}")
    for name, member in value.items():
        _check(member, kind.known.get(name, kind.each), f"{where}.{name}" if where else name, document)


def _check_reference(value: Any, kind: Reference, where: str, document: Mapping[str, Any]) -> None:
    array = document.get(kind.array, [])
    count = len(array) if isinstance(array, list) else 0
    _demand(type(value) is int and value >= 0, value, where, f"the number of one of the {kind.array}")
    if value >= count:
        raise ValueError(f"{where} is {value}, but there are only {count} {kind.array}")


def _check_texture_infos(value: Any, where: str, document: Mapping[str, Any]) -> None:
    _check(value, Members({"name": NAME, "alphaMode": TEXT, "extensions": Members()}), where, document)
    waiting = [(value, where)]
    while waiting:
        found, at = waiting.pop()
        for name, member in found.items():
            if name == "extras" or not isinstance(member, dict):
                continue
            if name.endswith("Texture"):
                info = Members({"index": Reference("textures"), "texCoord": Whole(), "extensions": Members()})
                _check(member, info, f"{at}.{name}", document)
            waiting.append((member, f"{at}.{name}"))


def _demand(fits: bool, value: Any, where: str, wanted: str) -> None:
    if not fits:
        shown = repr(value)
        raise ValueError(
            f"{where} is {shown if len(shown) <= 40 else shown[:37] + '...'}, but must be {wanted}"
        )
