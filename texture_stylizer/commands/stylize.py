"""`texture-stylizer stylize`: scenes, models and plain images in, restyled copies out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import BadInput, Cancelled, StylizerError
from ..jobs.client import WorkerClient
from .display import show_error
from .files import no_empty_folders, write_whole
from .gltf import stylize_gltf
from .images import stylize_image
from .kinds import IMAGE_SUFFIXES, SCENE_SUFFIXES, check_kind, is_same_gltf
from .request import Request, WrongArguments
from .scenes import stylize_scene


def run(request: Request) -> int:
    """Work on every input. Returns the exit status."""
    outputs = output_paths(request)
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    with WorkerClient() as client:
        for source, target in zip(request.inputs, outputs, strict=True):
            try:
                with no_empty_folders(target):
                    new_rows, problems = _stylize(request, source, target, client)
            except Cancelled:
                raise
            except StylizerError as error:
                problems = [error]
                new_rows = []
            for problem in problems:
                show_error(problem, verbose=request.verbose)
                failures.append({"input": str(source), "reason": str(problem)})
            rows += new_rows
            if new_rows:
                print(f"{source} -> {target}")
    _announce_features(request, rows)
    if request.report is not None:
        _write_report(request.report, rows, failures)
    return 1 if failures else 0


def _stylize(
    request: Request, source: Path, target: Path, client: WorkerClient
) -> tuple[list[dict[str, Any]], list[StylizerError]]:
    suffix = check_kind(source)
    if suffix in IMAGE_SUFFIXES:
        return stylize_image(request, source, target, client), []
    if request.bake is None and is_same_gltf(suffix, target.suffix.lower()):
        return stylize_gltf(request, source, target, client)
    if target.suffix.lower() == ".vrm":
        raise BadInput(
            f"{source}: a .vrm is only made of a .vrm or .glb, without baking; give another output"
        )
    return stylize_scene(request, source, target, client)


def output_paths(request: Request) -> list[Path]:
    """The output of each input. Raises WrongArguments for any that would cover an input or another."""
    output = request.output
    is_file = output.suffix.lower() in (*IMAGE_SUFFIXES, *SCENE_SUFFIXES) and not output.is_dir()
    if is_file and len(request.inputs) > 1:
        raise WrongArguments(
            f"{output} is one file, but there are {len(request.inputs)} inputs; give a folder"
        )
    if not is_file and output.exists() and not output.is_dir():
        raise WrongArguments(f"{output} is a file of another kind; give a folder, a scene or an image")
    paths = [output if is_file else output / source.name for source in request.inputs]
    sources = [*request.inputs, *(Path(style.path) for style in request.styles)]
    used = {source.resolve() for source in sources}
    for source, path in zip(request.inputs, paths, strict=True):
        if path.resolve() in used or _same_file(path, sources):
            raise WrongArguments(f"{path} is an input; give another output")
        if is_file and (path.suffix.lower() in IMAGE_SUFFIXES) != (source.suffix.lower() in IMAGE_SUFFIXES):
            raise WrongArguments(f"{source} cannot be written as {path.name}; give a file of its kind")
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise WrongArguments(f"two inputs would both be written to {twice}; give them in two runs")
    return paths


def _same_file(path: Path, sources: list[Path]) -> bool:
    return any(path.exists() and source.exists() and path.samefile(source) for source in sources)


def _announce_features(request: Request, rows: list[dict[str, Any]]) -> None:
    """Say which network `auto` took, and how to get the other."""
    if request.compute.features == "auto" and rows and rows[0]["features"] == "embedded":
        print(
            "features: embedded (auto); for VGG19's own: texture-stylizer doctor --download-vgg19",
            file=sys.stderr,
        )


def _write_report(path: Path, rows: list[dict[str, Any]], failures: list[dict[str, str]]) -> None:
    report = {"version": __version__, "textures": rows, "failed": failures}
    write_whole(path, (json.dumps(report, indent=2) + "\n").encode("utf-8"))
