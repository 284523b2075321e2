"""The other end of the batch service's pipe: a program that must not wait asks it now and then."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading

from ..commands.blender_process.ask import command_with_blender
from ..commands.request import Request
from ..errors import BadMachine
from ..jobs.client import private_folder, remove_folder
from ..jobs.protocol import Message, from_line, to_line
from ..jobs.python import safe_environment, start
from ..words import how_it_ended


class BatchProcess:
    """A batch in a process of its own, with a Blender where this runs in one."""

    def __init__(self, request: Request, *, environment: dict[str, str]) -> None:
        """Start it. environment: changes to this process's. Raises BadMachine."""
        self._folder = private_folder()
        command = command_with_blender("batch.service")
        try:
            self._process = start(command, self._folder, safe_environment(sys.executable, **environment))
        except OSError as reason:
            remove_folder(self._folder)
            raise BadMachine(f"{command[0]} does not start ({reason.strerror})") from reason
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._over = False
        self._readers = [
            threading.Thread(target=target, daemon=True) for target in (self._read, self._read_words)
        ]
        for reader in self._readers:
            reader.start()
        self._send({"type": "batch", "request": request.to_json()})

    def poll(self) -> list[Message]:
        """What has happened since; the last message of a batch is of the type end or error."""
        ended = self._process.poll()
        if ended is not None:
            self._readers[0].join(timeout=2.0)
        messages: list[Message] = []
        with contextlib.suppress(queue.Empty):
            while True:
                messages.append(self._messages.get_nowait())
        self._over |= any(message["type"] in ("end", "error") for message in messages)
        if ended is not None and not self._over:
            self._over = True
            reason = f"the batch's process died ({how_it_ended(ended)}); start it again, and it goes on"
            messages.append({"type": "error", "kind": BadMachine.kind, "message": reason})
        return messages

    def stop(self) -> None:
        """Let it finish what it has in hand; a second time ends that as well."""
        self._send({"type": "stop"})

    def close(self) -> None:
        """End it, at once where it is at work."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        try:
            self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
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
            self._process.stdin.write(to_line(message))
            self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            message = from_line(line)
            if message is not None:
                self._messages.put(message)

    def _read_words(self) -> None:
        # A full pipe would hold it up.
        assert self._process.stderr is not None
        for _ in self._process.stderr:
            pass
