"""The other end of the worker's pipe: starts it, hands it jobs, and never waits for it in vain.

Standard library only: this runs inside Blender. `poll` gives what has arrived and returns at once, for a
timer; `run` waits, for scripts and the command line.
"""

from __future__ import annotations

import collections
import importlib.util
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ..descriptions import Job, Outcome, with_absolute_paths
from ..errors import BadMachine, Cancelled, StylizerError, from_message
from ..whole_file import remove_temporary
from ..words import duration, how_it_ended
from .cache_folder import CACHE_VARIABLE
from .interrupts import raise_if_asked
from .protocol import (
    FOLDER_PREFIX,
    SILENCE_LIMIT_SECONDS,
    Message,
    from_line,
    is_private,
    to_line,
)
from .python import command_of, safe_environment, start

OnEvent = Callable[[Message], None]


class RunsJobs(Protocol):
    """A worker, or a way to one."""

    def run(self, jobs: Sequence[Job], on_event: OnEvent | None = None) -> list[Outcome | StylizerError]:
        """Work on `jobs` in order and wait. Returns an outcome or an error for each."""
        ...


def private_folder() -> Path:
    """A new temporary folder for a run's arrays, readable by this user alone. Raises BadMachine for none."""
    try:
        return Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    except OSError as reason:
        raise BadMachine(
            f"there is no folder for temporary files ({reason.strerror}); make room, or let TMPDIR name one"
        ) from reason


def worker_python(configured: str | None = None) -> str:
    """The interpreter that has torch: the configured one, or this one.

    configured None takes what TEXTURE_STYLIZER_PYTHON names, if anything. Raises BadMachine when there is
    none.
    """
    configured = configured or os.environ.get("TEXTURE_STYLIZER_PYTHON")
    if configured:
        if not Path(configured).is_file():
            raise BadMachine(
                f"there is no Python at {configured}; choose another in the add-on's preferences"
            )
        return os.path.abspath(configured)
    if importlib.util.find_spec("torch") is None:
        raise BadMachine(
            f"torch is not installed for {sys.executable}; set up the worker's environment in the "
            "add-on's preferences, or run: pip install texture-stylizer"
        )
    return sys.executable


class WorkerClient:
    """One worker process. Use it as a context manager, or call `close`."""

    def __init__(self, python: str | None = None, *, cache_folder: Path | None = None) -> None:
        """python: the interpreter that has torch; None for this one. cache_folder: where the worker keeps
        results; None for the user's cache. Raises BadMachine when there is no such interpreter."""
        self._python = worker_python(python)
        self._cache_folder = cache_folder
        self._process: subprocess.Popen[str] | None = None
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._stderr: collections.deque[str] = collections.deque(maxlen=40)
        self._readers: list[threading.Thread] = []
        self._heard = 0.0
        self._pending: dict[str, Job] = {}
        self._started: set[str] = set()
        self._broken: str | None = None
        self._working_folder: Path | None = None
        self._guarded: list[str] = []

    def __enter__(self) -> WorkerClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the worker's process runs."""
        return self._process is not None and self._process.poll() is None

    def submit(self, job: Job) -> None:
        """Hand over a job; its events come through `poll`. Starts the worker when none is running."""
        self._start_if_needed()
        job = with_absolute_paths(job)
        self._pending[job.id] = job
        self._send({"type": "run", "job": job.to_json()})

    def guard(self, folder: Path) -> None:
        """Let the worker delete a private folder when it ends, for when this process is killed. Starts it."""
        self._start_if_needed()
        self._guarded.append(str(folder))
        self._send({"type": "guard", "folder": str(folder)})

    def cancel(self, job_id: str) -> None:
        """Ask for a job's end; its `failed` event, of kind cancelled, follows."""
        if job_id in self._pending:
            self._send({"type": "cancel", "id": job_id})

    def describe(self, timeout: float = 120.0) -> Message:
        """The worker's `machine` message. Raises BadMachine when it cannot give one."""
        return self._ask("describe", "machine", timeout)

    def request_description(self) -> None:
        """Ask for the `machine` message without waiting; it or `broken` comes through `poll`."""
        self._start_if_needed()
        self._send({"type": "describe"})

    def request_vgg19(self) -> None:
        """Ask for VGG19's weights without waiting; `downloaded` or `broken` comes through `poll`."""
        self._start_if_needed()
        self._send({"type": "download"})

    def download_vgg19(self, timeout: float = 7200.0) -> str:
        """Fetch VGG19's weights; waits. Returns the file's path. Raises MissingWeights."""
        return self._ask("download", "downloaded", timeout)["path"]

    def _ask(self, question: str, answer: str, timeout: float) -> Message:
        self._start_if_needed()
        self._send({"type": question})
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            raise_if_asked()
            for message in self.poll(wait=0.2):
                if message["type"] == answer:
                    return message
                if message["type"] == "broken":
                    raise from_message(message)
            if self._process is None or self._process.poll() is not None:
                break
        raise BadMachine(f"the worker ({self._python}) did not answer within {duration(timeout)}")

    def poll(self, wait: float = 0.0) -> list[Message]:
        """The events that have arrived, in order; waits up to `wait` seconds for the first.

        A worker that died or fell silent gives a `failed` event for every job it still had.
        """
        messages: list[Message] = []
        try:
            messages.append(self._messages.get(timeout=wait) if wait else self._messages.get_nowait())
            while True:
                messages.append(self._messages.get_nowait())
        except queue.Empty:
            pass
        if messages:
            self._heard = time.monotonic()
        for message in messages:
            self._note(message)
        if not messages:
            messages = self._failures_of_a_dead_worker()
        return [message for message in messages if message["type"] != "heartbeat"]

    def run(self, jobs: Sequence[Job], on_event: OnEvent | None = None) -> list[Outcome | StylizerError]:
        """Work on `jobs` in order and wait. Returns an outcome or an error for each.

        An exception out of `on_event`, such as KeyboardInterrupt, cancels what is left and goes on up.
        """
        results: dict[str, Outcome | StylizerError] = {}
        for job in jobs:
            self.submit(job)
        try:
            while not all(job.id in results for job in jobs):
                raise_if_asked()
                for message in self.poll(wait=0.1):
                    if message["type"] == "done":
                        results[message["id"]] = Outcome.from_json(message["outcome"])
                    elif message["type"] == "failed":
                        results[message["id"]] = _error_of(message)
                    if on_event is not None:
                        on_event(message)
        except BaseException:
            self._cancel_all()
            raise
        return [results[job.id] for job in jobs]

    def close(self) -> None:
        """End the worker, at once if it is busy, and clear away what it left half-written."""
        folder, self._working_folder = self._working_folder, None
        try:
            self._end_process()
        finally:
            if folder is not None:
                remove_folder(folder)

    def _end_process(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                pass  # it was gone already
        try:
            process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for reader in self._readers:
            reader.join(timeout=2.0)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        self._remove_partial_files(process.pid)
        self._pending.clear()
        self._started.clear()
        self._broken = None

    def _cancel_all(self) -> None:
        """Stop every job and give the worker a moment to say so."""
        for job_id in list(self._pending):
            self.cancel(job_id)
        deadline = time.monotonic() + 2.0
        while self._pending and time.monotonic() < deadline:
            self.poll(wait=0.1)
        if self._pending:
            self.close()

    def _start_if_needed(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._stderr.clear()
        self._messages = queue.SimpleQueue()
        self._working_folder = private_folder()
        try:
            self._process = start(
                command_of(self._python, "jobs.worker"),
                self._working_folder,
                _environment(self._python, self._cache_folder),
            )
        except OSError as reason:
            raise BadMachine(f"{self._python} does not start ({reason.strerror}); choose another") from reason
        self._heard = time.monotonic()
        self._readers = [
            threading.Thread(target=target, args=(self._process,), daemon=True)
            for target in (self._read_events, self._read_stderr)
        ]
        for reader in self._readers:
            reader.start()
        for folder in (str(self._working_folder), *self._guarded):
            self._send({"type": "guard", "folder": folder})

    def _read_events(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        messages = self._messages
        for line in process.stdout:
            message = from_line(line)
            if message is not None:
                messages.put(message)

    def _read_stderr(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self._stderr.append(line.rstrip())

    def _send(self, message: Message) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(to_line(message))
            self._process.stdin.flush()
        except OSError:
            pass  # it has died; `poll` says so with its reason

    def _note(self, message: Message) -> None:
        """Keep account of which jobs are under way, and of a worker that says it cannot work."""
        if message["type"] == "started":
            self._started.add(message["id"])
        elif message["type"] in ("done", "failed"):
            self._started.discard(message["id"])
            self._pending.pop(message["id"], None)
        elif message["type"] == "broken":
            self._broken = message["message"]

    def _failures_of_a_dead_worker(self) -> list[Message]:
        """A `failed` event for the job that a dead worker was on; the jobs behind it go to a new one."""
        if self._process is None or not self._pending:
            return []
        reason = self._why_dead(self._process)
        if reason is None:
            return []
        if not self._messages.empty():
            return self.poll()
        lost = self._started & self._pending.keys() or set(self._pending)
        failed: list[Message] = [
            {
                "type": "failed",
                "id": job_id,
                "kind": BadMachine.kind,
                "message": f"{self._pending[job_id].name}: {reason}",
                "traceback": "\n".join(self._stderr),
            }
            for job_id in lost
        ]
        waiting = [job for job in self._pending.values() if job.id not in lost]
        self.close()
        for job in waiting:
            self.submit(job)
        return failed

    def _why_dead(self, process: subprocess.Popen[str]) -> str | None:
        """One sentence about a worker that ended or fell silent; None while it is well."""
        code = process.poll()
        silent = time.monotonic() - self._heard
        if code is None and silent < SILENCE_LIMIT_SECONDS:
            return None
        if code is None:
            process.kill()
            how = f"it said nothing for {duration(silent)}"
        else:
            how = how_it_ended(code)
        for reader in self._readers:
            reader.join(timeout=2.0)
        if self._broken is not None:
            return self._broken
        last = " | ".join(line.strip() for line in list(self._stderr)[-5:] if line.strip())
        return f"the worker died ({how}){': ' + last if last else ''}"

    def _remove_partial_files(self, pid: int) -> None:
        """Files that a killed worker was just writing beside their destination."""
        for job in self._pending.values():
            maps = [part for found in job.following for part in (found, *found.tiles)]
            for part in (job, *job.tiles, *job.frames, *maps):
                remove_temporary(Path(part.destination.path), pid)


def _error_of(message: Message) -> StylizerError:
    error = from_message(message)
    if message.get("traceback"):
        error.add_note(message["traceback"])
    return error


def _environment(python: str, cache_folder: Path | None) -> dict[str, str]:
    """The worker's environment; a cache that is named by a relative path stays where it was."""
    named = cache_folder or os.environ.get(CACHE_VARIABLE)
    return safe_environment(python, **({CACHE_VARIABLE: os.path.abspath(named)} if named else {}))


def remove_folder(folder: Path) -> None:
    """Delete a folder that `private_folder` made, or one beside results that is named alike."""
    if is_private(folder):
        shutil.rmtree(folder, ignore_errors=True)


__all__ = ["Cancelled", "RunsJobs", "WorkerClient", "private_folder", "remove_folder", "worker_python"]
