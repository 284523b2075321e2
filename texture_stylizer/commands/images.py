"""`stylize` for a plain image file."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from ..descriptions import Destination, Job, Outcome, Source
from ..jobs.client import WorkerClient, private_folder, remove_folder
from .display import ProgressBar
from .request import Request, report_row


def stylize_image(request: Request, source: Path, target: Path, client: WorkerClient) -> list[dict[str, Any]]:
    """Write the restyled `source` to `target`. Returns the report's row."""
    folder = private_folder()
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
    try:
        with ProgressBar({job.id: source.name}) as bar:
            (result,) = client.run([job], bar.on_event)
    finally:
        remove_folder(folder)
    if not isinstance(result, Outcome):
        raise result
    return [report_row(result, "base_color", [], str(source))]
