"""Objects -> the image textures their materials use, each with its role, its users, and why it is skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..settings import COLOR_ROLES
from .records import record_of
from .roles import Role
from .walk import image_nodes, node_at


@dataclass(frozen=True)
class Place:
    """Where an image is used: a material's name and the names of the nodes that lead to it."""

    material: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class TextureUse:
    """One image in one role.

    image: the image's name; session_uid: what finds it again after undo; size: (width, height) in pixels;
    source, colorspace: as in bpy.types.Image; depth: bits per pixel of the file; uv_map: the map that the
    image node names, or "" for the one the renderer takes; skipped: one sentence, or None when it will
    be stylised.
    """

    image: str
    session_uid: int
    role: Role
    size: tuple[int, int]
    source: str
    colorspace: str
    depth: int
    materials: tuple[str, ...]
    objects: tuple[str, ...]
    places: tuple[Place, ...]
    uv_map: str
    skipped: str | None

    @property
    def node_path(self) -> tuple[str, ...]:
        """Names of the group nodes and the image node, where the image was found first."""
        return self.places[0].path

    def to_json(self) -> dict[str, Any]:
        """The row that `inspect --json` prints."""
        return {
            "image": self.image,
            "role": self.role,
            "size": list(self.size),
            "source": self.source,
            "colorspace": self.colorspace,
            "depth": self.depth,
            "materials": list(self.materials),
            "objects": list(self.objects),
            "node_path": list(self.node_path),
            "places": [{"material": p.material, "node_path": list(p.path)} for p in self.places],
            "uv_map": self.uv_map,
            "skipped": self.skipped,
        }


def materials_of(objects: Iterable[Any]) -> dict[Any, list[Any]]:
    """The materials in the objects' slots, each with the objects that use it.

    A stylised copy stands for its original: a new run starts from what the artist made.
    """
    users: dict[Any, list[Any]] = {}
    for object_ in objects:
        for slot in object_.material_slots:
            if slot.material is None:
                continue
            record = record_of(slot.material)
            material = record.original if record is not None else slot.material
            if material is not None and object_ not in users.setdefault(material, []):
                users[material].append(object_)
    return users


def find_textures(
    objects: Iterable[Any], *, roles: Sequence[str] = COLOR_ROLES, engine: str | None = None
) -> list[TextureUse]:
    """Every image that the objects' materials use, once for each role.

    roles: those to be stylised; images in other roles are listed with the reason they are skipped.
    engine: the render engine whose Material Output counts; None for the scene's.
    """
    engine = engine or bpy.context.scene.render.engine
    found: dict[tuple[int, Role], list[tuple[Any, Any, Any, tuple[str, ...]]]] = {}
    for material, users in materials_of(objects).items():
        for place in image_nodes(material, engine):
            node = node_at(material, place.path)
            key = (node.image.session_uid, place.role)
            found.setdefault(key, []).append((node, material, users, place.path))
    return [_texture_use(role, rows, roles) for (_, role), rows in found.items()]


def materials_without_textures(objects: Iterable[Any]) -> list[str]:
    """Names of the materials in which no image reaches the output."""
    engine = bpy.context.scene.render.engine
    return [material.name for material in materials_of(objects) if not image_nodes(material, engine)]


def image_of(use: TextureUse) -> Any:
    """The image of a use, found by its session id. Raises KeyError when it was deleted."""
    for image in bpy.data.images:
        if image.session_uid == use.session_uid:
            return image
    raise KeyError(use.image)


def _texture_use(
    role: Role, rows: list[tuple[Any, Any, Any, tuple[str, ...]]], roles: Sequence[str]
) -> TextureUse:
    node = rows[0][0]
    image = node.image
    objects = dict.fromkeys(object_.name for _, _, users, _ in rows for object_ in users)
    return TextureUse(
        image=image.name,
        session_uid=image.session_uid,
        role=role,
        size=(image.size[0], image.size[1]),
        source=image.source,
        colorspace=image.colorspace_settings.name,
        depth=image.depth,
        materials=tuple(dict.fromkeys(material.name for _, material, _, _ in rows)),
        objects=tuple(objects),
        places=tuple(Place(material.name, path) for _, material, _, path in rows),
        uv_map=_uv_map(node),
        skipped=_why_skipped(image, role, roles),
    )


def _uv_map(node: Any) -> str:
    for link in node.inputs["Vector"].links:
        if link.from_node.bl_idname == "ShaderNodeUVMap":
            return link.from_node.uv_map
    return ""


def _why_skipped(image: Any, role: Role, roles: Sequence[str]) -> str | None:
    """One sentence: what the thing is, and what to do about it; None for what can be stylised."""
    if role not in roles:
        return f"its role is {role}; only {', '.join(roles)} are asked for"
    if role not in COLOR_ROLES:
        return f"its role is {role}, which is data, not a colour; stylising it would break the shading"
    if image.source == "TILED":
        return "it is a UDIM set; this version stylises single images only"
    if image.source in ("SEQUENCE", "MOVIE"):
        return f"it is a {image.source.lower()}; this version stylises still images only"
    if image.type in ("RENDER_RESULT", "COMPOSITING") or image.source == "VIEWER":
        return "it is a render result; save it as an image file and use that"
    if not image.has_data and image.size[0] == 0:
        return f"its file {missing_path(image)} is missing; find it or pack it into the .blend"
    return None


def missing_path(image: Any) -> Path:
    """Where Blender looks for an image's file."""
    return Path(bpy.path.abspath(image.filepath, library=image.library))
