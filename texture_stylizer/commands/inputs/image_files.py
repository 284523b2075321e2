"""`stylize` for a plain image file."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from ...descriptions import Destination, Job, Outcome, Source
from ...jobs.client import WorkerClient
from ..request import Request, report_row
from ..terminal.display import ProgressBar


def stylize_image(
    request: Request, source: Path, target: Path, client: WorkerClient, folder: Path
) -> list[dict[str, Any]]:
    """Write the restyled `source` to `target`; `folder` is for temporary files. Returns the report's row."""
    job = Job(
        id=uuid.uuid4().hex[:12],
        name=str(source),
        source=Source(str(source.resolve())),
        destination=Destination(str(target.resolve())),
        styles=request.styles,
        settings=request.settings,
        compute=request.compute,
        folder=str(folder),
    )
    with ProgressBar({job.id: source.name}) as bar:
        (result,) = client.run([job], bar.on_event)
    if not isinstance(result, Outcome):
        raise result
    return [report_row(result, "base_color", [], str(source))]
