"""The relief of a variant that is there already: made anew from its pictures, without a run."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from ..descriptions import Compute, Destination, Job, Outcome, Source
from ..errors import BadInput, Cancelled
from ..jobs.client import RunsJobs, private_folder, remove_folder
from ..settings import Settings
from .faces import copy_meshes, faces_of
from .following_maps import Followed, Taker, load_map, with_following_maps
from .images.new_files import NewFiles, ResultFiles
from .images.pixels import textures_folder, write_source
from .images.udim import tile_jobs
from .materials.material_users import material_users, render_uv_map_of
from .materials.records import STANDS_FOR, is_used, mark_made, record_of, was_made_for, write_details
from .texture_uses import TextureUse, find_textures, image_of
from .variants.colored_links import set_image, show_images
from .variants.find import copies_of
from .variants.normal_nodes import add_normal_map, remove_normal_maps
from .variants.strength import restyled_nodes


def set_relief(
    name: str, relief: float, client: RunsJobs, *, folder: Path | None = None, beside: Path | None = None
) -> list[str]:
    """Let a variant's strokes stand out in its normal maps, by `relief` from 0 to 1; waits.

    folder: where results go; None for `//textures/`, or into the .blend when the variant's pictures are
    packed. beside: as in `plan.begin`. Returns a sentence for each texture that has no relief. Raises
    BadInput when there is no such variant, or nothing of it can have a relief; what the worker raises.
    """
    copies = copies_of(name)
    settings = dataclasses.replace(_settings_of(copies[0]), relief=relief, roughness_follow=0.0)
    scratch = private_folder()
    try:
        results = None if _are_packed(copies) else folder or textures_folder()
        files = ResultFiles(NewFiles(results or scratch, beside), name)
        planned, problems = _planned(copies, settings, files, scratch)
        made, failed = _made(planned, client) if settings.changes_other_maps else ([], [])
        # Only now: a worker that fails leaves the variant as it was.
        if made or not failed:
            _take_back(copies)
        for followed in made:
            _link(followed, copies, pack=results is None)
        _forget_unused(name)
    finally:
        remove_folder(scratch)
    if made or not failed:
        for copy in copies:
            write_details(copy, _with_relief(copy, relief))
    return problems + failed


Planned = list[tuple[Job, list[Followed]]]


def _planned(
    copies: Sequence[Any], settings: Settings, files: ResultFiles, scratch: Path
) -> tuple[Planned, list[str]]:
    """A job for each picture of the variant with maps that follow it; and why others have none."""
    objects = list(bpy.data.objects)
    restyled = {
        node[STANDS_FOR]: node.image
        for node in restyled_nodes(copies)
        if isinstance(node[STANDS_FOR], bpy.types.Image)
    }
    by_image: dict[Any, list[TextureUse]] = {}
    originals = {record.original for copy in copies for record in [record_of(copy)] if record is not None}
    wanted = {original.session_uid for original in originals if original is not None}
    for use in find_textures(objects):
        places = tuple(place for place in use.places if place.session_uid in wanted)
        if use.role == "base_color" and places and image_of(use) in restyled:
            by_image.setdefault(image_of(use), []).append(dataclasses.replace(use, places=places))
    if not by_image:
        raise BadInput("nothing of the variant is shown by an image texture, so it can have no relief")
    planned: Planned = []
    problems: list[str] = []
    claimed: set[tuple[int, tuple[str, ...]]] = set()
    for image, uses in by_image.items():
        job = _job(image, restyled[image], settings, scratch)
        job, problem = _on_surface(job, uses, objects, scratch)
        job, followed, others = with_following_maps(job, uses, files, scratch, claimed)
        claimed |= {(taker.material, taker.path) for found in followed for taker in found.takers}
        problems += [*problem, *others]
        if followed:
            planned.append((job, followed))
    return planned, problems


def _job(original: Any, restyled: Any, settings: Settings, scratch: Path) -> Job:
    number = uuid.uuid4().hex[:12]
    job = Job(
        id=number,
        name=original.name,
        source=Source(""),
        destination=Destination(str(scratch / f"{Path(restyled.name).stem}.png")),
        styles=(),
        settings=settings,
        compute=Compute(),
        folder=str(scratch),
    )
    if original.source != "TILED":
        pictures = (write_source(restyled, scratch / f"{number}_restyled"),)
        source = write_source(original, scratch / number)
        return dataclasses.replace(job, source=source, restyled=pictures)
    unwritten = ResultFiles(NewFiles(scratch), "")
    before, after = (
        tile_jobs(image, scratch / f"{number}{part}", unwritten)
        for image, part in ((original, "a"), (restyled, "b"))
    )
    return dataclasses.replace(
        job,
        source=before[0].source,
        destination=before[0].destination,
        tiles=before,
        restyled=tuple(tile.source for tile in after),
    )


def _on_surface(
    job: Job, uses: Sequence[TextureUse], objects: Sequence[Any], folder: Path
) -> tuple[Job, list[str]]:
    from ..jobs.mesh_file import save_meshes

    try:
        meshes = copy_meshes(faces_of(uses, objects))
    except BadInput as reason:
        return job, [f"{job.name}: {reason}, so its relief is that of a flat picture"]
    path = folder / f"{job.id}_meshes.npz"
    save_meshes(path, meshes)
    return dataclasses.replace(job, surface=str(path)), []


def _made(planned: Planned, client: RunsJobs) -> tuple[list[Followed], list[str]]:
    """The maps that the worker has made, and what failed, as sentences."""
    results = client.run([job for job, _ in planned], None)
    made: list[Followed] = []
    failed = []
    for (_, followed), result in zip(planned, results, strict=True):
        if isinstance(result, Cancelled):
            raise result
        if isinstance(result, Outcome):
            made += followed
        else:
            failed.append(str(result))
    return made, failed


def _link(followed: Followed, copies: Sequence[Any], *, pack: bool) -> None:
    original = next((i for i in bpy.data.images if i.session_uid == followed.image), None)
    image = load_map(followed, original, _any_restyled(copies), pack=pack)
    for copy in copies:
        record = record_of(copy)
        if record is None or record.original is None:
            continue
        mark_made(image, record.variant)
        takers = [taker for taker in followed.takers if taker.material == record.original.session_uid]
        for taker in takers:
            if original is None:
                add_normal_map(copy, taker.path, image, taker.uv_map)
            else:
                _show(copy, taker, followed, image, record.variant)


def _any_restyled(copies: Sequence[Any]) -> Any:
    return next(node.image for node in restyled_nodes(copies))


def _show(copy: Any, taker: Taker, followed: Followed, image: Any, variant: str) -> None:
    # Groups that are the variant's own already are not copied once more.
    groups: dict[Any, Any] = {g: g for g in bpy.data.node_groups if was_made_for(g, variant)}
    original = record_of(copy)
    users = material_users(bpy.data.objects)
    rendered = "" if original is None else render_uv_map_of(users[original.original])
    show_images(copy, {(taker.path, role): image for role in followed.roles}, groups, variant, rendered)


def _take_back(copies: Sequence[Any]) -> None:
    """Let the copies show their originals' normal maps again."""
    for copy in copies:
        remove_normal_maps(copy)
    for node in list(restyled_nodes(copies)):
        original = node[STANDS_FOR]
        if isinstance(original, bpy.types.Image) and _feeds_a_normal_map(node):
            set_image(node, original)
            del node[STANDS_FOR]


def _feeds_a_normal_map(node: Any) -> bool:
    """Whether normals are read from an image node, through whatever turns green over."""
    waiting, seen = [node], set()
    while waiting:
        found = waiting.pop()
        if found in seen:
            continue
        seen.add(found)
        if found.bl_idname == "ShaderNodeNormalMap":
            return True
        if found.bl_idname == "NodeGroupOutput" or found.outputs is None:
            continue
        waiting += [link.to_node for output in found.outputs for link in output.links]
    return False


def _forget_unused(name: str) -> None:
    for image in [image for image in bpy.data.images if was_made_for(image, name)]:
        if not is_used(image):
            bpy.data.images.remove(image)


def _settings_of(copy: Any) -> Settings:
    record = record_of(copy)
    return Settings.from_json({} if record is None else record.details.get("settings", {}))


def _with_relief(copy: Any, relief: float) -> dict[str, Any]:
    record = record_of(copy)
    details = {} if record is None else dict(record.details)
    return details | {"settings": {**details.get("settings", {}), "relief": relief}}


def _are_packed(copies: Sequence[Any]) -> bool:
    return any(node.image.packed_files for node in restyled_nodes(copies) if node.image is not None)
