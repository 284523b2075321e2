"""`texture-stylizer stylize`: scenes, models and plain images in, restyled copies out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import BadInput, Cancelled, OutOfMemory, StylizerError
from ..jobs.client import WorkerClient
from ..jobs.interrupts import raise_if_asked
from .file_kinds import IMAGE_SUFFIXES, check_kind, is_same_gltf
from .inputs.gltf_files import stylize_gltf
from .inputs.image_files import stylize_image
from .inputs.scene_files import stylize_scene
from .outputs.made_files import MadeFiles
from .outputs.output_paths import Output, check_report_place, outputs_of
from .outputs.stage import Stage
from .outputs.whole_files import no_empty_folders, temporary_folder, write_whole
from .request import Request, Restyled
from .terminal.display import say, show_error, tell
from .terminal.failures import naming, unexpected, with_trace_of


def run(request: Request) -> int:
    """Work on every input. Returns the exit status."""
    made = MadeFiles()
    outputs = outputs_of(request, made)
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    with WorkerClient() as client:
        for output in outputs:
            restyled = attempt(request, output, client, made)
            for problem in restyled.problems:
                show_error(problem, verbose=request.verbose)
                failures.append({"input": str(output.source), "reason": str(problem)})
            rows += restyled.rows
            if restyled.rows:
                tell(f"{output.source} -> {output.target}")
    _announce_features(request, rows)
    if request.report is not None:
        _write_report(request.report, rows, failures, made)
    return 1 if failures else 0


def attempt(request: Request, output: Output, client: WorkerClient, made: MadeFiles) -> Restyled:
    """Work on one input. Whatever goes wrong is a sentence that names it, and the others go on."""
    raise_if_asked()
    try:
        with no_empty_folders(output.target):
            return _stylize(request, output, client, made)
    except Cancelled:
        raise
    except StylizerError as error:
        raise_if_asked()
        return Restyled(problems=[naming(output.source, error)])
    except MemoryError as error:
        problem = OutOfMemory(f"{output.source}: there is too little memory for it; close other programs")
        return Restyled(problems=[with_trace_of(error, problem)])
    except Exception as error:
        raise_if_asked()
        return Restyled(problems=[unexpected(output.source, error)])


def _stylize(request: Request, output: Output, client: WorkerClient, made: MadeFiles) -> Restyled:
    check_kind(output.source)
    with temporary_folder() as folder:
        client.guard(folder)
        return _stylize_in(folder, request, output, client, made)


def _stylize_in(
    folder: Path, request: Request, output: Output, client: WorkerClient, made: MadeFiles
) -> Restyled:
    source, suffix = output.source, output.source.suffix.lower()
    with Stage(output.target, made, named=output.named) as stage:
        client.guard(stage.folder)
        try:
            if suffix in IMAGE_SUFFIXES:
                (row,) = stylize_image(request, source, stage.file, client, folder)
                restyled = Restyled([row | {"output": str(stage.final(stage.file))}])
            elif request.bake is None and is_same_gltf(suffix, output.target.suffix.lower()):
                restyled = stylize_gltf(request, source, stage, client, folder, made)
            elif output.target.suffix.lower() == ".vrm":
                raise BadInput(
                    f"{source}: a .vrm is only made of a .vrm or .glb, without baking; give another output"
                )
            else:
                restyled = stylize_scene(request, source, stage, client, folder)
        except StylizerError as error:
            raise type(error)(stage.in_place(str(error))).with_traceback(error.__traceback__) from error
        if restyled.rows:
            stage.publish()
        return restyled


def _announce_features(request: Request, rows: list[dict[str, Any]]) -> None:
    """Say which network `auto` took."""
    if request.compute.features == "auto" and rows:
        say(f"features: {rows[0]['features']} (auto)")


def _write_report(
    path: Path, rows: list[dict[str, Any]], failures: list[dict[str, str]], made: MadeFiles
) -> None:
    check_report_place(path, made)
    report = {"version": __version__, "textures": rows, "failed": failures}
    write_whole(path, (json.dumps(report, indent=2) + "\n").encode("utf-8"))
    made.remember([path])
