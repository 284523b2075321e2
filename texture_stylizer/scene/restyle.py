"""A planned run carried out: worked on, loaded into the scene as a variant, or taken back."""

from __future__ import annotations

import concurrent.futures
import contextlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..descriptions import Outcome, SceneStyle, StyleImage
from ..errors import BadInput, Cancelled
from ..jobs.client import RunsJobs, WorkerClient, remove_folder
from ..settings import Settings
from .baking.bake import BakedColor, remove_uv_maps
from .following_maps import Followed, load_map
from .images.pixels import load_result
from .images.sequence import load_frames
from .images.udim import load_tiles, pattern_of
from .parts import carried_over
from .plan import plan
from .run_options import RunOptions
from .run_state import ImageKey, Restyle
from .texture_uses import TextureUse, image_of
from .variants.create import Variant, create_variant

OnEvent = Callable[[dict[str, Any]], None]


def apply(run: Restyle) -> Variant:
    """Load the results and link them into copies of the materials, on the objects that still exist.

    Raises BadInput when no texture was stylised.
    """
    import bpy

    if not run.outcomes:
        reasons = "; ".join([*map(str, run.failures), *run.warnings])
        raise BadInput(f"no texture was stylised: {reasons}")
    chosen = set(run.object_uids)
    objects = [object_ for object_ in bpy.data.objects if object_.session_uid in chosen]
    if not objects:
        raise BadInput("the chosen objects were deleted during the run; nothing was changed")
    uses, images = _load_images(run)
    carried = carried_over(run, images)
    images |= carried
    uses += [use for use in run.uses if use.session_uid in carried]
    features = sorted({outcome.features for outcome in run.outcomes.values()})
    details = run.details | {"features": ", ".join(features)}
    following = [pair for uid, image in images.items() for pair in _load_following(run, uid, image)]
    made = create_variant(run.variant, objects, uses, images, details, _load_baked(run), following)
    _remove_unused(run, images)
    _remove_untaken(run, following)
    if not made.materials:
        raise BadInput("the materials were deleted during the run; nothing was changed")
    failures = made.failed + tuple(str(error) for error in run.failures)
    failures += (*run.warnings, *(warning for color in run.baked.values() for warning in color.warnings))
    return Variant(made.name, made.materials, made.images, failures)


def _load_images(run: Restyle) -> tuple[list[TextureUse], dict[int, Any]]:
    """The uses of images with a result, and the stylised image for the session id of each original."""
    uses, images = [], {}
    for use in run.uses:
        if run.outcome_of(use) is None:
            continue
        key = ImageKey(use.session_uid)
        try:
            original = image_of(use)
        except KeyError:
            run.failed[key] = BadInput(f"the image {use.image} was deleted during the run")
            continue
        if use.session_uid not in images:
            images[use.session_uid] = _load(run, key, original)
        uses.append(use)
    return uses, images


def _load(run: Restyle, key: ImageKey, original: Any) -> Any:
    job = run.jobs[key]
    if job.tiles:
        path = pattern_of(job.destination.path, job.tiles[0].number)
        return load_tiles(path, original, pack=run.pack)
    if job.frames:
        return load_frames(Path(job.destination.path), original)
    return load_result(Path(run.outcomes[key].output), original, pack=run.pack)


def _load_following(run: Restyle, session_uid: int, colored: Any) -> list[tuple[Followed, Any]]:
    """The maps that follow a texture, as images. Those whose original was deleted are left out."""
    import bpy

    found = []
    for followed in run.followed.get(ImageKey(session_uid), ()):
        like = next((i for i in bpy.data.images if i.session_uid == followed.image), None)
        if followed.image is not None and like is None:
            run.warnings.append(f"a map that follows {colored.name} was deleted during the run")
            continue
        found.append((followed, load_map(followed, like, colored, pack=run.pack)))
    return found


def _remove_untaken(run: Restyle, following: list[tuple[Followed, Any]]) -> None:
    """Forget maps that no material takes, since it was deleted during the run."""
    import bpy

    for followed, image in following:
        if image.users == 0:
            bpy.data.images.remove(image)
            for part in () if run.pack else (followed.map, *followed.map.tiles):
                Path(part.destination.path).unlink(missing_ok=True)


def _load_baked(run: Restyle) -> list[tuple[BakedColor, Any]]:
    """Baked colours with their stylised images, as far as their objects still exist."""
    import bpy

    return [
        (color, load_result(Path(run.outcomes[key].output), None, pack=run.pack))
        for key, color in run.baked.items()
        if key in run.outcomes and all(name in bpy.data.objects for name in color.objects)
    ]


def _remove_unused(run: Restyle, images: dict[int, Any]) -> None:
    """Forget results that no material takes, since it was deleted during the run."""
    import bpy

    for session_uid, image in images.items():
        if image.users == 0:
            bpy.data.images.remove(image)
            if not run.pack and ImageKey(session_uid) in run.outcomes:
                Path(run.outcomes[ImageKey(session_uid)].output).unlink(missing_ok=True)


def discard(run: Restyle) -> None:
    """Delete a run's temporary folder, and result files that did not get into the scene."""
    concurrent.futures.wait(run.writing.values())
    remove_folder(run.folder)


def withdraw(run: Restyle) -> None:
    """Delete everything a run wrote: it was cancelled or failed before it reached the scene."""
    take_back_uv_maps(run)
    delete_results(run)


def take_back_uv_maps(run: Restyle) -> None:
    """Remove the UV maps that were made to bake on."""
    for color in run.baked.values():
        remove_uv_maps(color)


def delete_results(run: Restyle) -> None:
    """Delete the files of a run that came to nothing; knows no bpy, so a thread may do it."""
    concurrent.futures.wait(run.writing.values())
    for key, outcome in run.outcomes.items():
        job = run.jobs[key]
        maps = [part for found in job.following for part in (found, *found.tiles)]
        paths = [part.destination.path for part in (*job.tiles, *job.frames, *maps)]
        for path in (outcome.output, *paths):
            Path(path).unlink(missing_ok=True)
    folders = {Path(job.destination.path).parent for job in run.jobs.values()}
    if run.order.results_existed:
        folders.discard(run.order.files.new.folder)
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    remove_folder(run.folder)


def work(run: Restyle, client: RunsJobs, on_event: OnEvent | None = None) -> None:
    """Run the jobs and wait; outcomes and failures go into `run`. Raises Cancelled."""
    results = client.run(list(run.jobs.values()), on_event)
    for key, result in zip(run.jobs, results, strict=True):
        if isinstance(result, Cancelled):
            raise result
        if isinstance(result, Outcome):
            run.outcomes[key] = result
        else:
            run.failed[key] = result


def stylize_objects(
    objects: Iterable[Any],
    styles: Sequence[StyleImage | SceneStyle | tuple[str | Path, float]],
    settings: Settings,
    *,
    variant: str,
    python: str | None = None,
    client: WorkerClient | None = None,
    on_event: OnEvent | None = None,
    **options: Any,
) -> Variant:
    """Restyle the objects' colour textures and show the result on them as a new variant; waits.

    styles: (path, weight) pairs. python: the interpreter that has torch; None for this one. client: a worker
    that is already there; it is left running. options: compute, seams and the fields of `run_options.Which`
    and `run_options.Results`. Nothing is left behind when it fails or is cancelled. Raises what errors.py
    lists.
    """
    images = [
        style if isinstance(style, (StyleImage, SceneStyle)) else StyleImage(str(style[0]), float(style[1]))
        for style in styles
    ]
    run = plan(objects, images, settings, RunOptions.from_keywords(variant, **options))
    return carry_out(run, python=python, client=client, on_event=on_event)


def carry_out(
    run: Restyle,
    *,
    python: str | None = None,
    client: WorkerClient | None = None,
    on_event: OnEvent | None = None,
) -> Variant:
    """Do all of a planned run, as `stylize_objects` does; waits. Nothing is left behind when it fails."""
    try:
        with contextlib.nullcontext(client) if client is not None else WorkerClient(python) as worker:
            work(run, worker, on_event)
        made = apply(run)
    except BaseException:
        withdraw(run)
        raise
    discard(run)
    return made
