"""A run in the window: its request, its worker and its place in the line; no Blender operator.

State lives here and in the run's temporary folder, never in properties that are saved with a file. A session
holds names and session ids, no references into Blender: an undo would break them.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.app.translations import pgettext_iface as iface

from ...descriptions import Outcome, SceneStyle, StyleImage
from ...errors import BadInput, from_message
from ...scene.run_options import RunOptions
from ...settings import Settings
from ..addon_paths import cache_folder, worker_python_path
from ..run_queue import LINE
from ..window.text_lines import about
from . import live_preview

if TYPE_CHECKING:
    from ...jobs.client import WorkerClient
    from ...scene.run_state import Key, Restyle

MEASURED_SECONDS = 3.0
"""From here on the time left is shown: the first steps say little."""

PREVIEW_SIZE = 512
"""Longest side of the picture that is shown on the model during a run."""

_LIBRARIES = f"{__name__.rpartition('.ui.')[0]}.scene.restyle"
_LOADERS: list[threading.Thread] = []
"""The one thread that loads `_LIBRARIES`, once it was started."""


@dataclass(frozen=True)
class Request:
    """What was asked for: the objects by session id, and what `scene.plan.begin` takes."""

    object_uids: tuple[int, ...]
    styles: list[StyleImage | SceneStyle]
    settings: Settings
    options: RunOptions


@dataclass(frozen=True)
class _Begun:
    """What a session has once its work has begun."""

    run: Restyle
    client: WorkerClient


def objects_of(request: Request) -> list[Any]:
    """The objects of a request. Raises BadInput when all of them are gone."""
    objects = [object_ for object_ in bpy.data.objects if object_.session_uid in request.object_uids]
    if not objects:
        raise BadInput("the chosen objects are not in this file any more; nothing was changed")
    return objects


def libraries_are_loaded() -> bool:
    """Whether the first run's libraries are there; a thread loads numpy, for which a window may not wait."""
    if not _LOADERS and _LIBRARIES not in sys.modules:
        _LOADERS.append(threading.Thread(target=importlib.import_module, args=(_LIBRARIES,)))
        _LOADERS[0].start()
    return not any(loader.is_alive() for loader in _LOADERS)


class Session:
    """One run from its request to its variant. `text`, `fraction` and `left` say how far it is."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.text, self.fraction, self.left = "", 0.0, ""
        self._began = time.monotonic()
        self._work: dict[Key, float] = {}
        self._part_done: dict[Key, float] = {}
        self.warnings: list[str] = []
        self._begun: _Begun | None = None
        self._keys: dict[str, Key] = {}
        self._open: set[str] = set()
        self._unwritten: list[Any] = []
        self._pictures: list[Callable[[], None]] = []
        self._preview: dict[str, Any] | None = None
        self._count = 0

    @property
    def is_first(self) -> bool:
        return bool(LINE) and LINE[0] is self

    @property
    def seconds(self) -> float:
        """Since its work began."""
        return time.monotonic() - self._began

    @property
    def has_begun(self) -> bool:
        return self._begun is not None

    @property
    def _run(self) -> Restyle:
        assert self._begun is not None, "it waits in the line"
        return self._begun.run

    def join_line(self, context: bpy.types.Context) -> None:
        """Wait behind the other runs, or begin. Raises what `begin` raises, and is out of the line then."""
        LINE.append(self)
        try:
            if self.is_first and libraries_are_loaded():
                self.begin(context)
        except BaseException:
            self.end(keep=False)
            raise

    def begin(self, context: bpy.types.Context) -> None:
        """Find the textures. Raises what `scene.plan.begin` raises, and BadMachine without a worker."""
        from ...jobs.client import WorkerClient
        from ...scene.plan import begin

        objects = objects_of(self.request)
        client = WorkerClient(worker_python_path(context), cache_folder=cache_folder(context))
        options = dataclasses.replace(self.request.options, preview_size=PREVIEW_SIZE)
        run = begin(objects, self.request.styles, self.request.settings, options)
        self._begun = _Begun(run, client)
        self._began = time.monotonic()
        self._count = len(run.waiting)
        self._work = {key: work_of(run, key) for key in run.waiting}
        self.text = iface("Starting, textures: {}").format(self._count)
        self.left = iface("Measuring the time")

    def step(self) -> bool:
        """Write one texture's pixels and take the worker's messages. Returns whether all is done."""
        from ...scene.texture_jobs import is_written, next_job

        assert self._begun is not None, "it waits in the line"
        client = self._begun.client
        key = self._run.waiting[0] if self._run.waiting else None
        job = next_job(self._run)
        if job is not None and key is not None:
            self._keys[job.id] = key
            self._unwritten.append(job)
        for job in [job for job in self._unwritten if is_written(self._run, job)]:
            self._unwritten.remove(job)
            if self._keys[job.id] not in self._run.failed:
                self._open.add(job.id)
                client.submit(job)
        for message in client.poll():
            self._take(message)
        # The picture of the moment, one part at a time: each holds up the window a little.
        if self._pictures:
            self._pictures.pop(0)()
        return not self._open and not self._unwritten and not self._run.waiting

    def apply(self) -> Any:
        """Load the results into the scene as a variant. Raises BadInput when there is none."""
        from ...scene.restyle import apply

        return apply(self._run)

    def end(self, *, keep: bool) -> None:
        """Stop the worker, leave the line and delete what is not to be kept; harmless when done twice."""
        from ...scene.restyle import take_back_uv_maps

        if self in LINE:
            LINE.remove(self)
        begun, self._begun = self._begun, None
        if begun is not None:
            if not keep:
                take_back_uv_maps(begun.run)
            # The worker's end and the files are waited for elsewhere: the window goes on.
            threading.Thread(target=_clear_away, args=(begun, keep)).start()
        live_preview.clear()

    def _take(self, message: dict[str, Any]) -> None:
        take: dict[str, Callable[[dict[str, Any]], None]] = {
            "progress": self._note_progress,
            "preview": self._show,
            "done": self._keep,
            "failed": self._note_failure,
        }
        if message["type"] == "warning":
            self.warnings.append(message["message"])
        elif message["type"] in take and message["id"] in self._keys:
            take[message["type"]](message)

    def _note_progress(self, message: dict[str, Any]) -> None:
        key = self._keys[message["id"]]
        self._part_done[key] = message["fraction"]
        done = sum(self._work[key] * part for key, part in self._part_done.items())
        work = sum(self._work.values())
        self.fraction = max(self.fraction, done / work)
        self.text = iface("{} of {}: {}").format(
            min(self._count, self._count_done() + 1), self._count, self._run.jobs[key].name
        )
        own = self._work[key] * (1.0 - message["fraction"])
        if own > 0.0 and self.seconds >= MEASURED_SECONDS and message["iteration"] > 2:
            self.left = iface("About {} left").format(about(message["seconds_left"] * (work - done) / own))

    def _count_done(self) -> int:
        return len(self._keys) - len(self._open) - len(self._unwritten)

    def _show(self, message: dict[str, Any]) -> None:
        key = self._keys[message["id"]]
        places = [place for use in self._run.uses_of(key) for place in use.places]
        materials, objects = {place.session_uid for place in places}, self._run.object_uids
        self._delete_preview()
        self._preview = message
        self._pictures = [
            lambda: live_preview.show_on_model(key, message, materials, objects),
            lambda: live_preview.show_icon(message["path"]),
            self._delete_preview,
        ]

    def _delete_preview(self) -> None:
        """Delete the files of the picture that was shown, or that a newer one overtook: 4 MB each second."""
        preview, self._preview = self._preview, None
        if preview is not None:
            for path in (preview["path"], preview["pixels"]):
                Path(path).unlink(missing_ok=True)

    def _keep(self, message: dict[str, Any]) -> None:
        self._run.outcomes[self._keys[message["id"]]] = Outcome.from_json(message["outcome"])
        self._end_part(message["id"])

    def _note_failure(self, message: dict[str, Any]) -> None:
        self._run.failed[self._keys[message["id"]]] = from_message(message)
        self._end_part(message["id"])

    def _end_part(self, job_id: str) -> None:
        self._open.discard(job_id)
        self._part_done[self._keys[job_id]] = 1.0


def work_of(run: Restyle, key: Key) -> float:
    """Texels that a texture of a planned run has the worker draw."""
    if key in run.baked:
        sizes = [(run.baked[key].size, run.baked[key].size)]
    else:
        sizes = [use.size for use in run.uses_of(key)]
    width, height = sizes[0]
    shrink = min(1.0, (run.order.settings.max_size or max(width, height)) / max(width, height, 1))
    return max(1.0, width * height * shrink**2)


def _clear_away(begun: _Begun, keep: bool) -> None:
    """End a worker, then delete a run's files: all of them, or those that are not results."""
    from ...scene.restyle import delete_results, discard

    begun.client.close()
    (discard if keep else delete_results)(begun.run)


def end_all() -> None:
    """End every run, for when the add-on is switched off."""
    for session in list(LINE):
        session.end(keep=False)
