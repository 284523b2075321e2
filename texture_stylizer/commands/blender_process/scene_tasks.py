"""Scenes inspected and restyled in the process that has bpy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import StylizerError
from ...jobs.client import private_folder, remove_folder
from ..request import Request, Restyled, report_row
from .open_and_save import chosen_objects, files_used, load_scene, quiet, save_scene

if TYPE_CHECKING:
    from ...scene.run_state import Restyle
    from .channel import Channel


def inspect_scene(path: Path) -> dict[str, Any]:
    """What `inspect --json` prints for a scene or model; needs bpy."""
    load_scene(path)
    from ...scene.texture_uses import find_textures, materials_without_textures

    objects = chosen_objects(None, path)
    return {
        "textures": [use.to_json() for use in find_textures(objects, skip_hidden=True)],
        "materials_without_textures": materials_without_textures(objects),
    }


def restyle_scene(request: Request, source: Path, target: Path, home: Path, channel: Channel) -> Restyled:
    """Restyle a scene and write it to `target`, from where it will be moved to `home`; needs bpy."""
    load_scene(source)
    used = files_used(source)
    from ...scene.restyle import apply, discard, withdraw, work

    objects = chosen_objects(request.objects, source)
    scratch = private_folder()
    folder = _results_folder(target, scratch)
    beside = home / "textures" if folder != scratch else None
    try:
        run = _planned(objects, request, folder, beside)
    except StylizerError as error:
        remove_folder(scratch)
        raise type(error)(f"{source}: {error}") from None
    _note_plan(run, request, source, channel)
    try:
        work(run, channel)
        with quiet():
            apply(run)
            left_out = make_plain(target, home) if target.suffix.lower() != ".blend" else []
        _warn(channel, source, left_out + save_scene(target, home))
    except BaseException:
        withdraw(run)
        raise
    finally:
        remove_folder(scratch)
    discard(run)
    _warn(channel, source, (warning for color in run.baked.values() for warning in color.warnings))
    problems = [type(error)(f"{source}: {error}") for error in run.failures]
    return Restyled(_report_rows(run), problems, used)


def _planned(objects: list[Any], request: Request, folder: Path, beside: Path | None) -> Restyle:
    from ...scene.plan import plan
    from ...scene.run_options import Results, RunOptions, Which

    options = RunOptions(
        variant=request.variant,
        which=Which(request.roles, skip_hidden=not request.objects, frames=request.frames, bake=request.bake),
        results=Results(folder, beside, keep_jpeg=request.jpeg == "keep"),
        compute=request.compute,
        seams=request.seams,
        mask=request.mask,
        base=request.base,
    )
    with quiet():
        return plan(objects, request.styles, request.settings, options)


def _note_plan(run: Restyle, request: Request, source: Path, channel: Channel) -> None:
    """Say which textures are left out, and what is done otherwise than asked."""
    for use in run.uses:
        if use.skipped is not None and use.role in request.roles:
            channel.note(f"skipped: {source}: {use.image}: {use.skipped}")
    _warn(channel, source, run.warnings)


def _warn(channel: Channel, source: Path, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        channel.note(f"warning: {source}: {sentence}")


def _report_rows(run: Restyle) -> list[dict[str, Any]]:
    """A row for each texture and each baked colour that was restyled."""
    rows = []
    for use in run.uses:
        outcome = run.outcome_of(use)
        if outcome is not None:
            rows.append(report_row(outcome, use.role, list(use.materials), use.image))
    for key, color in run.baked.items():
        if key in run.outcomes:
            rows.append(report_row(run.outcomes[key], "base_color", [color.material], run.jobs[key].name))
    return rows


def make_plain(target: Path, home: Path) -> list[str]:
    """Make the open scene ready for a model: it has no variants and no Mix nodes, only what is shown.

    The materials keep their names and get no records. The scene is to be exported and forgotten. Returns a
    sentence for each texture that is missing in the model.
    """
    from ...scene.export.exported_mixes import bake_mixes, mixed_copies
    from ...scene.export.kept_images import keep_images
    from ...scene.variants.find import is_shown, list_variants
    from ...scene.variants.permanent import make_permanent

    _, problems = bake_mixes(copy for copy in mixed_copies() if is_shown(copy))
    for name, copies in list_variants().items():
        if any(map(is_shown, copies)):
            make_permanent(name)
    return problems + (keep_images(target.parent, home) if _names_files(target) else [])


def _results_folder(target: Path, scratch: Path) -> Path:
    """`textures` beside the target, or a temporary folder for kinds whose exporter copies or embeds them."""
    copies = (".glb", ".gltf", ".usd", ".usda", ".usdc", ".usdz")
    return scratch if target.suffix.lower() in copies else target.parent / "textures"


def _names_files(target: Path) -> bool:
    """Whether a kind's exporter names image files where they are, and neither copies nor embeds them."""
    return target.suffix.lower() in (".fbx", ".obj")
