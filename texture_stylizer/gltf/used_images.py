"""Which images a glTF's materials use, in which roles, and why some are skipped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..settings import COLOR_ROLES
from .container import Container, decode_data_uri, file_of_uri
from .json_text import Path as JsonPath

_ROLES_OF_TEXTURE: dict[str, tuple[str, ...]] = {
    "baseColorTexture": ("base_color",),
    "diffuseTexture": ("base_color",),
    "emissiveTexture": ("emission",),
    "shadeMultiplyTexture": ("base_color",),
    "metallicRoughnessTexture": ("roughness", "metallic"),
    "normalTexture": ("normal",),
    "clearcoatNormalTexture": ("normal",),
}
_ROLES_OF_VRM0: dict[str, str] = {
    "_MainTex": "base_color",
    "_ShadeTexture": "base_color",
    "_EmissionMap": "emission",
    "_BumpMap": "normal",
}
"""Of the textures that VRM 0 keeps beside its materials; all others are data."""

_UNREADABLE = {"KHR_texture_basisu": "KTX2", "MSFT_texture_dds": "DDS"}
_SUFFIXES = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg"}
_PNG_DEPTH = 24
"""Where a PNG says how many bits a channel has."""

MIME_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


@dataclass(frozen=True)
class Slot:
    """A place in the document that names a texture: the path of its number, its role and material."""

    path: JsonPath
    texture: int
    role: str
    material: int


@dataclass(frozen=True)
class GltfTexture:
    """One image in one role.

    image: index in `images`; slots: where the role takes it; size: (width, height); skipped: one sentence or
    None when it will be stylised.
    """

    image: int
    name: str
    role: str
    size: tuple[int, int]
    depth: int
    source: str
    slots: tuple[Slot, ...]
    materials: tuple[str, ...]
    objects: tuple[str, ...]
    skipped: str | None

    def to_json(self) -> dict[str, Any]:
        """The row that `inspect --json` prints."""
        return {
            "image": self.name,
            "role": self.role,
            "size": list(self.size),
            "source": self.source,
            "colorspace": "sRGB" if self.role in COLOR_ROLES else "Non-Color",
            "depth": self.depth,
            "materials": list(self.materials),
            "objects": list(self.objects),
            "node_path": [str(key) for key in self.slots[0].path[2:] if key != "index"],
            "skipped": self.skipped,
        }


def find_gltf_textures(
    container: Container, *, roles: Sequence[str] = COLOR_ROLES, objects: Sequence[str] = ()
) -> list[GltfTexture]:
    """Every image that the materials use, once for each role.

    objects: names of the nodes whose materials count; none for all. Raises BadInput for an unknown name.
    """
    document = container.document.value
    users = _objects_of_materials(document)
    known = {name for names in users.values() for name in names}
    missing = [name for name in objects if name not in known]
    if missing:
        raise BadInput(
            f"{container.path}: there is no object {missing[0]!r} with a material; "
            f"it has: {', '.join(sorted(known)[:12])}"
        )
    found: dict[tuple[int, str], list[Slot]] = {}
    unreadable: dict[int, str] = {}
    for slot in _slots(document):
        for image, reason in _images_of_texture(document, slot.texture):
            found.setdefault((image, slot.role), []).append(slot)
            if reason:
                unreadable[image] = reason
    rows = []
    for (image, role), slots in found.items():
        names = list(dict.fromkeys(name for slot in slots for name in users.get(slot.material, ())))
        reason = _why_not_asked(role, roles, names, objects) or unreadable.get(image)
        rows.append(_texture(container, image, role, slots, names, reason))
    return rows


def materials_without_textures(container: Container) -> list[str]:
    """Names of the materials that use no image at all."""
    document = container.document.value
    used = {slot.material for slot in _slots(document)}
    return [
        _name(material, f"Material_{index}")
        for index, material in enumerate(document.get("materials", []))
        if index not in used
    ]


def image_bytes(container: Container, image: int) -> bytes:
    """An image's encoded bytes, wherever the file keeps them. Raises BadInput when they are not there."""
    document = container.document.value
    description = document["images"][image]
    if "uri" in description:
        return _uri_bytes(container, description["uri"])
    if "bufferView" not in description:
        raise BadInput("it has neither a file nor bytes; export the model anew")
    view = document["bufferViews"][description["bufferView"]]
    start = view.get("byteOffset", 0)
    data = buffer_bytes(container, view["buffer"])[start : start + view["byteLength"]]
    if len(data) < view["byteLength"]:
        raise BadInput("its bytes are not in the file; export the model anew")
    return data


def buffer_bytes(container: Container, buffer: int) -> bytes:
    """The bytes of a buffer: the .glb's own chunk, a data URI, or a file beside the model."""
    description = container.document.value["buffers"][buffer]
    if "uri" in description:
        return _uri_bytes(container, description["uri"])
    if container.binary is None:
        raise BadInput(f"the binary chunk of {container.path} is missing; export the model anew")
    return container.binary


def suffix_of(data: bytes) -> str:
    """The file suffix that the first bytes of an encoded image call for, or ""."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for start, suffix in _SUFFIXES.items() if data.startswith(start)), "")


def _uri_bytes(container: Container, uri: str) -> bytes:
    if uri.startswith("data:"):
        return decode_data_uri(uri)
    path = file_of_uri(container, uri)
    try:
        return path.read_bytes()
    except OSError as reason:
        raise BadInput(f"its file {path} cannot be read ({reason.strerror}); put it there") from reason


def images_used_elsewhere(document: dict[str, Any]) -> set[int]:
    """The images that extensions outside of materials and textures use: thumbnails, lights and the like.

    What an unknown extension means by a number cannot be known: any in a member whose name speaks of images
    or textures counts, so that these keep what they show.
    """
    found: set[int] = set()
    for name, value in document.items():
        if name in ("materials", "textures", "images"):
            continue
        for member, number in _numbers_of_images(value, name == "extensions"):
            if "image" in member:
                found.add(number)
            else:
                found |= {image for image, _ in _images_of_texture(document, number)}
    return found


def is_behind_unreadable(document: dict[str, Any], texture: int) -> bool:
    """Whether viewers that can read KTX2 or the like show another image than the texture's own."""
    return not _UNREADABLE.keys().isdisjoint(document["textures"][texture].get("extensions", {}))


def _numbers_of_images(value: Any, in_extension: bool) -> Iterator[tuple[str, int]]:
    """Whole numbers in members of extensions that are called something with image or texture."""
    waiting: list[tuple[str, Any, bool]] = [("", value, in_extension)]
    while waiting:
        kind, found, extended = waiting.pop()
        if isinstance(found, dict):
            for name, member in found.items():
                spoken = next((word for word in ("image", "texture") if word in name.lower()), "")
                inherited = kind if name == "index" else ""
                if name not in ("extras", "textureProperties"):
                    waiting.append((spoken or inherited, member, extended or name == "extensions"))
        elif isinstance(found, list):
            waiting += [(kind, item, extended) for item in found]
        elif type(found) is int and kind and extended:
            yield kind, found


def _slots(document: dict[str, Any]) -> Iterator[Slot]:
    for index, material in enumerate(document.get("materials", [])):
        for path, info, key in _texture_infos(material, ("materials", index)):
            for role in _ROLES_OF_TEXTURE.get(key, ("other",)):
                yield Slot((*path, "index"), info["index"], role, index)
            if key == "baseColorTexture" and material.get("alphaMode", "OPAQUE") != "OPAQUE":
                yield Slot((*path, "index"), info["index"], "alpha", index)
    yield from _vrm0_slots(document)


def _vrm0_slots(document: dict[str, Any]) -> Iterator[Slot]:
    """What VRM 0 says once more about each material, in their order."""
    vrm = document.get("extensions", {}).get("VRM")
    described = vrm.get("materialProperties") if isinstance(vrm, dict) else None
    path: JsonPath = ("extensions", "VRM", "materialProperties")
    count = len(document.get("materials", []))
    for index, material in enumerate(described[:count] if isinstance(described, list) else []):
        textures = material.get("textureProperties") if isinstance(material, dict) else None
        for key, texture in textures.items() if isinstance(textures, dict) else ():
            if type(texture) is int:
                role = _ROLES_OF_VRM0.get(key, "other")
                yield Slot((*path, index, "textureProperties", key), texture, role, index)


def _texture_infos(value: Any, path: JsonPath) -> Iterator[tuple[JsonPath, dict[str, Any], str]]:
    """Every member whose name ends in Texture and that has an index, at any depth, also in extensions."""
    if not isinstance(value, dict):
        return
    for key, member in value.items():
        if key.endswith("Texture") and isinstance(member, dict) and "index" in member:
            yield (*path, key), member, key
        elif key != "extras":
            yield from _texture_infos(member, (*path, key))


def _images_of_texture(document: dict[str, Any], texture: int) -> Iterator[tuple[int, str | None]]:
    """The images of a texture, its fallback and its extension's, with why one cannot be read."""
    textures = document.get("textures", [])
    if not 0 <= texture < len(textures):
        return
    description = textures[texture]
    sources: list[tuple[Any, str | None]] = [(description.get("source"), None)]
    for extension, content in description.get("extensions", {}).items():
        kind = _UNREADABLE.get(extension)
        reason = f"it is compressed as {kind}; export the model with PNG, JPEG or WebP" if kind else None
        sources.append((content.get("source"), reason))
    for image, reason in sources:
        if image is not None:
            yield image, reason


def _objects_of_materials(document: dict[str, Any]) -> dict[int, list[str]]:
    users: dict[int, list[str]] = {}
    for index, node in enumerate(document.get("nodes", [])):
        if "mesh" not in node:
            continue
        name = _name(node, f"Node_{index}")
        for primitive in document["meshes"][node["mesh"]]["primitives"]:
            variants = primitive.get("extensions", {}).get("KHR_materials_variants", {})
            materials = [primitive.get("material"), *(m["material"] for m in variants.get("mappings", []))]
            for material in materials:
                if material is not None and name not in users.setdefault(material, []):
                    users[material].append(name)
    return users


def _texture(
    container: Container,
    image: int,
    role: str,
    slots: list[Slot],
    objects: list[str],
    reason: str | None,
) -> GltfTexture:
    document = container.document.value
    description = document["images"][image]
    size, depth = (0, 0), 0
    try:
        size, depth = _size_and_depth(image_bytes(container, image))
    except BadInput as error:
        reason = reason or str(error)
    uri = description.get("uri", "")
    is_file = bool(uri) and not uri.startswith("data:")
    materials = (document["materials"][slot.material] for slot in slots)
    names = [_name(m, f"Material_{slot.material}") for m, slot in zip(materials, slots, strict=True)]
    return GltfTexture(
        image=image,
        name=description.get("name") or (Path(uri).name if is_file else f"Image_{image}"),
        role=role,
        size=size,
        depth=depth,
        source="FILE" if is_file else "EMBEDDED",
        slots=tuple(slots),
        materials=tuple(dict.fromkeys(names)),
        objects=tuple(objects),
        skipped=reason,
    )


def _size_and_depth(data: bytes) -> tuple[tuple[int, int], int]:
    """((width, height), bits per pixel) from an encoded image's header. Raises BadInput for what cannot be
    read, or not be written again."""
    from PIL import Image

    try:
        with Image.open(BytesIO(data)) as picture:
            kind, size, bands = picture.format, picture.size, len(picture.getbands())
    except Exception as error:
        # Decoders of broken files raise whatever they come upon.
        message = " ".join(str(error).split())[:200]
        raise BadInput(f"it is no image that can be read ({message}); export the model anew") from error
    if suffix_of(data) == "":
        raise BadInput(f"it is {kind}, which glTF cannot hold; export the model with PNG, JPEG or WebP")
    bits = data[_PNG_DEPTH] if suffix_of(data) == ".png" else 8
    return size, bits * bands


def _why_not_asked(
    role: str, roles: Sequence[str], users: Sequence[str], objects: Sequence[str]
) -> str | None:
    if role not in roles:
        return f"its role is {role}; only {', '.join(roles)} are asked for"
    if role not in COLOR_ROLES:
        return f"its role is {role}, which is data, not a colour; stylising it would break the shading"
    if objects and not set(users) & set(objects):
        return "no chosen object uses it"
    others = sorted(set(users) - set(objects)) if objects else []
    if others:
        return f"{others[0]}, which is not chosen, uses it too; choose both or work on a .blend"
    return None


def _name(description: dict[str, Any], fallback: str) -> str:
    return description.get("name") or fallback
