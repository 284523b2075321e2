"""A job template of Open Job Description 2023-09, whose tasks are shards of a batch.

A machine's session ends at the first task that fails, so a failed asset does not fail its task: it stands in
the ledger. See https://github.com/OpenJobDescription/openjd-specifications.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...commands.terminal.display import tell
from .. import events
from ..events import Event
from ..report.bar import BatchBar
from ..state.batch_plan import Plan
from ..state.disk import keep
from ..state.layout import Layout

TASK_SECONDS = 24 * 3600
_GRACE_SECONDS = 300
"""What is in hand at SIGTERM may be finished within this time."""


def template(plan: Plan, shards: int) -> dict[str, Any]:
    """The job template; `RunDir` is the batch's folder as the farm mounts it."""
    run = {
        "command": "{{Param.Executable}}",
        "args": [
            *("batch", "run", "{{Param.RunDir}}"),
            *("--shard", "{{Task.Param.Shard}}/{{Param.Shards}}", "--farm", "openjd"),
        ],
        "timeout": TASK_SECONDS,
        "cancelation": {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": _GRACE_SECONDS},
    }
    step: dict[str, Any] = {
        "name": "Stylize",
        "parameterSpace": {
            "taskParameterDefinitions": [{"name": "Shard", "type": "INT", "range": "1-{{Param.Shards}}"}]
        },
        "script": {"actions": {"onRun": run}},
    }
    if plan.request.compute.device.startswith("cuda"):
        step["hostRequirements"] = {"amounts": [{"name": "amount.worker.gpu", "min": 1}]}
    report = {"command": "{{Param.Executable}}", "args": ["batch", "report", "{{Param.RunDir}}"]}
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "name": "Texture Stylizer",
        "description": f"Restyle {len(plan.assets)} assets",
        "parameterDefinitions": [
            {
                "name": "RunDir",
                "type": "PATH",
                "objectType": "DIRECTORY",
                "dataFlow": "INOUT",
                "description": "The folder of the batch, on storage that all machines share",
            },
            {"name": "Shards", "type": "INT", "default": shards, "minValue": 1},
            {"name": "Executable", "type": "STRING", "default": "texture-stylizer"},
        ],
        "steps": [
            step,
            {
                "name": "Report",
                "dependencies": [{"dependsOn": "Stylize"}],
                "script": {"actions": {"onRun": report}},
            },
        ],
    }


def write_template(plan: Plan, folder: Path | None, shards: int) -> Path:
    """Write template.json, and parameter_values.json as a job bundle has it. Returns the template's path;
    raises BadMachine where it cannot be written."""
    out = plan.request.output
    folder = folder or Layout(out).state / "openjd"
    values = {"parameterValues": [{"name": "RunDir", "value": str(out)}]}
    for name, content in (("parameter_values.json", values), ("template.json", template(plan, shards))):
        keep(folder / name, (json.dumps(content, indent=2) + "\n").encode())
    return folder / "template.json"


class ProgressLines:
    """Tells the farm's manager how far a shard is, by lines that it looks for on stdout."""

    def __init__(self, bar: BatchBar) -> None:
        self._bar = bar
        self._shown = -1

    def on_event(self, event: Event) -> None:
        """Show an event, and the progress where it has moved by a hundredth."""
        self._bar.on_event(event)
        percent = min(100, int(100 * self._bar.fraction()))
        if percent > self._shown:
            self._shown = percent
            tell(f"openjd_progress: {percent}")
        if isinstance(event, events.Started):
            # Cleaned, since a name with a line's end in it could give orders to the farm.
            tell(f"openjd_status: {event.asset.source}")
