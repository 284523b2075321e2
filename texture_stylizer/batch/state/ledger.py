"""What became of each asset: one small file each, written whole."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from .assets import Asset
from .disk import unwritable
from .fingerprint import sha256_of
from .layout import Layout

Status = Literal["working", "done", "failed", "quarantined"]
"""working: begun, and ended only if nobody claims it; failed: for a reason of its own; quarantined: it ended
or stopped its worker as often as attempts are allowed."""


@dataclass(frozen=True)
class Attempt:
    """One try. started: seconds since 1970; phases: seconds of opening, drawing and writing; kind and message
    are empty where it went well."""

    host: str
    worker: str
    started: float
    seconds: float
    phases: dict[str, float]
    kind: str = ""
    message: str = ""


@dataclass(frozen=True)
class HashedFile:
    """A file with the hash and number of its bytes; path: below the batch's folder for results, absolute or
    below the plan's root for what was used. time: when it was changed last, in ns; a file of that time and
    size need not be read again."""

    path: str
    sha256: str
    size: int
    time: int = 0


@dataclass(frozen=True)
class Record:
    """An asset's ledger entry.

    key: see `fingerprint.asset_key`; uses: files beside the asset that it was made of; textures: the report's
    rows, shortened; warnings: sentences.
    """

    id: str
    source: str
    place: str
    key: str
    status: Status
    attempts: tuple[Attempt, ...] = ()
    uses: tuple[HashedFile, ...] = ()
    outputs: tuple[HashedFile, ...] = ()
    textures: tuple[dict[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why it failed, as a sentence."""
        return next((attempt.message for attempt in reversed(self.attempts) if attempt.message), "")

    @property
    def seconds(self) -> float:
        return sum(attempt.seconds for attempt in self.attempts)

    def to_json(self) -> dict[str, Any]:
        """Nested plain values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Record:
        """The record that `to_json` gave. Raises KeyError, TypeError, ValueError for what is none."""
        parts: dict[str, Any] = {
            "attempts": tuple(Attempt(**attempt) for attempt in fields["attempts"]),
            "uses": tuple(HashedFile(**used) for used in fields["uses"]),
            "outputs": tuple(HashedFile(**output) for output in fields["outputs"]),
            "textures": tuple(fields["textures"]),
            "warnings": tuple(fields["warnings"]),
        }
        record = cls(**(fields | parts))
        if not record.is_sound():
            raise ValueError("a field has another type")
        return record

    def is_sound(self) -> bool:
        """Whether every field is what tables and the page take it for."""
        texts = [self.id, self.source, self.place, self.key, *self.warnings]
        numbers: list[Any] = []
        for attempt in self.attempts:
            texts += [attempt.host, attempt.worker, attempt.kind, attempt.message]
            numbers += [attempt.started, attempt.seconds, *attempt.phases.values()]
        for file in (*self.uses, *self.outputs):
            texts += [file.path, file.sha256]
            numbers += [file.size, file.time]
        for row in self.textures:
            texts.append(row["input"])
            numbers += [row["size"][0], row["size"][1]]
        return (
            self.status in get_args(Status)
            and all(isinstance(text, str) for text in texts)
            and all(isinstance(number, int | float) for number in numbers)
        )


class Ledger:
    """The records of a batch's folder."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def read(self, asset: Asset) -> Record | None:
        """What is known of an asset; None where nothing is, or where the file is damaged."""
        try:
            return Record.from_json(json.loads(self.layout.record(asset.id).read_bytes()))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None

    def write(self, record: Record) -> None:
        """Put a record in place, whole. Raises BadMachine where the disk takes no more."""
        path = self.layout.record(record.id)
        temporary = path.with_name(f".{record.id}.{os.getpid()}.part")
        text = json.dumps(record.to_json(), separators=(",", ":"))
        try:
            try:
                temporary.write_text(text, "utf-8")
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary.write_text(text, "utf-8")
            os.replace(temporary, path)
        except OSError as reason:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise unwritable(path, reason) from reason

    def interrupted(self, assets: Iterable[Asset]) -> list[Asset]:
        """Those whose record says that a run works on them."""
        found = ((asset, self.read(asset)) for asset in assets)
        return [asset for asset, record in found if record is not None and record.status == "working"]

    def forget(self, asset: Asset) -> None:
        """Make an asset one that was never tried, but for what it wrote."""
        record = self.read(asset)
        if record is not None:
            self.write(dataclasses.replace(record, key="", attempts=(), status="failed"))


def hashed(path: Path, root: Path) -> HashedFile:
    """A file with its hash, named from `root` where it lies below it. Raises OSError."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    found = path.stat()
    return HashedFile(name, sha256_of(path), found.st_size, found.st_mtime_ns)


def is_unchanged(file: HashedFile, root: Path) -> bool:
    """Whether a file still has the bytes that were noted."""
    try:
        path = root / file.path
        return path.stat().st_size == file.size and sha256_of(path) == file.sha256
    except OSError:
        return False


def is_there(file: HashedFile, root: Path) -> bool:
    """`is_unchanged`, without reading a file that has the size and the time that were noted."""
    try:
        found = (root / file.path).stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (file.size, file.time) or is_unchanged(file, root)
