"""What parts of a texture a run draws: within a mask, each in its style, on an earlier variant or anew."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import bpy

from ..descriptions import Job, Source
from ..errors import BadInput
from ..jobs.background import in_background
from ..jobs.mesh_file import MARKS
from .images.new_files import NewFiles, ResultFiles
from .images.pixels import write_source
from .images.udim import tile_jobs
from .masks import NamedMask, copy_marks, described, find_mask
from .materials.records import STANDS_FOR
from .run_state import BakeKey, Key, Order, Parts, Restyle
from .variants.find import copies_of
from .variants.strength import restyled_nodes


class NothingMeant(Exception):
    """A texture of which a run draws nothing."""


def parts_of(mask: str, wheres: Sequence[str], base: str, objects: Sequence[Any]) -> Parts:
    """What the names of a run stand for. mask, base: "" for none; wheres: those of its styles.

    Raises BadInput for a name that stands for nothing.
    """
    named = tuple(find_mask(where, objects, materials=True) for where in dict.fromkeys(wheres) if where)
    found = find_mask(mask, objects) if mask else None
    return Parts(found, named, base, images_of_variant(base) if base else {})


def images_of_variant(name: str) -> dict[int, int]:
    """The session id of a variant's picture for that of each original. Raises BadInput without a variant."""
    return {
        node[STANDS_FOR].session_uid: node.image.session_uid
        for node in restyled_nodes(copies_of(name))
        if isinstance(node[STANDS_FOR], bpy.types.Image) and node.image is not None
    }


def with_parts(job: Job, run: Restyle, key: Key, faces: Any) -> Job:
    """A texture's job within the run's mask, with the parts of its styles, and what lies beneath.

    faces: gives those that show the texture. Raises NothingMeant, as a sentence, where it stays as it is, and
    BadInput where that cannot be known.
    """
    parts = run.order.parts
    job = _on_variant(job, parts, run.order, key)
    masks = [*([parts.mask] if parts.mask else []), *parts.regions]
    if not masks:
        return job
    kept, job = _marked(job, run, masks, faces)
    if parts.mask is not None and parts.mask not in kept:
        raise NothingMeant(
            f"{job.name}: nothing of it is in the mask {parts.mask.name}, so it stays as it is"
        )
    named = {mask.name for mask in parts.regions}
    gone = named - {mask.name for mask in kept if mask in parts.regions}
    styles = tuple(style for style in job.styles if style.where not in gone)
    if not styles:
        raise NothingMeant(f"{job.name}: no style is for a part of it, so it stays as it is")
    by_mask = dict(zip(masks, described(masks, run.folder), strict=True))
    return dataclasses.replace(
        job,
        styles=styles,
        mask=by_mask[parts.mask] if parts.mask is not None else None,
        regions=tuple(by_mask[mask] for mask in parts.regions if mask in kept),
    )


def _marked(job: Job, run: Restyle, masks: list[NamedMask], faces: Any) -> tuple[list[NamedMask], Job]:
    """The masks that hold some of a texture, as far as that can be told from its faces; and its job with the
    file of their marks."""
    of_faces = [mask for mask in masks if mask.kind in ("faces", "material")]
    if not of_faces:
        return masks, job
    try:
        arrays = copy_marks(faces(), masks)
    except BadInput as reason:
        raise BadInput(f"{job.name}: {reason}, so its mask cannot be told; put that right first") from None
    marks = [array for name, array in arrays.items() if name.startswith(f"{MARKS}.")]
    held = [any(bool((each[:, column] > 0).any()) for each in marks) for column in range(len(of_faces))]
    empty = {mask for mask, is_held in zip(of_faces, held, strict=True) if not is_held}
    path = run.folder / f"{job.id}_marks.npz"
    earlier = run.writing.get(job.id)

    def save() -> None:
        # Imported late: the panels need this module, and must not wait for numpy.
        from ..jobs.mesh_file import save_meshes

        if earlier is not None:
            earlier.result()
        save_meshes(path, arrays)

    run.writing[job.id] = in_background(save)
    return [mask for mask in masks if mask not in empty], dataclasses.replace(job, marks=str(path))


def _on_variant(job: Job, parts: Parts, order: Order, key: Key) -> Job:
    """A texture's job on the picture that an earlier variant has of it."""
    if not parts.base:
        return job
    if isinstance(key, BakeKey) or key.session_uid not in parts.pictures:
        raise NothingMeant(f"{job.name}: the variant {parts.base} has no picture of it, so it stays as it is")
    if job.frames:
        raise BadInput(f"{job.name}: an image sequence cannot be drawn on a variant; restyle it as a whole")
    image = image_with(parts.pictures[key.session_uid])
    path = order.folder / f"{job.id}_beneath"
    beneath: tuple[Source, ...]
    if job.tiles:
        tiles = {t.number: t.source for t in tile_jobs(image, path, ResultFiles(NewFiles(order.folder), ""))}
        beneath = tuple(tiles[tile.number] for tile in job.tiles)
    else:
        beneath = (write_source(image, path),)
    return dataclasses.replace(job, beneath=beneath)


def image_with(session_uid: int) -> Any:
    """An image by its session id. Raises BadInput when it was deleted."""
    found = next((image for image in bpy.data.images if image.session_uid == session_uid), None)
    if found is None:
        raise BadInput("a picture of the variant was deleted; make the variant again")
    return found


def carried_over(run: Restyle, made: Mapping[int, Any]) -> dict[int, Any]:
    """Copies of a variant's pictures of the textures that a run on it did not draw, its normal and roughness
    maps too, by the originals' session ids."""
    found: dict[int, Any] = {}
    pictures = run.order.parts.pictures
    for use in run.uses:
        if use.session_uid in pictures and use.session_uid not in {*made, *found}:
            found[use.session_uid] = image_with(pictures[use.session_uid]).copy()
    return found
