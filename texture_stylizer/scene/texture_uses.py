"""Objects -> the image textures their materials use, each with its role, its users, and why it is skipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import bpy

from ..settings import COLOR_ROLES
from .images.pixels import file_path
from .images.sequence import frame_files
from .images.udim import tile_path
from .materials.material_users import MaterialUsers, material_users, materials_of, render_uv_map_of
from .node_trees.roles import Role
from .node_trees.uv_maps import uv_place
from .node_trees.walk import image_nodes, node_at, nodes_at


@dataclass(frozen=True)
class Place:
    """Where an image is used: a material's name and session id, and the names of the nodes on the way."""

    material: str
    path: tuple[str, ...]
    session_uid: int


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


def find_textures(
    objects: Iterable[Any],
    *,
    roles: Sequence[str] = COLOR_ROLES,
    engine: str | None = None,
    skip_hidden: bool = False,
    frames: bool = False,
) -> list[TextureUse]:
    """Every image that the objects' materials use, once for each role.

    roles: those to be stylised; images in other roles are listed with the reason they are skipped.
    engine: the render engine whose Material Output counts; None for the scene's.
    frames: whether image sequences are stylised, frame by frame.
    skip_hidden: what hidden objects alone use is listed, but skipped.
    """
    engine = engine or bpy.context.scene.render.engine
    found: dict[tuple[int, Role], list[_Row]] = {}
    for material, users in material_users(objects, skip_hidden=skip_hidden).items():
        for place in image_nodes(material, engine, render_uv_map_of(users)):
            node = node_at(material, place.path)
            key = (node.image.session_uid, place.role)
            found.setdefault(key, []).append(_Row(node, material, users, place.path))
    return [_texture_use(role, rows, roles, frames=frames) for (_, role), rows in found.items()]


def materials_without_textures(objects: Iterable[Any]) -> list[str]:
    """Names of the materials in which no image reaches the output."""
    engine = bpy.context.scene.render.engine
    return [material.name for material in materials_of(objects) if not image_nodes(material, engine)]


def objects_showing(image: Any, objects: Iterable[Any]) -> list[Any]:
    """Those of the objects in whose materials an image reaches the output."""
    engine = bpy.context.scene.render.engine
    found: dict[Any, None] = {}
    for material, users in material_users(objects).items():
        shown = [node_at(material, place.path).image for place in image_nodes(material, engine)]
        if image in shown:
            found.update(dict.fromkeys(users.objects))
    return list(found)


def image_of(use: TextureUse) -> Any:
    """The image of a use, found by its session id. Raises KeyError when it was deleted."""
    for image in bpy.data.images:
        if image.session_uid == use.session_uid:
            return image
    raise KeyError(use.image)


@dataclass(frozen=True)
class _Row:
    """An image node that was found, and who shows its material."""

    node: Any
    material: Any
    users: MaterialUsers
    path: tuple[str, ...]

    def place(self) -> Place:
        return Place(self.material.name, self.path, self.material.session_uid)


def _texture_use(role: Role, rows: list[_Row], roles: Sequence[str], *, frames: bool) -> TextureUse:
    node = rows[0].node
    image = node.image
    objects = dict.fromkeys(object_.name for row in rows for object_ in row.users.objects)
    # A material that no slot can be pointed away from needs no copy.
    reachable = [row for row in rows if row.users.editable]
    skipped = _why_skipped(image, role, roles, frames=frames)
    if skipped is None and not reachable:
        skipped = next(iter(rows[0].users.reasons.values()))
    return TextureUse(
        image=image.name,
        session_uid=image.session_uid,
        role=role,
        size=(image.size[0], image.size[1]),
        source=image.source,
        colorspace=image.colorspace_settings.name,
        depth=image.depth,
        materials=tuple(dict.fromkeys(row.material.name for row in rows)),
        objects=tuple(objects),
        places=tuple(
            Place(row.material.name, row.path, row.material.session_uid) for row in (reachable or rows)
        ),
        uv_map=_uv_map(rows[0]),
        skipped=skipped,
    )


def _uv_map(row: _Row) -> str:
    *groups, node = nodes_at(row.material, row.path)
    place = uv_place(node, tuple(groups))
    return "" if place is None else place.uv_map


def _why_skipped(image: Any, role: Role, roles: Sequence[str], *, frames: bool) -> str | None:
    """One sentence: what the thing is, and what to do about it; None for what can be stylised."""
    if role not in roles:
        return f"its role is {role}; only {', '.join(roles)} are asked for"
    if role not in COLOR_ROLES:
        return f"its role is {role}, which is data, not a colour; stylising it would break the shading"
    if image.source == "TILED":
        return _why_no_tiles(image)
    if image.source == "MOVIE":
        return "it is a movie; save its frames as an image sequence and use that"
    if image.source == "SEQUENCE":
        if not frames:
            return "it is an image sequence; ask for it with --frames"
        return None if frame_files(image) else f"no frame of it is at {file_path(image)}; find the files"
    if image.type in ("RENDER_RESULT", "COMPOSITING") or image.source == "VIEWER":
        return "it is a render result; save it as an image file and use that"
    # Importers leave images that say that they have data, of a size of 0.
    if image.size[0] == 0:
        return f"its file {file_path(image)} is missing or no image; find it or pack it into the .blend"
    return None


def _why_no_tiles(image: Any) -> str | None:
    if image.packed_files or any(tile_path(image, tile.number).is_file() for tile in image.tiles):
        return None
    return f"no file of its tiles is at {file_path(image)}; find them or pack them into the .blend"
