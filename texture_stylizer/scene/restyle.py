"""The whole way of a scene's textures: found, handed to the worker, and linked into a variant."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ..descriptions import BakeOptions, Compute, Destination, Frame, Job, Outcome, StyleImage, UdimTile
from ..errors import BadInput, Cancelled, StylizerError
from ..jobs.client import WorkerClient, private_folder, remove_folder
from ..settings import COLOR_ROLES, Settings
from .bake import BakedColor, bake_missing, remove_uv_maps
from .materials import materials_of
from .pixels import destination_in, free_path, load_result, textures_folder, write_source
from .sequence import frame_jobs, load_frames
from .textures import TextureUse, find_textures, image_of
from .udim import load_tiles, pattern_of, tile_jobs
from .variants import Variant, create_variant, unique_variant_name

OnEvent = Callable[[dict[str, Any]], None]


@dataclass
class Restyle:
    """A run between its parts: what was found, the jobs for it, and what became of them.

    Holds names and session ids, no references into Blender: they would not survive an undo.
    """

    variant: str
    object_uids: tuple[int, ...]
    uses: list[TextureUse]
    jobs: dict[int, Job]
    folder: Path
    pack: bool
    details: dict[str, Any]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    failed: dict[int, StylizerError] = field(default_factory=dict)
    baked: dict[int, BakedColor] = field(default_factory=dict)


def plan(
    objects: Iterable[Any],
    styles: Sequence[StyleImage],
    settings: Settings,
    *,
    variant: str,
    roles: Sequence[str] = COLOR_ROLES,
    compute: Compute | None = None,
    folder: Path | None = None,
    preview_size: int = 0,
    keep_jpeg: bool = False,
    skip_hidden: bool = False,
    bake: BakeOptions | None = None,
    frames: bool = False,
    unwanted: Collection[int] = (),
) -> Restyle:
    """Find the textures and write their pixels for the worker; changes nothing in the scene.

    bake: how colours that are no image are baked to one, under negative keys; None leaves them as they are.
    frames: image sequences are stylised too, frame by frame. unwanted: session ids of images to leave out.
    keep_jpeg: JPEGs stay JPEGs; they become PNGs otherwise. skip_hidden: leave out what hidden objects use.
    folder: where results go; None for `//textures/`, or into the .blend itself when that has no folder.
    Raises BadInput, naming what was found and why it is skipped, when there is nothing to stylise.
    """
    chosen = list(objects)
    if not styles:
        raise BadInput("there is no style image; give at least one")
    uses = find_textures(chosen, roles=roles, skip_hidden=skip_hidden, frames=frames)
    uses = [_ticked_off(use) if use.session_uid in unwanted else use for use in uses]
    run_folder = private_folder()
    baked: list[BakedColor] = []
    problems: list[StylizerError] = []
    try:
        if bake is not None and "base_color" in roles:
            baked, problems = bake_missing(chosen, bake, run_folder, skip_hidden=skip_hidden)
            uses = [_without_baked(use, {color.material for color in baked}) for use in uses]
        wanted = [use for use in uses if use.skipped is None]
        if not wanted and not baked:
            raise problems[0] if problems else BadInput(nothing_found(chosen, uses))
    except BaseException:
        remove_folder(run_folder)
        raise
    name = unique_variant_name(variant, materials_of(chosen))
    compute = compute or Compute()
    results = folder or textures_folder()
    if results is None and any(image_of(use).source == "SEQUENCE" for use in wanted):
        remove_folder(run_folder)
        raise BadInput("an image sequence cannot be packed; save the .blend first, so that it has a folder")
    jobs: dict[int, Job] = {}
    failed: dict[int, StylizerError] = {-1000 - i: problem for i, problem in enumerate(problems)}
    taken: set[Path] = set()
    for use in wanted:
        if use.session_uid in jobs:
            continue
        try:
            jobs[use.session_uid] = _job(
                use,
                styles,
                settings,
                compute,
                name,
                results or run_folder,
                run_folder,
                taken,
                keep_jpeg=keep_jpeg,
                preview_size=preview_size,
            )
        except StylizerError as error:
            failed[use.session_uid] = error
    colors = {-1 - index: color for index, color in enumerate(baked)}
    for key, color in colors.items():
        jobs[key] = _bake_job(
            color, styles, settings, compute, name, results or run_folder, run_folder, taken
        )
    details = {
        "styles": [[style.path, style.weight] for style in styles],
        "settings": settings.to_json(),
        "engine_version": __version__,
    }
    uids = tuple(object_.session_uid for object_ in chosen)
    return Restyle(name, uids, uses, jobs, run_folder, results is None, details, failed=failed, baked=colors)


def _ticked_off(use: TextureUse) -> TextureUse:
    return dataclasses.replace(use, skipped=use.skipped or "it was ticked off")


def _without_baked(use: TextureUse, materials: set[str]) -> TextureUse:
    """A base colour image without its places in materials whose whole colour was baked."""
    if use.role != "base_color" or use.skipped is not None:
        return use
    places = tuple(place for place in use.places if place.material not in materials)
    if places:
        return dataclasses.replace(use, places=places)
    return dataclasses.replace(use, skipped="it is part of a colour that was baked as a whole")


def _bake_job(
    color: BakedColor,
    styles: Sequence[StyleImage],
    settings: Settings,
    compute: Compute,
    variant: str,
    results: Path,
    run_folder: Path,
    taken: set[Path],
) -> Job:
    path = free_path(results, f"{color.material}_{color.objects[0]}_{variant}", ".png", taken)
    return Job(
        id=uuid.uuid4().hex[:12],
        name=f"{color.material} on {', '.join(color.objects)}",
        source=color.source,
        destination=Destination(str(path), "uint8"),
        styles=tuple(styles),
        settings=settings,
        compute=compute,
        folder=str(run_folder),
    )


def _job(
    use: TextureUse,
    styles: Sequence[StyleImage],
    settings: Settings,
    compute: Compute,
    variant: str,
    results: Path,
    run_folder: Path,
    taken: set[Path],
    *,
    keep_jpeg: bool,
    preview_size: int,
) -> Job:
    """The worker's job for one texture; its pixels are written now."""
    image = image_of(use)
    job_id = uuid.uuid4().hex[:12]
    tiles: tuple[UdimTile, ...] = ()
    frames: tuple[Frame, ...] = ()
    if image.source == "TILED":
        tiles = tile_jobs(image, results, run_folder, job_id, variant, taken, keep_jpeg=keep_jpeg)
        source, destination = tiles[0].source, tiles[0].destination
    elif image.source == "SEQUENCE":
        frames = frame_jobs(image, results, variant, taken, keep_jpeg=keep_jpeg)
        source, destination = frames[0].source, frames[0].destination
    else:
        source = write_source(image, run_folder / job_id)
        destination = destination_in(results, image, variant, taken, keep_jpeg=keep_jpeg)
    return Job(
        id=job_id,
        name=use.image,
        source=source,
        destination=destination,
        styles=tuple(styles),
        settings=settings,
        compute=compute,
        folder=str(run_folder),
        preview_size=preview_size,
        tiles=tiles,
        frames=frames,
    )


def apply(run: Restyle) -> Variant:
    """Load the results and link them into copies of the materials, on the objects that still exist.

    Raises BadInput when no texture was stylised.
    """
    import bpy

    if not run.outcomes:
        reasons = "; ".join(str(error) for error in run.failed.values())
        raise BadInput(f"no texture was stylised: {reasons}")
    objects = [object_ for object_ in bpy.data.objects if object_.session_uid in run.object_uids]
    if not objects:
        raise BadInput("the chosen objects were deleted during the run; nothing was changed")
    images: dict[int, Any] = {}
    uses = []
    for use in run.uses:
        if use.session_uid not in run.outcomes or use.skipped is not None:
            continue
        try:
            original = image_of(use)
        except KeyError:
            message = f"the image {use.image} was deleted during the run"
            run.failed[use.session_uid] = BadInput(message)
            continue
        if use.session_uid not in images:
            images[use.session_uid] = _load(run, use.session_uid, original)
        uses.append(use)
    baked = [
        (color, load_result(Path(run.outcomes[key].output), None, pack=run.pack))
        for key, color in run.baked.items()
        if key in run.outcomes and all(name in bpy.data.objects for name in color.objects)
    ]
    features = sorted({outcome.features for outcome in run.outcomes.values()})
    details = run.details | {"features": ", ".join(features)}
    made = create_variant(run.variant, objects, uses, images, details, baked)
    _remove_unused(run, images)
    if not made.materials:
        raise BadInput("the materials were deleted during the run; nothing was changed")
    failures = tuple(str(error) for error in run.failed.values())
    failures += tuple(warning for color in run.baked.values() for warning in color.warnings)
    return Variant(made.name, made.materials, made.images, failures)


def _remove_unused(run: Restyle, images: dict[int, Any]) -> None:
    """Forget results that no material takes, since it was deleted during the run."""
    import bpy

    for session_uid, image in list(images.items()):
        if image.users == 0:
            bpy.data.images.remove(image)
            del images[session_uid]
            if not run.pack:
                Path(run.jobs[session_uid].destination.path).unlink(missing_ok=True)


def _load(run: Restyle, session_uid: int, original: Any) -> Any:
    job = run.jobs[session_uid]
    if job.tiles:
        path = pattern_of(job.destination.path, job.tiles[0].number)
        return load_tiles(path, original, pack=run.pack)
    if job.frames:
        return load_frames(Path(job.destination.path), original)
    return load_result(Path(job.destination.path), original, pack=run.pack)


def discard(run: Restyle) -> None:
    """Delete a run's temporary folder, and result files that did not get into the scene."""
    remove_folder(run.folder)


def withdraw(run: Restyle) -> None:
    """Delete everything a run wrote: it was cancelled or failed before it reached the scene."""
    for session_uid in run.outcomes:
        job = run.jobs[session_uid]
        parts = (*job.tiles, *job.frames)
        for destination in (job.destination, *(part.destination for part in parts)):
            Path(destination.path).unlink(missing_ok=True)
    for color in run.baked.values():
        remove_uv_maps(color)
    folders = {Path(job.destination.path).parent for job in run.jobs.values()}
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    remove_folder(run.folder)


def work(run: Restyle, client: WorkerClient, on_event: OnEvent | None = None) -> None:
    """Run the jobs and wait; outcomes and failures go into `run`. Raises Cancelled."""
    results = client.run(list(run.jobs.values()), on_event)
    for session_uid, result in zip(run.jobs, results, strict=True):
        if isinstance(result, Cancelled):
            raise result
        if isinstance(result, Outcome):
            run.outcomes[session_uid] = result
        else:
            run.failed[session_uid] = result


def stylize_objects(
    objects: Iterable[Any],
    styles: Sequence[StyleImage | tuple[str | Path, float]],
    settings: Settings,
    *,
    variant: str,
    roles: Sequence[str] = COLOR_ROLES,
    compute: Compute | None = None,
    folder: Path | None = None,
    python: str | None = None,
    client: WorkerClient | None = None,
    keep_jpeg: bool = False,
    bake: BakeOptions | None = None,
    frames: bool = False,
    unwanted: Collection[int] = (),
    on_event: OnEvent | None = None,
) -> Variant:
    """Restyle the objects' colour textures and show the result on them as a new variant; waits.

    styles: (path, weight) pairs. python: the interpreter that has torch; None for this one. client: a worker
    that is already there; it is left running. keep_jpeg, bake, frames, unwanted: as in `plan`. Nothing is
    left behind when it fails or is cancelled. Raises the errors of errors.py.
    """
    images = [
        style if isinstance(style, StyleImage) else StyleImage(str(style[0]), float(style[1]))
        for style in styles
    ]
    run = plan(
        objects,
        images,
        settings,
        variant=variant,
        roles=roles,
        compute=compute,
        folder=folder,
        keep_jpeg=keep_jpeg,
        bake=bake,
        frames=frames,
        unwanted=unwanted,
    )
    try:
        with contextlib.nullcontext(client) if client is not None else WorkerClient(python) as worker:
            work(run, worker, on_event)
        made = apply(run)
    except BaseException:
        withdraw(run)
        raise
    discard(run)
    return made


def nothing_found(objects: Sequence[Any], uses: Sequence[TextureUse]) -> str:
    """One sentence that says why there is nothing to stylise."""
    if not objects:
        return "no object is chosen; select one or more"
    if not uses:
        return "no material of the chosen objects uses an image; bake the colour to one first"
    listed = "; ".join(f"{use.image}: {use.skipped}" for use in uses[:4])
    return f"no texture can be stylised ({listed})"
