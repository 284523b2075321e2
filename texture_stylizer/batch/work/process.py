"""The other end of an asset worker's pipe."""

from __future__ import annotations

import collections
import contextlib
import queue
import subprocess
import sys
import threading
import time

from ...commands.blender_process.ask import command_with_blender
from ...errors import BadMachine, from_message
from ...jobs.client import private_folder, remove_folder
from ...jobs.protocol import SILENCE_LIMIT_SECONDS, Message, from_line, to_line
from ...jobs.python import safe_environment, start
from ...words import duration, how_it_ended
from .asset_task import Task

START_SECONDS = 180.0
"""Within this time torch is loaded, on a slow disk too."""

_ENDING_SECONDS = 5.0


class AssetProcess:
    """One asset worker. `poll` never waits in vain: one that died or fell silent says so."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        """Start it. environment: changes to this process's. Raises BadMachine when it does not start."""
        self._folder = private_folder()
        command = command_with_blender("batch.work.asset_worker")
        try:
            self._process = start(
                command, self._folder, safe_environment(sys.executable, **(environment or {}))
            )
        except OSError as reason:
            remove_folder(self._folder)
            raise BadMachine(f"{command[0]} does not start ({reason.strerror})") from reason
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._stderr: collections.deque[str] = collections.deque(maxlen=40)
        self._heard = time.monotonic()
        self._readers = [
            threading.Thread(target=target, daemon=True) for target in (self._read_events, self._read_stderr)
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def submit(self, task: Task) -> None:
        """Hand a task over."""
        # What was said before is about another asset.
        self._stderr.clear()
        self._send({"type": "task", "task": task.to_json()})

    def poll(self, wait: float = 0.0) -> list[Message]:
        """What it said, in order; waits up to `wait` seconds for the first.

        A last message of the type `dead`, with a sentence, comes from one that has ended.
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
        elif (reason := self._why_dead()) is not None:
            messages.append({"type": "dead", "message": reason})
        return [message for message in messages if message["type"] != "heartbeat"]

    def wait_until_ready(self) -> Message:
        """Its `ready` message. Raises what it says that it lacks, or BadMachine where it dies."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for message in self.poll(wait=0.1):
                if message["type"] == "ready":
                    return message
                if message["type"] in ("broken", "dead"):
                    raise from_message(message)
        raise BadMachine(f"the worker was not ready within {duration(START_SECONDS)}")

    def close(self) -> None:
        """End it and all that it started: it is asked first, so that it clears its folders away."""
        tree = _tree_of(self._process.pid)
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        deadline = time.monotonic() + _ENDING_SECONDS
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING_SECONDS)
        for child in tree:
            child.end(max(0.1, deadline - time.monotonic()))
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=2.0)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        remove_folder(self._folder)

    def _send(self, message: Message) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            # Where it has died, `poll` says so.
            self._process.stdin.write(to_line(message))
            self._process.stdin.flush()

    def _why_dead(self) -> str | None:
        code = self._process.poll()
        silent = time.monotonic() - self._heard
        if code is None and silent < SILENCE_LIMIT_SECONDS:
            return None
        if code is not None:
            for reader in self._readers:
                reader.join(timeout=2.0)
            if not self._messages.empty():
                return None
        how = how_it_ended(code) if code is not None else f"it said nothing for {duration(silent)}"
        last = " | ".join(line for line in list(self._stderr)[-3:] if line)
        return f"the worker died ({how}){': ' + last if last else ''}"

    def _read_events(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = from_line(line)
            if message is not None:
                self._messages.put(message)

    def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.strip()
            if text.startswith(("warning: ", "skipped: ")):
                self._messages.put({"type": "note", "text": text})
            else:
                self._stderr.append(text)


class _Child:
    """A process that the asset worker started, known by when it was: its number may be another's by now."""

    def __init__(self, process: object) -> None:
        self._process = process

    def end(self, seconds: float) -> None:
        import psutil

        assert isinstance(self._process, psutil.Process)
        with contextlib.suppress(psutil.Error):
            try:
                self._process.wait(seconds)
            except psutil.TimeoutExpired:
                self._process.kill()


def _tree_of(pid: int) -> list[_Child]:
    """What runs below a process. Blender's own Python may lack the library; then they end by their pipes."""
    try:
        import psutil
    except ImportError:
        return []
    with contextlib.suppress(psutil.Error):
        return [_Child(child) for child in psutil.Process(pid).children(recursive=True)]
    return []
