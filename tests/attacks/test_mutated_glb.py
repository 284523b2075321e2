"""Broken .glb files, made from good ones with fixed seeds: each is read, or refused in a sentence of its own.

STYLIZER_MUTATIONS says how many; what goes through is restyled with other pixels and read once more.
"""

from __future__ import annotations

import copy
import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.gltf.models import Model, encoded, glb_bytes
from tests.gltf.test_geometry import Square
from texture_stylizer.errors import StylizerError
from texture_stylizer.gltf.container import Container, parse_container
from texture_stylizer.gltf.faults import faults_of
from texture_stylizer.gltf.geometry import meshes_showing
from texture_stylizer.gltf.replace_images import Change, restyled_files
from texture_stylizer.gltf.used_images import find_gltf_textures, image_bytes, materials_without_textures
from texture_stylizer.jobs.mesh_file import read_triangles, save_meshes

COUNT = int(os.environ.get("STYLIZER_MUTATIONS", "500"))
PIXELS = encoded(5, size=(40, 30))
NASTY: list[Any] = [
    None, True, -1, 0, 1, 2, 7, 255, 10**6, 2**31, 2**63, 10**30, 0.5, 1000.0, -0.0, 1e308, "", "x", "a\0b",
    "../../x", "/etc/passwd", "C:\\x", "data:,", "data:image/png;base64,%%%", "http://a/b.png", "\ud800",
    [], [0], [[]], {}, {"index": 0}, {"index": -1}, {"source": 9}, {"byteOffset": -4}, ["a"],
    {"a": {"b": []}},
]  # fmt: skip


def rich_model() -> tuple[dict[str, Any], bytes]:
    """A model with most of what is read: UVs, two roles, a transform, variants, a toon material, VRM 0."""
    square = Square()
    document = square.document
    material = document["materials"][0]
    material["alphaMode"] = "MASK"
    material["extensions"] = {"VRMC_materials_mtoon": {"shadeMultiplyTexture": {"index": 0}}}
    info = material["pbrMetallicRoughness"]["baseColorTexture"]
    info["extensions"] = {"KHR_texture_transform": {"scale": [0.5, 0.5], "offset": [0.1, 0], "rotation": 0.1}}
    variants = {"mappings": [{"material": 0, "variants": [0]}]}
    document["meshes"][0]["primitives"][0]["extensions"] = {"KHR_materials_variants": variants}
    properties = [{"name": "M", "textureProperties": {"_MainTex": 0, "_BumpMap": 1}}]
    document["extensions"] = {"VRM": {"materialProperties": properties, "meta": {"texture": 1}}}
    document["extensionsUsed"] = ["KHR_texture_transform"]
    return document, square.binary


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in [(*path, key), *places_in(item, (*path, key))]]


def with_other_value(random: np.random.Generator, document: dict[str, Any]) -> dict[str, Any]:
    """One to three members taken away, or given another value, perhaps another member's."""
    document = copy.deepcopy(document)
    for _ in range(int(random.integers(1, 4))):
        places = places_in(document)
        *way, last = places[random.integers(len(places))]
        holder = document
        for key in way:
            holder = holder[key]
        kind = random.integers(4)
        if kind == 0:
            del holder[last]
        elif kind == 1 and type(holder[last]) is int:
            holder[last] = int(holder[last]) + int(random.integers(-9, 10))
        else:
            holder[last] = copy.deepcopy(NASTY[random.integers(len(NASTY))])
    return document


def with_other_bytes(random: np.random.Generator, data: bytes) -> bytes:
    """Bytes changed, cut off, put in or doubled."""
    found = bytearray(data)
    kind = random.integers(5)
    if kind == 0:
        return bytes(found[: random.integers(len(found))])
    for _ in range(int(random.integers(1, 12))):
        # The head, with the lengths and the JSON, is where most can break.
        at = int(random.integers(min(len(found), 24 if kind == 1 else len(found))))
        if kind == 3:
            found[at:at] = random.bytes(int(random.integers(1, 9)))
        elif kind == 4:
            found[at : at + 4] = struct.pack("<I", int(random.integers(2**32)))
        else:
            found[at] = int(random.integers(256))
    return bytes(found)


def mutated(seed: int, document: dict[str, Any], binary: bytes) -> bytes:
    random = np.random.default_rng(seed)
    if random.random() < 0.7:
        document = with_other_value(random, document)
        if random.random() < 0.9:
            return glb_bytes(document, binary)
    return with_other_bytes(random, glb_bytes(document, binary))


def read_all(data: bytes, folder: Path, *, restyle: bool) -> None:
    """What `inspect` and, with other pixels, `stylize` do with a file."""
    container = parse_container(folder / "a.glb", data)
    textures = find_gltf_textures(container)
    json.dumps([texture.to_json() for texture in textures])
    materials_without_textures(container)
    wanted = [texture for texture in textures if texture.skipped is None]
    if not restyle or not wanted:
        return
    for texture in wanted:
        image_bytes(container, texture.image)
        faces(container, texture, folder)
    files = restyled_files(container, [Change(t, PIXELS) for t in wanted], textures, "oil")
    written = parse_container(folder / "a.glb", files[""])
    assert faults_of(written, files) <= faults_of(parse_container(folder / "a.glb", data), {})


def faces(container: Container, texture: Any, folder: Path) -> None:
    try:
        arrays = meshes_showing(container, [texture])
    except StylizerError:
        return
    save_meshes(folder / "meshes.npz", arrays)
    read_triangles(folder / "meshes.npz")


@pytest.mark.parametrize("part", range(5))
def test_a_broken_file_is_refused_in_a_sentence(tmp_path: Path, part: int) -> None:
    plain = Model(encoded(0, size=(20, 10)), encoded(1, size=(8, 8)))
    models = [rich_model(), (plain.document, plain.binary)]
    outcomes = {"read": 0, "refused": 0}
    for seed in range(part, COUNT, 5):
        data = mutated(seed, *models[seed // 5 % 2])
        try:
            read_all(data, tmp_path, restyle=seed % 2 == 0)
            outcomes["read"] += 1
        except StylizerError as error:
            assert str(error), f"seed {seed} is refused without a word"
            outcomes["refused"] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed} is not refused, but raises {error!r}") from error
    # Mutations that break nothing, or everything, would test nothing.
    assert min(outcomes.values()) > COUNT // 50
