"""Blender's side of a command in a process of its own: a file that makes Blender crash ends that alone."""

from __future__ import annotations

import collections
import contextlib
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from ...errors import BadInput, BadMachine, from_message
from ...jobs.client import private_folder, remove_folder
from ...jobs.interrupts import raise_if_asked
from ...jobs.protocol import Message, from_line, to_line
from ...jobs.python import bootstrap, command_of, safe_environment, start
from ...words import how_it_ended

OnMessage = Callable[[Message], Message | None]

_END: Message = {"type": "end"}
_KILLED = -9


def ask_blender(
    task: str, subject: Path, on_message: OnMessage, *, folder: Path | None = None, **fields: Any
) -> Message:
    """Let a Blender without a window do one task of `inside_blender`; waits. Returns its answer.

    subject: the file that it is about; sentences name it as it is given here. folder: where it keeps
    temporary files; one that is deleted at the end by default. on_message: is given what Blender says
    meanwhile, and returns what it is to be told.
    Raises the errors of errors.py, also when Blender crashes.
    """
    own = folder or private_folder()
    try:
        with _Blender(own) as blender:
            blender.send({"type": "task", "task": task, "subject": str(subject.absolute()), **fields})
            for message in blender.messages():
                for sentence in (message, *message.get("problems", ())):
                    if "message" in sentence:
                        sentence["message"] = sentence["message"].replace(
                            str(subject.absolute()), str(subject)
                        )
                if message["type"] == "answer":
                    return message
                if message["type"] == "failed":
                    error = from_message(message)
                    error.add_note(message.get("traceback", ""))
                    raise error
                reply = on_message(message)
                if reply is not None:
                    blender.send(reply)
            raise blender.crash(subject)
    finally:
        if folder is None:
            remove_folder(own)


class _Blender:
    """The process and its pipes."""

    def __init__(self, folder: Path) -> None:
        # Blender makes folders for itself where temporary files go, and leaves them when it crashes.
        temporary = {name: str(folder) for name in ("TMPDIR", "TEMP", "TMP")}
        try:
            self._process = start(
                command_with_blender("commands.blender_process.inside_blender"),
                folder,
                safe_environment(sys.executable, **temporary),
            )
        except OSError as reason:
            raise BadMachine(f"{sys.executable} does not start ({reason.strerror})") from reason
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._last: collections.deque[str] = collections.deque(maxlen=20)
        self._readers = [
            threading.Thread(target=target, args=(stream,), daemon=True)
            for target, stream in ((self._read, self._process.stdout), (self._hear, self._process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> _Blender:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=2.0)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def send(self, message: Message) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            # Where it has died, the end of its messages says so.
            self._process.stdin.write(to_line(message))
            self._process.stdin.flush()

    def messages(self) -> Any:
        """What it says, until it ends."""
        while True:
            # With a time limit, so that it is seen when a signal has come.
            with contextlib.suppress(queue.Empty):
                raise_if_asked()
                message = self._messages.get(timeout=0.1)
                if message is _END:
                    return
                yield message

    def crash(self, subject: Path) -> BadInput:
        """Why it ended without an answer."""
        code = self._process.wait()
        if code == _KILLED:
            error = BadInput(
                f"{subject}: Blender was ended at work, perhaps for want of memory; try it alone"
            )
        else:
            error = BadInput(
                f"{subject}: Blender crashes on it ({how_it_ended(code)}), so it is probably damaged; "
                "take an earlier version of it, or export it anew"
            )
        error.add_note("\n".join(self._last))
        return error

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            message = from_line(line)
            if message is not None:
                self._messages.put(message)
        self._messages.put(_END)

    def _hear(self, stream: IO[str]) -> None:
        for line in stream:
            self._last.append(line.rstrip())


def command_with_blender(module: str) -> list[str]:
    """What runs a module of this package in this Python with its bpy, or in the Blender that this runs in."""
    bpy = sys.modules.get("bpy")
    program = bpy.app.binary_path if bpy is not None else ""
    if not program:
        return command_of(sys.executable, module)
    return [program, "--background", "--factory-startup", "--python-expr", bootstrap(module)]
