"""The normal and roughness maps beside a texture: which follow it, by which files, and who takes them."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..descriptions import Destination, FollowingMap, Job, MapKind, UdimTile
from ..settings import Settings
from .images.new_files import ResultFiles
from .images.pixels import destination_in, load_result, write_source
from .images.udim import load_tiles, pattern_of, tile_jobs
from .node_trees.data_maps import DataMap, OpenNormal, UnknownWay, data_maps
from .node_trees.roles import Role
from .node_trees.uv_maps import UNMOVED, UvPlace, uv_place
from .node_trees.walk import nodes_at
from .texture_uses import Place, TextureUse


@dataclass(frozen=True)
class Taker:
    """Who takes a map: a material, by session id, at an image node's path, or at a shader's for a new map
    through a UV map ("" for the one that renders)."""

    material: int
    path: tuple[str, ...]
    uv_map: str = ""


@dataclass(frozen=True)
class Followed:
    """A map that follows a texture. image: session id of the original; None for a new normal map."""

    map: FollowingMap
    image: int | None
    takers: tuple[Taker, ...]

    @property
    def roles(self) -> tuple[Role, ...]:
        """All roles of a map: of a packed one nothing but the roughness is changed."""
        return ("normal",) if self.map.kind == "normal" else ("roughness", "metallic", "other")


def kinds_wanted(settings: Settings) -> tuple[MapKind, ...]:
    """The kinds of maps that settings ask to follow."""
    wanted: dict[MapKind, bool] = {
        "normal": settings.relief > 0 or settings.soften_normals > 0,
        "roughness": settings.roughness_follow > 0,
    }
    return tuple(kind for kind, is_wanted in wanted.items() if is_wanted)


def with_following_maps(
    job: Job,
    uses: Sequence[TextureUse],
    files: ResultFiles,
    folder: Path,
    claimed: Collection[tuple[int, tuple[str, ...]]],
) -> tuple[Job, list[Followed], list[str]]:
    """A texture's job with the maps that follow it, what these are, and why others do not, one sentence each.

    uses: of the one image. files: where the maps go; folder: where their pixels are written for the worker.
    claimed: materials and paths that follow another texture already.
    """
    kinds = kinds_wanted(job.settings)
    places = [place for use in uses if use.role == "base_color" for place in use.places]
    if not kinds or not places:
        return job, [], []
    if job.frames:
        return job, [], [f"{job.name}: no relief is made for an image sequence"]
    found, problems = _found(places, kinds, job, claimed)
    followed = []
    for (image_uid, kind, green_down, channel), takers in found.items():
        image = None if image_uid is None else _image(image_uid)
        if image is not None and (image.source == "TILED") != bool(job.tiles):
            problems.append(f"{job.name}: {image.name} is no tiled image as it is, so it does not follow")
            continue
        made = _map_of(kind, image, job, files, folder)
        made = dataclasses.replace(made, green_down=green_down, channel=channel)
        followed.append(Followed(made, image_uid, tuple(takers)))
    return dataclasses.replace(job, following=tuple(f.map for f in followed)), followed, problems


Key = tuple[int | None, MapKind, bool, int | None]


def _found(
    places: Sequence[Place],
    kinds: tuple[MapKind, ...],
    job: Job,
    claimed: Collection[tuple[int, tuple[str, ...]]],
) -> tuple[dict[Key, list[Taker]], list[str]]:
    """The maps of some materials, each with its takers, and what stays as it is and why."""
    found: dict[Key, list[Taker]] = {}
    problems: list[str] = []
    for place in places:
        material = _material(place.session_uid)
        if material is None:
            continue
        *groups, node = nodes_at(material, place.path)
        colored = uv_place(node, tuple(groups))
        for each in data_maps(material, bpy.context.scene.render.engine, kinds):
            why = _why_not(each, material, colored, job.settings)
            if why:
                problems.append(f"{job.name}: {material.name}: {why}, so that stays as it is")
            elif isinstance(each, (DataMap, OpenNormal)) and (place.session_uid, each.path) not in claimed:
                key, taker = _key_and_taker(each, material, place, colored)
                if taker not in found.setdefault(key, []):
                    found[key].append(taker)
    return {key: takers for key, takers in found.items() if takers}, list(dict.fromkeys(problems))


def _why_not(
    found: DataMap | OpenNormal | UnknownWay, material: Any, colored: UvPlace | None, settings: Settings
) -> str:
    """Why a map does not follow a colour; "" where it does."""
    if isinstance(found, UnknownWay):
        return found.sentence
    if colored is None:
        return "its colour is not placed by a UV map"
    if isinstance(found, OpenNormal):
        if settings.relief == 0:
            return ""
        if len(found.path) > 1:
            return "its shader lies in a node group, where no Normal Map node was added"
        return "" if colored.transform == UNMOVED else "its colour is moved, turned or scaled on its UV map"
    *groups, node = nodes_at(material, found.path)
    if uv_place(node, tuple(groups)) != colored:
        return f"{node.image.name} lies otherwise than the colour does"
    if found.tangents not in ("", colored.uv_map):
        return f"its Normal Map node takes the tangents of another UV map, {found.tangents}"
    return ""


def _key_and_taker(
    found: DataMap | OpenNormal, material: Any, place: Place, colored: UvPlace | None
) -> tuple[Key, Taker]:
    if isinstance(found, OpenNormal):
        uv_map = "" if colored is None else colored.uv_map
        return (None, "normal", False, None), Taker(place.session_uid, found.path, uv_map)
    image = nodes_at(material, found.path)[-1].image
    key = (image.session_uid, found.kind, found.green_down, found.channel)
    return key, Taker(place.session_uid, found.path)


def _map_of(kind: MapKind, image: Any | None, job: Job, files: ResultFiles, folder: Path) -> FollowingMap:
    """A map with its files in and out."""
    path = folder / uuid.uuid4().hex[:12]
    if image is None:
        return _new_map(kind, job, files)
    if job.tiles:
        tiles = tile_jobs(image, path, files)
        return FollowingMap(kind, tiles[0].source, tiles[0].destination, tiles=tiles)
    return FollowingMap(kind, write_source(image, path), destination_in(image, files))


def _new_map(kind: MapKind, job: Job, files: ResultFiles) -> FollowingMap:
    """A map that is made beside a texture whose materials had none."""
    stem = Path(job.destination.path).name.rpartition(".")[0]
    suffix = ".png"
    if job.tiles:
        stem, suffix = stem.removesuffix(f".{job.tiles[0].number}"), ".<UDIM>.png"
    path = files.new.free_path(f"{stem}_normal", suffix)
    tiles = tuple(
        UdimTile(tile.number, tile.source, Destination(_of_tile(path, tile.number), replace=False))
        for tile in job.tiles
    )
    to = tiles[0].destination if tiles else Destination(str(path), replace=False)
    return FollowingMap(kind, None, to, tiles=tiles)


def load_map(followed: Followed, original: Any | None, colored: Any, *, pack: bool) -> Any:
    """A map that was made, as an image like its original. colored: the restyled colour that it follows."""
    path = Path(followed.map.destination.path)
    if followed.map.tiles:
        pattern = pattern_of(str(path), followed.map.tiles[0].number)
        image = load_tiles(pattern, original or colored, pack=pack)
    else:
        image = load_result(path, original, pack=pack)
    if original is None:
        image.colorspace_settings.name = "Non-Color"
    return image


def _of_tile(pattern: Path, number: int) -> str:
    return str(pattern.with_name(pattern.name.replace("<UDIM>", str(number))))


def _image(session_uid: int) -> Any:
    return next(image for image in bpy.data.images if image.session_uid == session_uid)


def _material(session_uid: int) -> Any | None:
    return next((m for m in bpy.data.materials if m.session_uid == session_uid), None)
