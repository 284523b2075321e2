"""One asset, through the same code as `stylize`."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...commands.outputs.made_files import MadeFiles
from ...commands.outputs.output_paths import Output
from ...commands.request import Request, Restyled
from ...commands.stylize_command import attempt
from ...descriptions import Job, Outcome
from ...errors import StylizerError, to_message
from ...jobs.client import OnEvent, WorkerClient
from ..report.report_pictures import write_thumbnail
from ..state.assets import stands_alone
from ..state.layout import Layout
from ..state.ledger import HashedFile, hashed

OnProgress = Callable[[float], None]

_KEPT = ("input", "role", "size", "features", "device", "cached", "seconds", "peak_memory")


@dataclass(frozen=True)
class Task:
    """What an executor is given. request: what is done, for any asset; device: where that is decided."""

    id: str
    source: Path
    target: Path
    root: Path
    request: Request

    def to_json(self) -> dict[str, Any]:
        """Nested plain values."""
        paths = {name: str(getattr(self, name)) for name in ("source", "target", "root")}
        return {"id": self.id, "request": self.request.to_json(), **paths}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Task:
        """The task that `to_json` gave."""
        paths = {name: Path(fields[name]) for name in ("source", "target", "root")}
        return cls(id=fields["id"], request=Request.from_json(fields["request"]), **paths)

    def on_device(self, device: str) -> Task:
        """The task for a device, where the request leaves the choice open."""
        if self.request.compute.device != "auto":
            return self
        compute = dataclasses.replace(self.request.compute, device=device)
        return dataclasses.replace(self, request=dataclasses.replace(self.request, compute=compute))


@dataclass(frozen=True)
class Result:
    """What became of a task. problems: `{"kind", "message"}` of each texture that failed, or of the asset."""

    seconds: float
    phases: dict[str, float]
    problems: tuple[dict[str, str], ...] = ()
    uses: tuple[HashedFile, ...] = ()
    outputs: tuple[HashedFile, ...] = ()
    textures: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Nested plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Result:
        """The result that `to_json` gave."""
        changes: dict[str, Any] = {name: tuple(fields[name]) for name in ("problems", "textures", "warnings")}
        for name in ("uses", "outputs"):
            changes[name] = tuple(HashedFile(**file) for file in fields[name])
        return cls(**(fields | changes))


class _AssetsOwnPlace(MadeFiles):
    """Whatever lies in an asset's place is this batch's: that was looked at before the asset was begun."""

    def __init__(self) -> None:
        pass

    def has_earlier(self, path: Path) -> bool:
        return True

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        # Nobody else has this place.
        yield

    def remember(self, paths: Iterable[Path]) -> None:
        """The ledger does."""


class WatchedClient(WorkerClient):
    """A worker whose progress goes to the batch, with the times at which it was used."""

    def __init__(self, cache_folder: Path | None = None) -> None:
        super().__init__(cache_folder=cache_folder)
        self.on_progress: OnProgress = lambda _: None
        self.warnings: list[str] = []
        self.drawing = 0.0
        self.last_drawn = 0.0
        self.pictures: tuple[Path, Path] | None = None

    def begin(self, on_progress: OnProgress, pictures: tuple[Path, Path]) -> None:
        """Forget the last asset and watch the next. pictures: where its thumbnails go, before and after."""
        self.pictures = pictures
        self.on_progress, self.warnings, self.drawing = on_progress, [], 0.0
        self.last_drawn = 0.0

    def run(self, jobs: Sequence[Job], on_event: OnEvent | None = None) -> list[Outcome | StylizerError]:
        done = dict.fromkeys((job.id for job in jobs), 0.0)
        started = time.monotonic()

        def watch(event: dict[str, Any]) -> None:
            if event["type"] == "warning":
                self.warnings.append(event["message"])
            if event["type"] in ("progress", "done", "failed") and event.get("id") in done:
                done[event["id"]] = event.get("fraction", 1.0)
                self.on_progress(sum(done.values()) / len(done))

        try:
            results = super().run(jobs, watch)
        finally:
            self.last_drawn = time.monotonic()
            self.drawing += self.last_drawn - started
        self._keep_pictures(jobs, results)
        return results

    def _keep_pictures(self, jobs: Sequence[Job], results: Sequence[Outcome | StylizerError]) -> None:
        """The page shows an asset's first texture; later its files are inside of a model."""
        for job, result in zip(jobs, results, strict=True):
            if isinstance(result, Outcome) and self.pictures is not None:
                before, after = self.pictures
                write_thumbnail(Path(job.source.path), before)
                write_thumbnail(Path(result.output), after)
                self.pictures = None


def perform(task: Task, client: WatchedClient, on_progress: OnProgress) -> Result:
    """Work on an asset and wait. What goes wrong is in the result. Raises Cancelled."""
    layout = Layout(task.request.output)
    client.begin(on_progress, (layout.picture(task.id, "before"), layout.picture(task.id, "after")))
    started = time.monotonic()
    request = dataclasses.replace(task.request, inputs=(task.source,), output=task.target)
    restyled = attempt(request, Output(task.source, task.target, named=False), client, _AssetsOwnPlace())
    seconds = time.monotonic() - started
    writing = time.monotonic() - client.last_drawn if client.last_drawn else 0.0
    phases = {"open": seconds - client.drawing - writing, "draw": client.drawing, "write": writing}
    return Result(
        seconds=round(seconds, 4),
        phases={name: round(value, 4) for name, value in phases.items()},
        problems=tuple(to_message(problem) for problem in restyled.problems),
        uses=tuple(hashed(path, task.root) for path in restyled.uses if path.is_file()),
        outputs=_outputs(task, restyled),
        textures=tuple({name: row[name] for name in _KEPT} for row in restyled.rows),
        warnings=tuple(client.warnings),
    )


def _outputs(task: Task, restyled: Restyled) -> tuple[HashedFile, ...]:
    """Every file of the result: all of its own folder, or the one file."""
    if not restyled.rows:
        return ()
    out = task.request.output
    if stands_alone(task.target):
        return (hashed(task.target, out),)
    folder = task.target.parent
    return tuple(hashed(path, out) for path in sorted(folder.rglob("*")) if path.is_file())
