"""Who works on which asset, on a disk that several machines share: files that only one can make.

A claim is a file `ID.GENERATION`. Only one process can make it, and as long as it lives it touches it. When
its last sign of life is old, whoever makes the next generation's file has the asset; that, too, only one can.
Whoever has one reads the ledger once more: the one before may have finished.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path

from .assets import Asset
from .disk import unwritable
from .layout import Layout

HEARTBEAT_SECONDS = 5.0
STALE_SECONDS = 60.0
"""A claim whose owner gave no sign of life for so long is another's."""


class Claims:
    """The claims of this process. Use it as a context manager: within it, they are kept alive."""

    def __init__(self, layout: Layout, *, stale_seconds: float = STALE_SECONDS) -> None:
        self._layout = layout
        self._stale = stale_seconds
        self._owner = f"{socket.gethostname()}.{os.getpid()}"
        self._held: dict[str, Path] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Claims:
        try:
            self._layout.state.mkdir(parents=True, exist_ok=True)
            self._layout.clock(self._owner).touch()
        except OSError as reason:
            raise unwritable(self._layout.state, reason) from reason
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        for path in (*self._held.copy().values(), self._layout.clock(self._owner)):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def take(self, asset: Asset) -> bool:
        """Claim an asset. Returns whether it is this process's now."""
        generation = 1
        while True:
            path = self._layout.claim(asset.id, generation)
            if self._make(path):
                self._held[asset.id] = path
                if not self._has_rival(asset, generation):
                    return True
                # Each looks for the other after it made its own: both may give way, never neither.
                self._held.pop(asset.id)
                path.unlink(missing_ok=True)
                return False
            if self._is_alive(path):
                return False
            generation += 1

    def last_sign(self, asset: Asset) -> float | None:
        """When the living process that works on an asset last said so, by the disk's clock; None for none."""
        generation, last = 1, None
        while (path := self._layout.claim(asset.id, generation)).exists():
            with contextlib.suppress(OSError):
                last = path.stat().st_mtime if self._is_alive(path) else None
            generation += 1
        return last

    def are_others_alive(self) -> bool:
        """Whether any other process works in this folder."""
        mine = set(self._held.copy().values())
        found = (path for path in self._layout.claims.glob("*/*") if path not in mine)
        return any(self._is_alive(path) for path in found)

    def still_holds(self, asset: Asset) -> bool:
        """Whether nobody took an asset over, after this process stood still for too long."""
        path = self._held.get(asset.id)
        if path is None or not path.exists():
            return False
        generation = int(path.name.rpartition(".")[2])
        return not self._layout.claim(asset.id, generation + 1).exists()

    def release(self, asset: Asset) -> None:
        """Give an asset up, with the claims of the dead before this one."""
        path = self._held.pop(asset.id, None)
        if path is None:
            return
        # The newest first: what is left, if this process ends here, is stale.
        for generation in range(int(path.name.rpartition(".")[2]), 0, -1):
            with contextlib.suppress(OSError):
                self._layout.claim(asset.id, generation).unlink()

    def _has_rival(self, asset: Asset, generation: int) -> bool:
        """Whether a claim was given up just when this one was made, and another living process has it."""
        around = (self._layout.claim(asset.id, number) for number in (generation - 1, generation + 1))
        return any(path.exists() and self._is_alive(path) for path in around)

    def _make(self, path: Path) -> bool:
        try:
            try:
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            with os.fdopen(handle, "w") as file:
                file.write(self._owner)
        except FileExistsError:
            return False
        except PermissionError as reason:
            if os.name == "nt":
                # One that is being deleted.
                return False
            raise unwritable(path, reason) from reason
        except OSError as reason:
            with contextlib.suppress(OSError):
                path.unlink()
            raise unwritable(path, reason) from reason
        return True

    def _is_alive(self, path: Path) -> bool:
        """Whether a claim's owner gave a sign of life lately, by the disk's own clock."""
        try:
            if self._is_of_the_dead_here(path):
                return False
            return self._now() - path.stat().st_mtime < self._stale
        except OSError:
            # It was given up this moment.
            return False

    def _is_of_the_dead_here(self, path: Path) -> bool:
        """Whether the owner was a process of this machine that has ended: nobody needs to wait for it."""
        host, _, pid = path.read_text("utf-8", "replace").rpartition(".")
        if host != socket.gethostname() or not pid.isdigit() or os.name == "nt":
            return False
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return True
        except (PermissionError, OverflowError):
            return False
        return False

    def _now(self) -> float:
        clock = self._layout.clock(self._owner)
        clock.touch()
        return clock.stat().st_mtime

    def _beat(self) -> None:
        while not self._ending.wait(min(HEARTBEAT_SECONDS, self._stale / 4)):
            for path in self._held.copy().values():
                with contextlib.suppress(OSError):
                    os.utime(path)
