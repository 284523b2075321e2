"""Every path that a command will write, and why one may not be: checked before any work."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import BadInput
from ..file_kinds import IMAGE_SUFFIXES, SCENE_SUFFIXES
from ..request import Request, WrongArguments
from .made_files import MadeFiles
from .stage import check_inside

_BESIDE = {".obj": (".mtl",)}
_WITH_TEXTURES = (".blend", ".fbx", ".obj", ".usd", ".usda", ".usdc", ".usdz")


@dataclass(frozen=True)
class Output:
    """Where an input's result goes. named: the user gave the file's own name, not only a folder's."""

    source: Path
    target: Path
    named: bool

    def files(self) -> tuple[Path, ...]:
        """Every file whose name is known before the work, the target first."""
        suffix = self.target.suffix.lower()
        beside = _BESIDE.get(suffix, ())
        # A .gltf that stays one keeps the names of what lies beside it.
        if suffix == ".gltf" and self.source.suffix.lower() != ".gltf":
            beside = (".bin",)
        return (self.target, *(self.target.with_suffix(other) for other in beside))

    def folders(self) -> tuple[Path, ...]:
        """The folders beside the target that files go into."""
        textures = self.target.suffix.lower() in _WITH_TEXTURES
        return (self.target.parent / "textures",) if textures else ()


def outputs_of(request: Request, made: MadeFiles) -> list[Output]:
    """The output of each input, and nothing about it speaks against the work. Raises WrongArguments."""
    output = request.output
    is_file = output.suffix.lower() in (*IMAGE_SUFFIXES, *SCENE_SUFFIXES) and not output.is_dir()
    if is_file and len(request.inputs) > 1:
        raise WrongArguments(
            f"{output} is one file, but there are {len(request.inputs)} inputs; give a folder"
        )
    if not is_file and os.path.lexists(output) and not output.is_dir():
        raise WrongArguments(f"{output} is a file of another kind; give a folder, a scene or an image")
    outputs = [
        Output(source, output if is_file else output / source.name, is_file) for source in request.inputs
    ]
    for planned in outputs:
        source, target = planned.source, planned.target
        if is_file and (target.suffix.lower() in IMAGE_SUFFIXES) != (source.suffix.lower() in IMAGE_SUFFIXES):
            raise WrongArguments(f"{source} cannot be written as {target.name}; give a file of its kind")
    read = [*request.inputs, *(Path(style.path) for style in request.styles)]
    read += [path for path in (Path(request.compute.features),) if path.is_file()]
    check_outputs(outputs, read, made)
    if request.report is not None:
        _check_report(request.report, outputs, read, made)
    return outputs


def check_outputs(outputs: Sequence[Output], read: Iterable[Path], made: MadeFiles) -> None:
    """Raises WrongArguments for an output that may not be written.

    That is one which is among the files that are `read`, is another's too, lies outside of its folder, or is
    there already, when neither its own name was given nor an earlier run made it.
    """
    names = {_folded(path): path for path in read}
    written: dict[str, Path] = {}
    try:
        for output in outputs:
            for folder in output.folders():
                check_inside(folder, output.target.parent)
                if folder.exists() and not folder.is_dir():
                    raise BadInput(f"{folder} is a file, but has to be a folder; choose another folder")
            for file in output.files():
                check_inside(file, output.target.parent)
                if _is_among(file, names):
                    raise BadInput(f"{file} is an input; give another output")
                if _folded(file) in written:
                    raise BadInput(f"two inputs would both be written to {file}; give them in two runs")
                written[_folded(file)] = file
                if not (output.named and file == output.target):
                    check_not_anothers(file, made)
                elif file.exists() and not file.is_file():
                    raise BadInput(f"{file} is a pipe, a device or a folder; give another output")
    except BadInput as reason:
        raise WrongArguments(str(reason)) from None


def check_not_anothers(file: Path, made: MadeFiles) -> None:
    """Raises BadInput for a file that is there already and that no earlier run made."""
    if os.path.lexists(file) and not made.has_earlier(file):
        raise BadInput(f"{file} is there already and is no earlier result; choose another folder or name")


def _check_report(report: Path, outputs: Sequence[Output], read: Sequence[Path], made: MadeFiles) -> None:
    written = {_folded(file): file for output in outputs for file in output.files()}
    if _is_among(report, {_folded(path): path for path in read}):
        raise WrongArguments(f"the report {report} is an input; give another file")
    if _is_among(report, written):
        raise WrongArguments(f"the report {report} is an output; give another file")
    if report.exists() and not report.is_file() and not report.is_dir():
        # To open a pipe would wait for somebody to write into it.
        raise WrongArguments(f"the report {report} is a pipe or a device; give a file")
    if not report.name or report.is_dir():
        raise WrongArguments(f"the report {report} is a folder; give a file")
    if report.is_symlink():
        raise WrongArguments(f"the report {report} is a symbolic link; give another file")
    try:
        check_report_place(report, made)
    except BadInput as reason:
        raise WrongArguments(str(reason)) from None


def check_report_place(report: Path, made: MadeFiles) -> None:
    """Raises BadInput where a file that is no report is there already."""
    if report.exists() and not made.has_earlier(report) and not _is_report(report):
        raise BadInput(f"{report} is there already and is no report; give another file")


def _is_report(path: Path) -> bool:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and {"version", "textures", "failed"} <= found.keys()


def _is_among(path: Path, names: dict[str, Path]) -> bool:
    if _folded(path) in names:
        return True
    return path.exists() and any(other.exists() and path.samefile(other) for other in names.values())


def _folded(path: Path) -> str:
    """A path by which two are compared: some disks do not tell m.OBJ from m.obj."""
    return str(path.resolve()).casefold()
