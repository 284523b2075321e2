"""`stylize` for a plain image file."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from ...descriptions import Destination, FollowingMap, Job, Outcome, Source
from ...jobs.client import WorkerClient
from ..outputs.output_paths import normal_beside
from ..request import Request, report_row
from ..terminal.display import ProgressBar
from .mask_files import MasksAsFiles


def stylize_image(
    request: Request, source: Path, target: Path, client: WorkerClient, folder: Path
) -> list[dict[str, Any]]:
    """Write the restyled `source` to `target`, and its relief beside that; `folder` is for temporary files.
    Returns the report's row."""
    masks = MasksAsFiles.of(request, source, "a picture")
    normal = FollowingMap("normal", None, Destination(str(normal_beside(target).resolve())))
    job = Job(
        id=uuid.uuid4().hex[:12],
        name=str(source),
        source=Source(str(source.resolve())),
        destination=Destination(str(target.resolve())),
        styles=masks.styles,
        settings=request.settings,
        compute=request.compute,
        folder=str(folder),
        following=(normal,) if request.settings.relief > 0 else (),
        mask=masks.mask,
        regions=masks.regions,
    )
    with ProgressBar({job.id: source.name}) as bar:
        (result,) = client.run([job], bar.on_event)
    if not isinstance(result, Outcome):
        raise result
    return [report_row(result, "base_color", [], str(source))]
