"""What a run will do: the textures found, the colours baked, and the order for their jobs."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..descriptions import SceneStyle, StyleImage
from ..errors import BadInput, BadMachine, StylizerError
from ..jobs.client import private_folder, remove_folder
from ..settings import Settings
from .baking.bake import BakedColor, bake_missing
from .images.new_files import NewFiles, ResultFiles
from .images.pixels import textures_folder
from .images.style_images import name_of_style, style_image
from .materials.material_users import materials_of
from .parts import parts_of
from .run_options import RunOptions, Which
from .run_state import BakeKey, ImageKey, Order, Restyle
from .texture_jobs import is_written, next_job, why_not_written
from .texture_uses import TextureUse, find_textures, image_of
from .variants.create import unique_variant_name

Styles = Sequence[StyleImage | SceneStyle]


def plan(objects: Iterable[Any], styles: Styles, settings: Settings, options: RunOptions) -> Restyle:
    """`begin`, with every job's pixels written at once. Raises what `begin` raises."""
    run = begin(objects, styles, settings, options)
    with _removed_on_failure(run.folder):
        while run.waiting:
            job = next_job(run)
            if job is not None:
                is_written(run, job, wait=True)
    return run


def begin(objects: Iterable[Any], styles: Styles, settings: Settings, options: RunOptions) -> Restyle:
    """Find the textures; `next_job` then writes the pixels of one after the other.

    Raises BadInput, naming what was found and why it is skipped, when there is nothing to stylise, and for
    a style whose file is not there; BadMachine where the temporary folder cannot be written to.
    """
    chosen = list(objects)
    _check_styles(styles)
    if options.base and options.which.bake is not None:
        raise BadInput("a variant's part is drawn anew without baking; switch baking off")
    if options.base and settings.changes_other_maps:
        raise BadInput("a variant's part is drawn anew without relief; give the new variant its relief then")
    uses = _uses_of(chosen, options.which)
    results = options.results.folder or textures_folder()
    folder = private_folder()
    with _removed_on_failure(folder):
        baked, problems = _baked(chosen, options.which, folder)
        order = _order(chosen, styles, settings, options, results, folder)
        uses = [_without_baked(use, {color.material for color in baked}) for use in uses]
        wanted = [use for use in uses if use.skipped is None]
        _check_found(chosen, uses, baked, problems, may_pack=results is None)
    colors = {BakeKey(number): color for number, color in enumerate(baked)}
    return Restyle(
        order,
        tuple(object_.session_uid for object_ in chosen),
        uses,
        pack=results is None,
        waiting=[*dict.fromkeys(ImageKey(use.session_uid) for use in wanted), *colors],
        baked=colors,
        not_baked=tuple(problems),
    )


def _order(
    objects: Sequence[Any],
    styles: Styles,
    settings: Settings,
    options: RunOptions,
    results: Path | None,
    folder: Path,
) -> Order:
    """What the jobs have in common. results: None for the run's own folder; the results are packed then."""
    named = tuple((name_of_style(style), style.weight, style.where) for style in styles)
    variant = unique_variant_name(options.variant, materials_of(objects))
    new = NewFiles(results or folder, options.results.beside)
    return Order(
        styles=tuple(style_image(style, folder) for style in styles),
        settings=settings,
        compute=options.compute,
        files=ResultFiles(new, variant, options.results.keep_jpeg),
        results_existed=results is not None and results.is_dir(),
        folder=folder,
        preview_size=options.preview_size,
        seams=options.seams,
        named=named,
        parts=parts_of(options.mask, [style.where for style in styles], options.base, objects),
    )


def nothing_found(objects: Sequence[Any], uses: Sequence[TextureUse]) -> str:
    """One sentence that says why there is nothing to stylise."""
    if not objects:
        return "no object is chosen; select one or more"
    if not uses:
        return "no material of the chosen objects uses an image; bake the colour to one first"
    listed = "; ".join(f"{use.image}: {use.skipped}" for use in uses[:4])
    return f"no texture can be stylised ({listed})"


@contextlib.contextmanager
def _removed_on_failure(folder: Path) -> Iterator[None]:
    """A run's temporary folder, which goes when the run cannot begin; BadMachine where it is not writable."""
    try:
        yield
    except OSError as reason:
        remove_folder(folder)
        raise BadMachine(why_not_written(folder, reason)) from reason
    except BaseException:
        remove_folder(folder)
        raise


def _check_styles(styles: Styles) -> None:
    """Raises BadInput. The worker says it too, but only after colours were baked and torch was imported."""
    if not styles:
        raise BadInput("there is no style image; give at least one")
    for style in styles:
        if isinstance(style, StyleImage) and not Path(style.path).is_file():
            raise BadInput(f"the style cannot be used: there is no image {style.path}; check the path")


def _check_found(
    objects: Sequence[Any],
    uses: Sequence[TextureUse],
    baked: Sequence[BakedColor],
    problems: Sequence[StylizerError],
    *,
    may_pack: bool,
) -> None:
    """Raises BadInput, or the first problem with baking, when there is nothing to do or no place for it."""
    wanted = [use for use in uses if use.skipped is None]
    if not wanted and not baked:
        raise problems[0] if problems else BadInput(nothing_found(objects, uses))
    if may_pack and any(image_of(use).source == "SEQUENCE" for use in wanted):
        raise BadInput("an image sequence cannot be packed; save the .blend first, so that it has a folder")


def _uses_of(objects: Sequence[Any], which: Which) -> list[TextureUse]:
    """What the objects' materials use, with a reason to skip what is not meant."""
    uses = find_textures(objects, roles=which.roles, skip_hidden=which.skip_hidden, frames=which.frames)
    if which.images is not None:
        uses = [use for use in uses if use.image in which.images]
    uses = [_ticked_off(use) if use.image in which.unwanted else use for use in uses]
    if which.materials is not None:
        uses = [_within(use, which.materials) for use in uses]
    return uses


def _baked(
    objects: Sequence[Any], which: Which, folder: Path
) -> tuple[list[BakedColor], list[StylizerError]]:
    """The colours that were asked to be baked, and why others were not."""
    if which.bake is None or "base_color" not in which.roles:
        return [], []
    return bake_missing(objects, which.bake, folder, skip_hidden=which.skip_hidden, materials=which.materials)


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
