"""What the user asked `stylize` for, and the report's rows: shared by every kind of input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..descriptions import BakeOptions, Compute, Outcome, StyleImage
from ..settings import Settings

Jpeg = Literal["png", "keep"]


class WrongArguments(Exception):
    """The arguments contradict each other or the disk; exit status 2."""


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    inputs: tuple[Path, ...]
    output: Path
    styles: tuple[StyleImage, ...]
    settings: Settings
    compute: Compute
    roles: tuple[str, ...]
    objects: tuple[str, ...]
    variant: str
    report: Path | None
    jpeg: Jpeg | None
    bake: BakeOptions | None
    frames: bool
    seams: bool
    verbose: bool


def report_row(outcome: Outcome, role: str, materials: list[str], name: str) -> dict[str, Any]:
    """A texture's row of the report."""
    return outcome.to_json() | {"input": name, "role": role, "materials": materials}
