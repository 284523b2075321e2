"""`texture-stylizer stylize`: .blend files and plain images in, restyled copies out."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..descriptions import Compute, Destination, Job, Outcome, Source, StyleImage
from ..errors import BadInput, Cancelled, StylizerError
from ..jobs.client import WorkerClient, private_folder, remove_folder
from ..settings import Settings
from .display import ProgressBar, show_error

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".tga", ".bmp", ".webp", ".exr", ".hdr")
NEEDS_LATER_VERSION = (".glb", ".gltf", ".fbx", ".obj", ".usd", ".usda", ".usdc", ".usdz")


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
    verbose: bool


def run(request: Request) -> int:
    """Work on every input. Returns the exit status."""
    outputs = output_paths(request)
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    with WorkerClient() as client:
        for source, target in zip(request.inputs, outputs, strict=True):
            try:
                if source.suffix.lower() == ".blend":
                    new_rows, problems = _stylize_blend(request, source, target, client)
                else:
                    new_rows, problems = _stylize_image(request, source, target, client), []
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


def output_paths(request: Request) -> list[Path]:
    """The output of each input. Raises WrongArguments for any that would cover an input or another."""
    output = request.output
    is_file = output.suffix.lower() in (*IMAGE_SUFFIXES, ".blend") and not output.is_dir()
    if is_file and len(request.inputs) > 1:
        raise WrongArguments(
            f"{output} is one file, but there are {len(request.inputs)} inputs; give a folder"
        )
    if not is_file and output.exists() and not output.is_dir():
        raise WrongArguments(f"{output} is a file of another kind; give a folder or a .blend or image file")
    paths = [output if is_file else output / source.name for source in request.inputs]
    sources = [*request.inputs, *(Path(style.path) for style in request.styles)]
    used = {source.resolve() for source in sources}
    for source, path in zip(request.inputs, paths, strict=True):
        if path.resolve() in used or _same_file(path, sources):
            raise WrongArguments(f"{path} is an input; give another output")
        if (path.suffix.lower() == ".blend") != (source.suffix.lower() == ".blend"):
            raise WrongArguments(f"{source} cannot be written as {path.name}; give a file of its kind")
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise WrongArguments(f"two inputs would both be written to {twice}; give them in two runs")
    return paths


def _same_file(path: Path, sources: list[Path]) -> bool:
    return any(path.exists() and source.exists() and path.samefile(source) for source in sources)


def _stylize_image(
    request: Request, source: Path, target: Path, client: WorkerClient
) -> list[dict[str, Any]]:
    suffix = source.suffix.lower()
    if not source.is_file():
        raise BadInput(f"{source}: there is no such file; check the path")
    if suffix in NEEDS_LATER_VERSION:
        raise BadInput(
            f"{source}: this version reads .blend files and images, not {suffix}; import it into a .blend"
        )
    if suffix not in IMAGE_SUFFIXES:
        raise BadInput(
            f"{source}: {suffix or 'a file without suffix'} is no known kind; give a .blend or an image"
        )
    folder = private_folder()
    job = Job(
        id=uuid.uuid4().hex[:12],
        name=str(source),
        source=Source(str(source.resolve())),
        destination=Destination(str(target.resolve())),
        styles=request.styles,
        settings=request.settings,
        compute=request.compute,
        folder=str(folder),
    )
    try:
        with ProgressBar({job.id: source.name}) as bar:
            (result,) = client.run([job], bar.on_event)
    finally:
        remove_folder(folder)
    if not isinstance(result, Outcome):
        raise result
    return [_row(result, "base_color", [], str(source))]


def _stylize_blend(
    request: Request, source: Path, target: Path, client: WorkerClient
) -> tuple[list[dict[str, Any]], list[StylizerError]]:
    from .blend import chosen_objects, open_blend, quiet, save_blend

    open_blend(source)
    from ..scene.restyle import apply, discard, plan, withdraw, work

    objects = chosen_objects(request.objects, source)
    try:
        run = plan(
            objects,
            request.styles,
            request.settings,
            variant=request.variant,
            roles=request.roles,
            compute=request.compute,
            folder=target.resolve().parent / "textures",
        )
    except BadInput as error:
        raise BadInput(f"{source}: {error}") from None
    try:
        names = {job.id: job.name for job in run.jobs.values()}
        with ProgressBar(names) as bar:
            work(run, client, bar.on_event)
        with quiet():
            apply(run)
        save_blend(target)
    except BaseException:
        withdraw(run)
        raise
    discard(run)
    rows = []
    for use in run.uses:
        outcome = run.outcomes.get(use.session_uid)
        if outcome is not None and use.skipped is None:
            rows.append(_row(outcome, use.role, list(use.materials), use.image) | {"blend": str(target)})
    return rows, [type(error)(f"{source}: {error}") for error in run.failed.values()]


def _row(outcome: Outcome, role: str, materials: list[str], name: str) -> dict[str, Any]:
    """A texture's row of the report."""
    return outcome.to_json() | {"input": name, "role": role, "materials": materials}


def _announce_features(request: Request, rows: list[dict[str, Any]]) -> None:
    """Say which network `auto` took, and how to get the other."""
    if request.compute.features == "auto" and rows and rows[0]["features"] == "embedded":
        print(
            "features: embedded (auto); for VGG19's own: texture-stylizer doctor --download-vgg19",
            file=sys.stderr,
        )


def _write_report(path: Path, rows: list[dict[str, Any]], failures: list[dict[str, str]]) -> None:
    report = {"version": __version__, "textures": rows, "failed": failures}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
        os.replace(temporary, path)
    except OSError as reason:
        raise BadInput(f"the report {path} cannot be written ({reason.strerror})") from reason
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
