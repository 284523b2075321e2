"""What the user asked `stylize` for, and the report's rows: shared by every kind of input."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..descriptions import BakeOptions, Compute, Outcome, StyleImage
from ..errors import StylizerError
from ..settings import Settings

Jpeg = Literal["png", "keep"]


class WrongArguments(Exception):
    """The arguments contradict each other or the disk; exit status 2."""


@dataclass(frozen=True)
class Request:
    """What the user asked for. mask: the path or the name of what is restyled of each texture, "" for all;
    base: the variant that is seen elsewhere, "" for the originals."""

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
    mask: str = ""
    base: str = ""

    def to_json(self) -> dict[str, Any]:
        """Nested plain values."""
        fields = dataclasses.asdict(self)
        paths = {"inputs": [str(path) for path in self.inputs], "output": str(self.output)}
        return fields | paths | {"report": str(self.report) if self.report else None}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Request:
        """The request that `to_json` gave."""
        changes = {
            "inputs": tuple(Path(path) for path in fields["inputs"]),
            "output": Path(fields["output"]),
            "styles": tuple(StyleImage(**style) for style in fields["styles"]),
            "settings": Settings.from_json(fields["settings"]),
            "compute": Compute(**fields["compute"]),
            "roles": tuple(fields["roles"]),
            "objects": tuple(fields["objects"]),
            "report": Path(fields["report"]) if fields["report"] else None,
            "bake": BakeOptions(**fields["bake"]) if fields["bake"] else None,
        }
        return cls(**(fields | changes))


@dataclass(frozen=True)
class Restyled:
    """What became of one input: the report's rows, what failed, and the files beside it that it uses."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[StylizerError] = field(default_factory=list)
    uses: list[Path] = field(default_factory=list)


def report_row(outcome: Outcome, role: str, materials: list[str], name: str) -> dict[str, Any]:
    """A texture's row of the report."""
    return outcome.to_json() | {"input": name, "role": role, "materials": materials}
