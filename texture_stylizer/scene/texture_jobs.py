"""The worker's job for each texture of a run, with its pixels and its meshes written."""

from __future__ import annotations

import dataclasses
import uuid
from pathlib import Path
from typing import Any

import bpy

from ..descriptions import Destination, Frame, Job, Source, UdimTile
from ..errors import BadInput, BadMachine, StylizerError
from ..jobs.background import in_background
from .baking.bake import BakedColor
from .faces import Faces, copy_meshes, faces_of
from .following_maps import with_following_maps
from .images.pixels import destination_in, write_source
from .images.sequence import frame_jobs
from .images.udim import tile_jobs
from .node_trees.uv_maps import UvPlace
from .parts import NothingMeant, with_parts
from .run_state import BakeKey, Key, Order, Restyle
from .texture_uses import TextureUse, image_of


def next_job(run: Restyle) -> Job | None:
    """Write the pixels of the next texture and give its job; None when it failed or none is waiting.

    The job may be handed out when `is_written` says so.
    """
    if not run.waiting:
        return None
    key = run.waiting.pop(0)
    try:
        job = _with_parts(_on_surface(_job(run, key), run, key), run, key)
        job = _with_following_maps(job, run, key)
    except NothingMeant as reason:
        run.warnings.append(str(reason))
        return None
    except KeyError:
        run.failed[key] = BadInput("an image was deleted before it was read")
        return None
    except StylizerError as error:
        run.failed[key] = error
        return None
    except OSError as reason:
        run.failed[key] = BadMachine(why_not_written(run.folder, reason))
        return None
    run.jobs[key] = job
    return job


def is_written(run: Restyle, job: Job, *, wait: bool = False) -> bool:
    """Whether all that a job reads is on the disk. What could not be written puts it among the failures."""
    future = run.writing.get(job.id)
    if future is None:
        return True
    if not wait and not future.done():
        return False
    del run.writing[job.id]
    try:
        future.result()
    except OSError as reason:
        key = next(key for key, planned in run.jobs.items() if planned is job)
        del run.jobs[key]
        run.failed[key] = BadMachine(f"{job.name}: {why_not_written(run.folder, reason)}")
    return True


def why_not_written(folder: Path, reason: OSError) -> str:
    """One sentence about a run's temporary folder."""
    return f"{folder.parent} cannot be written to ({reason.strerror or reason}); make room"


def _job(run: Restyle, key: Key) -> Job:
    if isinstance(key, BakeKey):
        return _bake_job(run.baked[key], run.order)
    return _image_job(run.uses_of(key)[0], run.order)


def _bake_job(color: BakedColor, order: Order) -> Job:
    path = order.files.new.free_path(f"{color.material}_{color.objects[0]}_{order.files.variant}", ".png")
    name = f"{color.material} on {', '.join(color.objects)}"
    return _described(order, _new_id(), name, color.source, Destination(str(path), "uint8", replace=False))


def _image_job(use: TextureUse, order: Order) -> Job:
    """The job for one image; its pixels are written now."""
    image, job_id = image_of(use), _new_id()
    path = order.folder / job_id
    if image.source == "TILED":
        tiles = tile_jobs(image, path, order.files)
        first = tiles[0]
        return _described(order, job_id, use.image, first.source, first.destination, tiles=tiles)
    if image.source == "SEQUENCE":
        frames = frame_jobs(image, order.files)
        first = frames[0]
        return _described(order, job_id, use.image, first.source, first.destination, frames=frames)
    source = write_source(image, path)
    return _described(order, job_id, use.image, source, destination_in(image, order.files))


def _new_id() -> str:
    return uuid.uuid4().hex[:12]


def _described(
    order: Order,
    job_id: str,
    name: str,
    source: Source,
    destination: Destination,
    *,
    tiles: tuple[UdimTile, ...] = (),
    frames: tuple[Frame, ...] = (),
) -> Job:
    """A job with what all of the run's have in common."""
    return Job(
        id=job_id,
        name=name,
        source=source,
        destination=destination,
        styles=order.styles,
        settings=order.settings,
        compute=order.compute,
        folder=str(order.folder),
        preview_size=order.preview_size,
        tiles=tiles,
        frames=frames,
    )


def _on_surface(job: Job, run: Restyle, key: Key) -> Job:
    """A texture's job with the meshes that it lies on, as far as the chosen objects show it."""
    if not run.order.seams:
        return job
    try:
        meshes = copy_meshes(_faces(run, key))
    except BadInput as reason:
        run.warnings.append(
            f"{job.name}: {reason}, so it was drawn as a flat picture, without regard to seams"
        )
        return job
    path = run.folder / f"{job.id}_meshes.npz"
    run.writing[job.id] = in_background(lambda: _save_arrays(path, meshes))
    return dataclasses.replace(job, surface=str(path))


def _with_parts(job: Job, run: Restyle, key: Key) -> Job:
    """A texture's job with what of it is drawn."""
    try:
        return with_parts(job, run, key, lambda: _faces(run, key))
    except BaseException:
        # What is written for it must not come into a folder that is gone.
        if job.id in run.writing:
            run.writing.pop(job.id).exception()
        raise


def _with_following_maps(job: Job, run: Restyle, key: Key) -> Job:
    """A texture's job with the maps beside it that no other texture's job has."""
    followed = [found for each in run.followed.values() for found in each]
    claimed = {(taker.material, taker.path) for found in followed for taker in found.takers}
    uses, files = run.uses_of(key), run.order.files
    job, run.followed[key], problems = with_following_maps(job, uses, files, run.folder, claimed)
    run.warnings += problems
    return job


def _faces(run: Restyle, key: Key) -> list[Faces]:
    if isinstance(key, BakeKey):
        color = run.baked[key]
        material = bpy.data.materials[color.material]
        return [(bpy.data.objects[name], material, UvPlace(color.uv_map)) for name in color.objects]
    chosen = set(run.object_uids)
    return faces_of(run.uses_of(key), [o for o in bpy.data.objects if o.session_uid in chosen])


def _save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    # Imported late: the panels need this module, and must not wait for numpy.
    from ..jobs.mesh_file import save_meshes

    save_meshes(path, arrays)
