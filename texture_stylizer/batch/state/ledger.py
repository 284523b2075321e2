"""What became of each asset: one small file each, written whole."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ...errors import BadInput
from .assets import Asset
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
    below the plan's root for what was used."""

    path: str
    sha256: str
    size: int


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
        """The record that `to_json` gave. Raises KeyError, TypeError for what is none."""
        parts: dict[str, Any] = {
            "attempts": tuple(Attempt(**attempt) for attempt in fields["attempts"]),
            "uses": tuple(HashedFile(**used) for used in fields["uses"]),
            "outputs": tuple(HashedFile(**output) for output in fields["outputs"]),
            "textures": tuple(fields["textures"]),
            "warnings": tuple(fields["warnings"]),
        }
        return cls(**(fields | parts))


class Ledger:
    """The records of a batch's folder."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def read(self, asset: Asset) -> Record | None:
        """What is known of an asset; None where nothing is, or where the file is damaged."""
        try:
            return Record.from_json(json.loads(self.layout.record(asset.id).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, record: Record) -> None:
        """Put a record in place, whole. Raises BadInput where the disk takes no more."""
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
            temporary.unlink(missing_ok=True)
            raise BadInput(f"{path} cannot be written ({reason.strerror}); make room on the disk") from reason

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
    return HashedFile(name, sha256_of(path), path.stat().st_size)


def is_unchanged(file: HashedFile, root: Path) -> bool:
    """Whether a file still has the bytes that were noted."""
    try:
        path = root / file.path
        return path.stat().st_size == file.size and sha256_of(path) == file.sha256
    except OSError:
        return False


def is_there(file: HashedFile, root: Path) -> bool:
    """Whether a file is there with the size that was noted, without reading it."""
    try:
        return (root / file.path).stat().st_size == file.size
    except OSError:
        return False
