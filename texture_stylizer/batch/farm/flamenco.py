"""A job type for Flamenco 3, whose tasks are shards of a batch.

Flamenco takes a worker that failed three tasks off the job, so a failed asset does not fail its task: it
stands in the ledger. It ends a task by killing the process that it
started, whose children end by their pipes.
"""

from __future__ import annotations

import json
from pathlib import Path

from ..state.batch_plan import Plan
from ..state.disk import keep
from ..state.layout import Layout

_TEMPLATE = Path(__file__).with_name("flamenco.js")


def job_type(plan: Plan, shards: int) -> str:
    """The job type's JavaScript; its default folder is this batch's."""
    text = _TEMPLATE.read_text("utf-8")
    return text.replace('"RUN_DIR"', json.dumps(str(plan.request.output))).replace('"SHARDS"', str(shards))


def write_job_type(plan: Plan, folder: Path | None, shards: int) -> Path:
    """Write texture_stylizer.js, for the `scripts` folder beside Flamenco's manager. Raises BadMachine."""
    folder = folder or Layout(plan.request.output).state / "flamenco"
    path = folder / "texture_stylizer.js"
    keep(path, job_type(plan, shards).encode())
    return path
