"""Scenes inspected and restyled in the process that has bpy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import StylizerError
from ...jobs.client import private_folder, remove_folder
from ..request import Request, Restyled, report_row
from .open_and_save import chosen_objects, files_used, load_scene, quiet, save_scene

if TYPE_CHECKING:
    from ...scene.plan import Restyle
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
    uses = files_used(source)
    from ...scene.plan import plan
    from ...scene.restyle import apply, discard, withdraw, work

    objects = chosen_objects(request.objects, source)
    scratch = private_folder()
    results = _results_folder(target, scratch)
    try:
        with quiet():
            run = plan(
                objects,
                request.styles,
                request.settings,
                variant=request.variant,
                roles=request.roles,
                compute=request.compute,
                folder=results,
                keep_jpeg=request.jpeg == "keep",
                skip_hidden=not request.objects,
                bake=request.bake,
                frames=request.frames,
                seams=request.seams,
                beside=home / "textures" if results != scratch else None,
            )
    except StylizerError as error:
        remove_folder(scratch)
        raise type(error)(f"{source}: {error}") from None
    for use in run.uses:
        if use.skipped is not None and use.role in request.roles:
            channel.note(f"skipped: {source}: {use.image}: {use.skipped}")
    for warning in run.warnings:
        channel.note(f"warning: {source}: {warning}")
    try:
        work(run, channel)
        with quiet():
            apply(run)
            left_out = make_plain(target, home) if target.suffix.lower() != ".blend" else []
        left_out += save_scene(target, home)
        for warning in left_out:
            channel.note(f"warning: {source}: {warning}")
    except BaseException:
        withdraw(run)
        raise
    finally:
        remove_folder(scratch)
    discard(run)
    for warning in (warning for color in run.baked.values() for warning in color.warnings):
        channel.note(f"warning: {source}: {warning}")
    problems = [type(error)(f"{source}: {error}") for error in run.failed.values()]
    return Restyled(_report_rows(run), problems, uses)


def _report_rows(run: Restyle) -> list[dict[str, Any]]:
    """A row for each texture and each baked colour that was restyled."""
    rows = [
        report_row(run.outcomes[use.session_uid], use.role, list(use.materials), use.image)
        for use in run.uses
        if use.session_uid in run.outcomes and use.skipped is None
    ]
    for key, color in run.baked.items():
        if key in run.outcomes:
            name = run.jobs[key].name
            rows.append(report_row(run.outcomes[key], "base_color", [color.material], name))
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
