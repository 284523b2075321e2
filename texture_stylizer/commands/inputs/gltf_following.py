"""The normal and roughness maps of a glTF's materials that follow their base colours."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...descriptions import Destination, FollowingMap, MapKind, Outcome, Source
from ...gltf.container import Container
from ...gltf.geometry import materials_of, uv_set
from ...gltf.replace_images import Change, NewNormal
from ...gltf.used_images import GltfTexture, Slot, image_bytes, suffix_of
from ...settings import Settings

_MEMBERS: dict[MapKind, tuple[str, str]] = {
    "normal": ("normal", "normalTexture"),
    "roughness": ("roughness", "metallicRoughnessTexture"),
}
_GREEN = 1


@dataclass(frozen=True)
class GltfFollowed:
    """A map that follows a base colour: the texture in the slots that take it, or the slots of base colours
    in materials that get a new normal map."""

    map: FollowingMap
    texture: GltfTexture | None
    colored: tuple[Slot, ...] = ()


def maps_following(
    container: Container,
    textures: Sequence[GltfTexture],
    colored: Iterable[GltfTexture],
    settings: Settings,
    folder: Path,
) -> tuple[list[GltfFollowed], list[str]]:
    """The maps that follow one picture, and why others do not, one sentence each.

    textures: all of the file; colored: those that show the picture; folder: where the maps are written.
    """
    kinds: dict[MapKind, bool] = {
        "normal": settings.relief > 0 or settings.soften_normals > 0,
        "roughness": settings.roughness_follow > 0,
    }
    slots = [
        slot
        for texture in colored
        if texture.role == "base_color"
        for slot in texture.slots
        if "baseColorTexture" in slot.path
    ]
    found: list[GltfFollowed] = []
    problems: list[str] = []
    for kind, is_wanted in kinds.items():
        if not is_wanted:
            continue
        taken, without, said = _maps_beside(container, textures, slots, kind)
        problems += said
        for image, its_slots in taken.items():
            texture = next(t for t in textures if t.image == image and t.role == _MEMBERS[kind][0])
            found.append(_followed(container, kind, replace(texture, slots=tuple(its_slots)), folder))
        if kind == "normal" and without and settings.relief > 0:
            to = Destination(str(folder / f"{uuid.uuid4().hex[:12]}.png"))
            found.append(GltfFollowed(FollowingMap(kind, None, to), None, tuple(without)))
    return found, problems


def _maps_beside(
    container: Container, textures: Sequence[GltfTexture], slots: Iterable[Slot], kind: MapKind
) -> tuple[dict[int, list[Slot]], list[Slot], list[str]]:
    """The slots of maps in the materials of base colours, by image; the base colours' slots in materials that
    have no such map and could; and why others stay as they are."""
    document = container.document.value
    taken: dict[int, list[Slot]] = {}
    without: list[Slot] = []
    problems = []
    for slot in slots:
        match = _slot_of(textures, kind, slot.material)
        if match is None:
            without += [slot] if _has_uvs(container, slot) else []
        elif uv_set(document, match[1].path[:-1]) != uv_set(document, slot.path[:-1]):
            problems.append(f"{match[0].name} lies otherwise than the colour does, so it stays as it is")
        else:
            taken.setdefault(match[0].image, []).append(match[1])
    return taken, without, problems


def changes_of(
    followed: Sequence[GltfFollowed], outcome: Outcome, texture: GltfTexture
) -> tuple[list[Change], list[NewNormal]]:
    """What is to be written into the file of the maps that were made beside a texture."""
    changes, new = [], []
    for each, path in zip(followed, outcome.following, strict=True):
        data = Path(path).read_bytes()
        if each.texture is not None:
            changes.append(Change(each.texture, data))
        elif each.colored:
            new.append(NewNormal(texture, each.colored, data))
    return changes, new


def _slot_of(
    textures: Sequence[GltfTexture], kind: MapKind, material: int
) -> tuple[GltfTexture, Slot] | None:
    role, member = _MEMBERS[kind]
    for texture in textures:
        for slot in texture.slots if texture.role == role else ():
            in_core = slot.path[0] == "materials" and "extensions" not in slot.path
            if in_core and slot.material == material and member in slot.path:
                return texture, slot
    return None


def _has_uvs(container: Container, slot: Slot) -> bool:
    """Whether every mesh with a slot's material has the UVs that its colour lies by."""
    document = container.document.value
    wanted = f"TEXCOORD_{uv_set(document, slot.path[:-1]).number}"
    primitives = (primitive for mesh in document.get("meshes", ()) for primitive in mesh["primitives"])
    return all(wanted in p["attributes"] for p in primitives if slot.material in materials_of(p))


def _followed(container: Container, kind: MapKind, texture: GltfTexture, folder: Path) -> GltfFollowed:
    data = image_bytes(container, texture.image)
    source = folder / f"{uuid.uuid4().hex[:12]}{suffix_of(data)}"
    source.write_bytes(data)
    to = Destination(str(source.with_stem(f"{source.stem}_followed")))
    channel = _GREEN if kind == "roughness" else None
    return GltfFollowed(FollowingMap(kind, Source(str(source)), to, channel=channel), texture)
