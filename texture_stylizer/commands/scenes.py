"""`stylize` for what Blender has to open or import: .blend, .fbx, .obj, USD, and glTF to another kind."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ..errors import BadInput, StylizerError
from ..jobs.client import WorkerClient, private_folder, remove_folder
from .blend import chosen_objects, load_scene, quiet, save_scene
from .display import ProgressBar
from .request import Request, report_row


def stylize_scene(
    request: Request, source: Path, target: Path, client: WorkerClient
) -> tuple[list[dict[str, Any]], list[StylizerError]]:
    """Restyle a scene's textures with Blender's module and write it to `target`, of any scene kind.

    Returns the report's rows and what failed.
    """
    load_scene(source)
    from ..scene.kept_images import KeptImages, keep_images
    from ..scene.plan import plan
    from ..scene.restyle import apply, discard, withdraw, work
    from ..scene.variants import make_permanent

    objects = chosen_objects(request.objects, source)
    scratch = private_folder()
    try:
        with quiet():
            run = plan(
                objects,
                request.styles,
                request.settings,
                variant=request.variant,
                roles=request.roles,
                compute=request.compute,
                folder=_results_folder(target, scratch),
                keep_jpeg=request.jpeg == "keep",
                skip_hidden=not request.objects,
                bake=request.bake,
                frames=request.frames,
                seams=request.seams,
            )
    except BadInput as error:
        remove_folder(scratch)
        raise BadInput(f"{source}: {error}") from None
    for use in run.uses:
        if use.skipped is not None and use.role in request.roles:
            print(f"skipped: {source}: {use.image}: {use.skipped}", file=sys.stderr)
    for warning in run.warnings:
        print(f"warning: {source}: {warning}", file=sys.stderr)
    try:
        names = {job.id: job.name for job in run.jobs.values()}
        with ProgressBar(names) as bar:
            work(run, client, bar.on_event)
        with quiet():
            variant = apply(run)
            if target.suffix.lower() != ".blend":
                # A model has no variants: its materials keep their names and get no records.
                make_permanent(variant.name)
            kept = keep_images(target.resolve().parent) if _names_files(target) else KeptImages()
        for warning in kept.missing:
            print(f"warning: {source}: {warning}", file=sys.stderr)
        try:
            save_scene(target)
        except BaseException:
            kept.withdraw()
            raise
    except BaseException:
        withdraw(run)
        raise
    finally:
        remove_folder(scratch)
    discard(run)
    rows = []
    for use in run.uses:
        outcome = run.outcomes.get(use.session_uid)
        if outcome is not None and use.skipped is None:
            rows.append(
                report_row(outcome, use.role, list(use.materials), use.image) | {"scene": str(target)}
            )
    for key, color in run.baked.items():
        if key in run.outcomes:
            name = run.jobs[key].name
            row = report_row(run.outcomes[key], "base_color", [color.material], name)
            rows.append(row | {"scene": str(target)})
        for warning in color.warnings:
            print(f"warning: {source}: {warning}", file=sys.stderr)
    return rows, [type(error)(f"{source}: {error}") for error in run.failed.values()]


def _results_folder(target: Path, scratch: Path) -> Path:
    """`textures` beside the target, or a temporary folder for kinds whose exporter copies or embeds them."""
    copies = (".glb", ".gltf", ".usd", ".usda", ".usdc", ".usdz")
    return scratch if target.suffix.lower() in copies else target.resolve().parent / "textures"


def _names_files(target: Path) -> bool:
    """Whether a kind's exporter names image files where they are, and neither copies nor embeds them."""
    return target.suffix.lower() in (".fbx", ".obj")
