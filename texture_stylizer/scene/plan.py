"""What a run will do: the textures found, and for each the worker's job with its pixels written."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from .. import __version__
from ..descriptions import (
    BakeOptions,
    Compute,
    Destination,
    Frame,
    Job,
    Outcome,
    SceneStyle,
    StyleImage,
    UdimTile,
)
from ..errors import BadInput, BadMachine, StylizerError
from ..jobs.background import in_background
from ..jobs.client import private_folder, remove_folder
from ..settings import COLOR_ROLES, Settings
from .baking.bake import BakedColor, bake_missing
from .faces import Faces, copy_meshes, faces_of
from .images.pixels import destination_in, free_path, textures_folder, write_source
from .images.sequence import frame_jobs
from .images.style_images import name_of_style, style_image
from .images.udim import tile_jobs
from .materials.material_users import materials_of
from .node_trees.uv_maps import UvPlace
from .texture_uses import TextureUse, find_textures, image_of
from .variants.create import unique_variant_name


@dataclass(frozen=True)
class Order:
    """What all jobs of a run have in common.

    results: the folder for the results, and whether it was there before the run; folder: the run's temporary
    one; named: the styles as the record names them, with their weights; beside: where the results are to be
    moved, if anywhere; taken: paths given to jobs already.
    """

    styles: tuple[StyleImage, ...]
    settings: Settings
    compute: Compute
    variant: str
    results: Path
    results_existed: bool
    folder: Path
    keep_jpeg: bool
    preview_size: int
    seams: bool
    named: tuple[tuple[str, float], ...] = ()
    beside: Path | None = None
    taken: set[Path] = field(default_factory=set)


@dataclass
class Restyle:
    """A run between its parts: what was found, the jobs for it, and what became of them.

    Holds names and session ids, no references into Blender: they would not survive an undo. The keys are
    session ids of images, and negative numbers for baked colours; `waiting` are those without a job yet;
    `writing` are the files that threads still write, by the id of the job that needs them; `warnings` say
    what is done otherwise than asked, one sentence each.
    """

    order: Order
    object_uids: tuple[int, ...]
    uses: list[TextureUse]
    pack: bool
    waiting: list[int]
    baked: dict[int, BakedColor]
    jobs: dict[int, Job] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    failed: dict[int, StylizerError] = field(default_factory=dict)
    writing: dict[str, Future[None]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def variant(self) -> str:
        return self.order.variant

    @property
    def folder(self) -> Path:
        return self.order.folder

    @property
    def details(self) -> dict[str, Any]:
        """What the variant's record says about the run."""
        return {
            "styles": [list(style) for style in self.order.named],
            "settings": self.order.settings.to_json(),
            "seams": self.order.seams,
            "engine_version": __version__,
        }


def begin(
    objects: Iterable[Any],
    styles: Sequence[StyleImage | SceneStyle],
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
    unwanted: Collection[str] = (),
    materials: Collection[int] | None = None,
    images: Collection[str] | None = None,
    seams: bool = True,
    beside: Path | None = None,
) -> Restyle:
    """Find the textures; `next_job` then writes the pixels of one after the other.

    bake: how colours that are no image are baked to one, under negative keys; None leaves them as they are.
    frames: image sequences are stylised too, frame by frame. unwanted: names of images to leave out.
    seams: strokes go on across UV seams, and textures that the UVs repeat stay tileable.
    materials: session ids of the only materials to restyle, images: names of the only images; None for all
    that the objects show.
    keep_jpeg: JPEGs stay JPEGs; they become PNGs otherwise. skip_hidden: leave out what hidden objects use.
    folder: where results go; None for `//textures/`, or into the .blend itself when that has no folder.
    beside: where the results are to be moved, so that their names are free there too.
    Raises BadInput, naming what was found and why it is skipped, when there is nothing to stylise, and for
    a style whose file is not there; BadMachine where the temporary folder cannot be written to.
    """
    chosen = list(objects)
    if not styles:
        raise BadInput("there is no style image; give at least one")
    # Said by the worker too, but only after colours were baked and torch was imported.
    for style in styles:
        if isinstance(style, StyleImage) and not Path(style.path).is_file():
            raise BadInput(f"the style cannot be used: there is no image {style.path}; check the path")
    uses = find_textures(chosen, roles=roles, skip_hidden=skip_hidden, frames=frames)
    if images is not None:
        uses = [use for use in uses if use.image in images]
    uses = [_ticked_off(use) if use.image in unwanted else use for use in uses]
    if materials is not None:
        uses = [_within(use, materials) for use in uses]
    run_folder = private_folder()
    results = folder or textures_folder()
    baked: list[BakedColor] = []
    problems: list[StylizerError] = []
    try:
        if bake is not None and "base_color" in roles:
            baked, problems = bake_missing(
                chosen, bake, run_folder, skip_hidden=skip_hidden, materials=materials
            )
            uses = [_without_baked(use, {color.material for color in baked}) for use in uses]
        named = tuple((name_of_style(style), style.weight) for style in styles)
        styles = [style_image(style, run_folder) for style in styles]
        wanted = [use for use in uses if use.skipped is None]
        if not wanted and not baked:
            raise problems[0] if problems else BadInput(nothing_found(chosen, uses))
        if results is None and any(image_of(use).source == "SEQUENCE" for use in wanted):
            raise BadInput(
                "an image sequence cannot be packed; save the .blend first, so that it has a folder"
            )
    except OSError as reason:
        remove_folder(run_folder)
        raise BadMachine(_why_not_written(run_folder, reason)) from reason
    except BaseException:
        remove_folder(run_folder)
        raise
    colors = {-1 - index: color for index, color in enumerate(baked)}
    order = Order(
        styles=tuple(styles),
        settings=settings,
        compute=compute or Compute(),
        variant=unique_variant_name(variant, materials_of(chosen)),
        results=results or run_folder,
        results_existed=results is not None and results.is_dir(),
        folder=run_folder,
        keep_jpeg=keep_jpeg,
        preview_size=preview_size,
        seams=seams,
        named=named,
        beside=beside,
    )
    return Restyle(
        order,
        tuple(object_.session_uid for object_ in chosen),
        uses,
        pack=results is None,
        waiting=[*dict.fromkeys(use.session_uid for use in wanted), *colors],
        baked=colors,
        failed={-1000 - index: problem for index, problem in enumerate(problems)},
    )


def next_job(run: Restyle) -> Job | None:
    """Write the pixels of the next texture and give its job; None when it failed or none is waiting.

    The job may be handed out when `is_written` says so.
    """
    if not run.waiting:
        return None
    key = run.waiting.pop(0)
    try:
        if key in run.baked:
            color = run.baked[key]
            job = _on_surface(_bake_job(color, run.order), run, lambda _: _baked_faces(color))
        else:
            uses = [use for use in run.uses if use.session_uid == key]
            job = _on_surface(_job(uses[0], run.order), run, lambda objects: faces_of(uses, objects))
    except KeyError:
        run.failed[key] = BadInput("an image was deleted before it was read")
        return None
    except StylizerError as error:
        run.failed[key] = error
        return None
    except OSError as reason:
        run.failed[key] = BadMachine(_why_not_written(run.folder, reason))
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
        run.failed[key] = BadMachine(f"{job.name}: {_why_not_written(run.folder, reason)}")
    return True


def _why_not_written(folder: Path, reason: OSError) -> str:
    return f"{folder.parent} cannot be written to ({reason.strerror or reason}); make room"


def plan(
    objects: Iterable[Any], styles: Sequence[StyleImage | SceneStyle], settings: Settings, **options: Any
) -> Restyle:
    """`begin`, with every job's pixels written at once. Raises what `begin` raises."""
    run = begin(objects, styles, settings, **options)
    try:
        while run.waiting:
            job = next_job(run)
            if job is not None:
                is_written(run, job, wait=True)
    except BaseException:
        remove_folder(run.folder)
        raise
    return run


def _within(use: TextureUse, materials: Collection[int]) -> TextureUse:
    """A texture's places in some materials only."""
    places = tuple(place for place in use.places if place.session_uid in materials)
    if places or use.skipped is not None:
        return dataclasses.replace(use, places=places)
    return dataclasses.replace(use, skipped="the chosen material does not use it")


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


def _bake_job(color: BakedColor, order: Order) -> Job:
    name = f"{color.material}_{color.objects[0]}_{order.variant}"
    path = free_path(order.results, name, ".png", order.taken, order.beside)
    return Job(
        id=uuid.uuid4().hex[:12],
        name=f"{color.material} on {', '.join(color.objects)}",
        source=color.source,
        destination=Destination(str(path), "uint8", replace=False),
        styles=order.styles,
        settings=order.settings,
        compute=order.compute,
        folder=str(order.folder),
        preview_size=order.preview_size,
    )


def _job(use: TextureUse, order: Order) -> Job:
    """The worker's job for one texture; its pixels are written now."""
    image = image_of(use)
    job_id = uuid.uuid4().hex[:12]
    tiles: tuple[UdimTile, ...] = ()
    frames: tuple[Frame, ...] = ()
    keep_jpeg, beside = order.keep_jpeg, order.beside
    if image.source == "TILED":
        tiles = tile_jobs(
            image,
            order.results,
            order.folder,
            job_id,
            order.variant,
            order.taken,
            keep_jpeg=keep_jpeg,
            beside=beside,
        )
        source, destination = tiles[0].source, tiles[0].destination
    elif image.source == "SEQUENCE":
        frames = frame_jobs(
            image, order.results, order.variant, order.taken, keep_jpeg=keep_jpeg, beside=beside
        )
        source, destination = frames[0].source, frames[0].destination
    else:
        source = write_source(image, order.folder / job_id)
        destination = destination_in(
            order.results, image, order.variant, order.taken, keep_jpeg=keep_jpeg, beside=beside
        )
    return Job(
        id=job_id,
        name=use.image,
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


def _on_surface(job: Job, run: Restyle, find: Callable[[list[Any]], list[Faces]]) -> Job:
    """A texture's job with the meshes that it lies on, as far as the chosen objects show it."""
    if not run.order.seams:
        return job
    chosen = set(run.object_uids)
    objects = [object_ for object_ in bpy.data.objects if object_.session_uid in chosen]
    try:
        meshes = copy_meshes(find(objects))
    except BadInput as reason:
        run.warnings.append(
            f"{job.name}: {reason}, so it was drawn as a flat picture, without regard to seams"
        )
        return job
    path = run.folder / f"{job.id}_meshes.npz"
    run.writing[job.id] = in_background(lambda: _save_arrays(path, meshes))
    return dataclasses.replace(job, surface=str(path))


def _save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    # Imported late: the panels need this module, and must not wait for numpy.
    from ..jobs.mesh_file import save_meshes

    save_meshes(path, arrays)


def _baked_faces(color: BakedColor) -> list[Faces]:
    material = bpy.data.materials[color.material]
    return [(bpy.data.objects[name], material, UvPlace(color.uv_map)) for name in color.objects]


def nothing_found(objects: Sequence[Any], uses: Sequence[TextureUse]) -> str:
    """One sentence that says why there is nothing to stylise."""
    if not objects:
        return "no object is chosen; select one or more"
    if not uses:
        return "no material of the chosen objects uses an image; bake the colour to one first"
    listed = "; ".join(f"{use.image}: {use.skipped}" for use in uses[:4])
    return f"no texture can be stylised ({listed})"
