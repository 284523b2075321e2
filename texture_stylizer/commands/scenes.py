"""`stylize` for what Blender has to open or import: .blend, .fbx, .obj, USD, and glTF to another kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import BadInput, StylizerError
from ..jobs.client import WorkerClient
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
    from ..scene.restyle import apply, discard, plan, withdraw, work

    objects = chosen_objects(request.objects, source)
    try:
        run = plan(
            objects,
            request.styles,
            request.settings,
            variant=request.variant,
            roles=request.roles,
            compute=request.compute,
            folder=target.resolve().parent / "textures",
        )
    except BadInput as error:
        raise BadInput(f"{source}: {error}") from None
    try:
        names = {job.id: job.name for job in run.jobs.values()}
        with ProgressBar(names) as bar:
            work(run, client, bar.on_event)
        with quiet():
            apply(run)
        save_scene(target)
    except BaseException:
        withdraw(run)
        raise
    discard(run)
    rows = []
    for use in run.uses:
        outcome = run.outcomes.get(use.session_uid)
        if outcome is not None and use.skipped is None:
            rows.append(
                report_row(outcome, use.role, list(use.materials), use.image) | {"scene": str(target)}
            )
    return rows, [type(error)(f"{source}: {error}") for error in run.failed.values()]
