"""The process that has torch: reads jobs from stdin, works on them in turn, or on a GPU on a few at once, and
streams events to stdout.

Started as `python -m texture_stylizer.jobs.worker`. It ends when its stdin closes, so it cannot outlive
the program that started it; the temporary folder of a job that was under way goes with it.
"""

from __future__ import annotations

import importlib.util
import os
import queue
import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

from ... import __version__
from ...descriptions import Job, Outcome
from ...errors import BadMachine, Cancelled, StylizerError, to_message
from ...whole_file import whole_file
from ..environment import LIBRARIES
from ..protocol import HEARTBEAT_SECONDS, Message, from_line, is_private, to_line
from ..python import PACKAGE_FOLDER

PROGRESS_SECONDS = 0.1
PREVIEW_SECONDS = 1.0
ICON_SIZE = 192


class Worker:
    """The two ends of the pipe, and which jobs were cancelled."""

    def __init__(self, commands: TextIO, events: TextIO) -> None:
        self._commands = commands
        self._events = events
        self._sending = threading.Lock()
        self._waiting: queue.Queue[Message] = queue.Queue()
        self._cancelled: set[str] = set()
        self._folders: set[Path] = set()
        self._guarded: list[Path] = []

    def run(self) -> None:
        """Work until stdin closes."""
        threading.Thread(target=self._read_commands, daemon=True).start()
        threading.Thread(target=self._beat, daemon=True).start()
        try:
            _check_libraries()
        except BadMachine as problem:
            self._send({"type": "broken", **to_message(problem)})
            return
        self._send({"type": "ready", "version": __version__})
        run_job = self._job_runner()
        while True:
            message = self._waiting.get()
            if message["type"] == "describe":
                self._answer(self._describe)
            elif message["type"] == "download":
                self._answer(self._download)
            elif message["type"] == "run":
                run_job(message)

    def _job_runner(self) -> Callable[[Message], None]:
        """What is done with a job: it is run, or handed to threads where several fit beside each other."""
        import torch

        from .sharing import jobs_at_once

        count = jobs_at_once()
        if count == 1:
            return self._run_job
        # It is the whole process's: one job must not take it from another.
        torch.backends.cudnn.deterministic = True
        threads = ThreadPoolExecutor(count)

        def hand_over(message: Message) -> None:
            threads.submit(self._run_job, message)

        return hand_over

    def _answer(self, question: Callable[[], Message]) -> None:
        try:
            self._send(question())
        except Exception as error:
            self._send({"type": "broken", **to_message(error)})

    def _describe(self) -> Message:
        from .machine import describe_machine

        return {"type": "machine", **describe_machine()}

    def _download(self) -> Message:
        from ...engine.features.weights import download_vgg19

        return {"type": "downloaded", "path": str(download_vgg19())}

    def _run_job(self, message: Message) -> None:
        job = Job.from_json(message["job"])
        folder = Path(job.folder)
        self._folders.add(folder)
        self._send({"type": "started", "id": job.id})
        try:
            outcome = self._work_on(job)
        except Exception as error:
            # Everything ends up in the same small tree; the trace goes along for --verbose.
            trace = "" if isinstance(error, Cancelled) else traceback.format_exc()
            answer = {"type": "failed", "id": job.id, "traceback": trace, **to_message(error)}
            if job.name not in answer["message"]:
                answer["message"] = f"{job.name}: {answer['message']}"
        else:
            answer = {"type": "done", "id": job.id, "outcome": outcome.to_json()}
        # Before the answer: from then on the folder and the results in it are the other side's.
        self._folders.discard(folder)
        self._send(answer)

    def _work_on(self, job: Job) -> Outcome:
        from ...engine.coarse_to_fine import Iterate
        from .task import run_job

        shown = {"progress": 0.0, "preview": time.monotonic()}
        number = 0

        def on_iterate(iterate: Iterate) -> None:
            nonlocal number
            self._stop_if_cancelled(job)
            now = time.monotonic()
            if now - shown["progress"] >= PROGRESS_SECONDS or iterate.fraction >= 1.0:
                shown["progress"] = now
                self._send({"type": "progress", "id": job.id, **progress_fields(iterate)})
            if job.preview_size and now - shown["preview"] >= PREVIEW_SECONDS:
                number += 1
                path = Path(job.folder) / f"preview_{job.id}_{number}.png"
                fields = write_preview(path, iterate, job.preview_size)
                self._send({"type": "preview", "id": job.id, **fields})
                shown["preview"] = time.monotonic()

        def on_warning(text: str) -> None:
            self._send({"type": "warning", "id": job.id, "message": f"{job.name}: {text}"})

        self._stop_if_cancelled(job)
        return run_job(job, on_iterate, on_warning)

    def _stop_if_cancelled(self, job: Job) -> None:
        if job.id in self._cancelled:
            raise Cancelled(f"{job.name}: cancelled")

    def _read_commands(self) -> None:
        for line in self._commands:
            message = from_line(line)
            if message is None:
                continue
            if message["type"] == "cancel":
                self._cancelled.add(message["id"])
            elif message["type"] == "guard":
                self._guarded.append(Path(message["folder"]))
            else:
                self._waiting.put(message)
        self._end()

    def _end(self) -> None:
        """The other side is gone: leave nothing behind, and do not wait for the iteration to finish."""
        # Windows does not delete the folder that a process works in.
        os.chdir(PACKAGE_FOLDER)
        for folder in (*self._folders, *self._guarded):
            if is_private(folder):
                shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    def _beat(self) -> None:
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            self._send({"type": "heartbeat"})

    def _send(self, message: Message) -> None:
        try:
            with self._sending:
                self._events.write(to_line(message))
                self._events.flush()
        except (OSError, ValueError):
            self._end()


def progress_fields(iterate: object) -> Message:
    """The fields of a `Progress`, rounded for the wire."""
    from dataclasses import fields

    from ...descriptions import Progress

    return {
        field.name: round(value, 6) if isinstance(value, float) else value
        for field in fields(Progress)
        for value in [getattr(iterate, field.name)]
    }


def write_preview(path: Path, iterate: object, size: int) -> Message:
    """Write the image of the moment: a small 8-bit PNG as an icon, and raw float32 RGBA with its longest
    side at most `size`, bottom row first, the form that a GPU takes. Returns `path`, `pixels`, `width` and
    `height`."""
    import numpy as np
    from PIL import Image

    from .images import as_integers

    picture = Image.fromarray(as_integers(iterate.image(), depth="uint8"))  # type: ignore[attr-defined]
    picture.thumbnail((size, size), Image.Resampling.BILINEAR)
    small = picture.copy()
    small.thumbnail((ICON_SIZE, ICON_SIZE), Image.Resampling.BILINEAR)
    with whole_file(path) as partial:
        small.save(partial, compress_level=1)
    values = np.asarray(picture.convert("RGBA"), dtype=np.float32)[::-1] / np.float32(255)
    pixels = path.with_suffix(".rgba")
    values.tofile(pixels)
    return {"path": str(path), "pixels": str(pixels), "width": picture.width, "height": picture.height}


def _check_libraries() -> None:
    """An incomplete installation must show itself before the first job: raises BadMachine."""
    try:
        import torch  # noqa: F401
    except Exception as reason:
        raise BadMachine(
            f"torch does not work in {sys.executable} ({type(reason).__name__}: {reason}); "
            "install torch there"
        ) from reason
    missing = [wanted for name, wanted in LIBRARIES.items() if importlib.util.find_spec(name) is None]
    if missing:
        raise BadMachine(f"{sys.executable} lacks {', '.join(missing)}; install them there with pip")


def _give_way() -> None:
    """Run at a lower priority: the window that waits for the picture needs the processor first."""
    try:
        import psutil
    except ImportError:
        # `_check_libraries` says so in a moment, and there will be no work.
        return
    process = psutil.Process()
    process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10)


def main() -> None:
    """Keep stdout for events alone: what libraries print goes to stderr."""
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    # Before torch is imported: that is seconds of work, and threads that stay.
    _give_way()
    try:
        Worker(sys.stdin, events).run()
    except StylizerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
