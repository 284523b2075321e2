"""Small glTF files, written by hand so that every byte of them is known."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def encoded(seed: int, kind: str = "PNG", size: tuple[int, int] = (33, 21)) -> bytes:
    """A noisy image in a file format."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return out.getvalue()


def glb_bytes(document: dict[str, Any], binary: bytes) -> bytes:
    # Indented and with an odd float, so that a rewritten JSON would show.
    text = json.dumps(document, indent=1).replace("0.125", "1.25e-01").encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text
    body += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<III", 0x46546C67, 2, 12 + len(body)) + body


def split_glb(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def view_bytes(data: bytes, view: int) -> bytes:
    document, binary = split_glb(data)
    described = document["bufferViews"][view]
    start = described.get("byteOffset", 0)
    return binary[start : start + described["byteLength"]]


class Model:
    """A triangle between two images: view 0 color, view 1 the triangle, view 2 a normal map."""

    def __init__(self, color: bytes, normal: bytes, mime_type: str = "image/png") -> None:
        triangle = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0]]).tobytes()
        self.binary, views = b"", []
        for part in (color, triangle, normal):
            self.binary += b"\0" * (-len(self.binary) % 4)
            views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(part)})
            self.binary += part
        self.document: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "extras": {"note": "kept", "number": 0.125},
            "buffers": [{"byteLength": len(self.binary)}],
            "bufferViews": views,
            "accessors": [{"bufferView": 1, "componentType": 5126, "count": 3, "type": "VEC3",
                           "min": [0, 0, 0], "max": [1, 1, 0]}],
            "images": [
                {"name": "paint", "bufferView": 0, "mimeType": mime_type},
                {"name": "bumps", "bufferView": 2, "mimeType": "image/png"},
            ],
            "textures": [{"source": 0}, {"source": 1}],
            "materials": [{"name": "M", "pbrMetallicRoughness": {"baseColorTexture": {"index": 0}},
                           "normalTexture": {"index": 1}}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}],
            "nodes": [{"name": "Thing", "mesh": 0}],
            "scenes": [{"nodes": [0]}],
            "scene": 0,
        }  # fmt: skip

    def write(self, path: Path) -> Path:
        path.write_bytes(glb_bytes(self.document, self.binary))
        return path
