"""`stylize` and `inspect` for what Blender opens or imports: .blend, .fbx, .obj, USD, glTF to another kind.

This is the command's side, which has the worker; `blender_process.scene_tasks` is the other.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...descriptions import Job, Outcome
from ...errors import from_message, to_message
from ...jobs.client import WorkerClient
from ...jobs.protocol import Message
from ..blender_process.ask import ask_blender
from ..outputs.stage import Stage
from ..request import Request, Restyled
from ..terminal.display import ProgressBar, say

if TYPE_CHECKING:
    pass


def stylize_scene(
    request: Request, source: Path, stage: Stage, client: WorkerClient, folder: Path
) -> Restyled:
    """Restyle a scene's textures with a Blender of its own and write it to the stage, as any scene kind.

    folder: for temporary files.
    """

    def answer(message: Message) -> Message | None:
        if message["type"] == "note":
            say(stage.in_place(message["message"]))
            return None
        return {"type": "results", "results": run_jobs(message["jobs"], client)}

    answered = ask_blender(
        "stylize",
        source,
        answer,
        folder=folder,
        request=request.to_json(),
        target=str(stage.file),
        home=str(stage.home),
        private=[str(folder), str(stage.folder)],
    )
    rows = [
        row | {"output": str(stage.final(Path(row["output"]))), "scene": str(stage.target)}
        for row in answered["rows"]
    ]
    problems = [from_message(problem) for problem in answered["problems"]]
    return Restyled(rows, problems, [Path(used) for used in answered["uses"]])


def run_jobs(jobs: list[dict[str, Any]], client: WorkerClient) -> list[dict[str, Any]]:
    """Let the worker do jobs that Blender described. Returns an outcome or an error for each."""
    described = [Job.from_json(job) for job in jobs]
    with ProgressBar({job.id: job.name for job in described}) as bar:
        results = client.run(described, bar.on_event)
    return [
        {"outcome": result.to_json()} if isinstance(result, Outcome) else to_message(result)
        for result in results
    ]


def inspect_in_blender(path: Path) -> dict[str, Any]:
    """What `inspect --json` prints for a scene or model, found by a Blender of its own."""
    return ask_blender("inspect", path, lambda _: None)["found"]
