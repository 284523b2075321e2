"""`stylize` and `inspect` for .glb and .gltf, directly: no bpy, only the images in the file change."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
import urllib.parse
import uuid
from pathlib import Path
from typing import Any

from ..descriptions import Destination, Job, Outcome, Source
from ..errors import BadInput, Cancelled, StylizerError
from ..gltf.container import Container, file_of_uri, parse_container, read_container, uri_below
from ..gltf.geometry import meshes_showing
from ..gltf.restyle import Change, restyled_files
from ..gltf.textures import (
    GltfTexture,
    find_gltf_textures,
    image_bytes,
    materials_without_textures,
    suffix_of,
)
from ..jobs.client import WorkerClient, private_folder, remove_folder
from ..jobs.mesh_file import save_meshes
from .display import ProgressBar
from .files import write_whole
from .request import Request, report_row


def inspect_gltf(path: Path) -> dict[str, Any]:
    """What `inspect --json` prints for a glTF file."""
    container = read_container(path)
    return {
        "textures": [texture.to_json() for texture in find_gltf_textures(container)],
        "materials_without_textures": materials_without_textures(container),
    }


def stylize_gltf(
    request: Request, source: Path, target: Path, client: WorkerClient
) -> tuple[list[dict[str, Any]], list[StylizerError]]:
    """Write `source` with restyled images to `target`. Returns the report's rows and what failed."""
    container = read_container(source)
    textures = find_gltf_textures(container, roles=request.roles, objects=request.objects)
    wanted = [texture for texture in textures if texture.skipped is None]
    if not wanted:
        raise BadInput(f"{source}: {_nothing_found(textures)}")
    folder = private_folder()
    try:
        results = _work(request, container, wanted, folder, client)
        changes, problems, rows = [], [], []
        for texture, result in zip(wanted, results, strict=True):
            if isinstance(result, Outcome):
                changes.append(Change(texture, Path(result.output).read_bytes()))
                row = report_row(result, texture.role, list(texture.materials), texture.name)
                rows.append(row | {"output": str(target)})
            else:
                problems.append(type(result)(f"{source}: {texture.name}: {result}"))
        if changes:
            files = restyled_files(container, changes, textures, _file_part(request.variant))
            _write(container, target, files)
    finally:
        remove_folder(folder)
    return rows, problems


def _work(
    request: Request,
    container: Container,
    wanted: list[GltfTexture],
    folder: Path,
    client: WorkerClient,
) -> list[Outcome | StylizerError]:
    """One job for each picture, whatever images and roles it has. Returns a result for each of `wanted`."""
    keys = {texture.image: _picture_key(container, texture.image) for texture in wanted}
    jobs: dict[str, Job] = {}
    for texture in wanted:
        key = keys[texture.image]
        if key in jobs:
            continue
        data = image_bytes(container, texture.image)
        suffix = suffix_of(data)
        job_id = uuid.uuid4().hex[:12]
        source = folder / f"{job_id}{suffix}"
        source.write_bytes(data)
        result_suffix = ".png" if suffix == ".jpg" and request.jpeg == "png" else suffix
        same = [other for other in wanted if keys[other.image] == key]
        jobs[key] = Job(
            id=job_id,
            name=texture.name,
            source=Source(str(source)),
            destination=Destination(str(folder / f"{job_id}_restyled{result_suffix}")),
            styles=request.styles,
            settings=request.settings,
            compute=request.compute,
            folder=str(folder),
            surface=_write_meshes(container, same, folder / f"{job_id}_meshes.npz") if request.seams else "",
        )
    with ProgressBar({job.id: job.name for job in jobs.values()}) as bar:
        results = dict(zip(jobs, client.run(list(jobs.values()), bar.on_event), strict=True))
    for result in results.values():
        if isinstance(result, Cancelled):
            raise result
    return [results[keys[texture.image]] for texture in wanted]


def _picture_key(container: Container, image: int) -> str:
    """What tells one picture from another, whichever images hold it."""
    return hashlib.sha256(image_bytes(container, image)).hexdigest()


def _write_meshes(container: Container, textures: list[GltfTexture], path: Path) -> str:
    """Write the meshes that show a picture. Returns the file; "", with a warning, where none is known."""
    try:
        arrays = meshes_showing(container, textures)
    except BadInput as reason:
        print(
            f"warning: {container.path}: {textures[0].name}: {reason}, so it was drawn as a flat picture; "
            "export the model anew if its seams show",
            file=sys.stderr,
        )
        return ""
    if not arrays:
        return ""
    save_meshes(path, arrays)
    return str(path)


def _write(container: Container, target: Path, files: dict[str, bytes]) -> None:
    """Write the model and what lies beside it; the model last, so that it never names a missing file."""
    folder = target.resolve().parent
    written: list[Path] = []
    try:
        for old, uri in _kept_files(container, files):
            new = folder / urllib.parse.unquote(uri)
            if old.is_file() and not new.exists():
                new.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(old, new)
                written.append(new)
            elif old.is_file() and not new.samefile(old) and new.read_bytes() != old.read_bytes():
                raise BadInput(f"{new} exists and is another file; choose an empty folder")
        for uri, data in sorted(files.items(), reverse=True):
            new = folder / urllib.parse.unquote(uri) if uri else target.resolve()
            if uri and new.exists():
                raise BadInput(f"{new} exists already; choose another folder or --variant")
            write_whole(new, data)
            written.append(new)
    except BaseException:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        raise


def _kept_files(container: Container, files: dict[str, bytes]) -> list[tuple[Path, str]]:
    """The files beside the original that the changed model still needs, each with its URI there."""
    old, new = container.document.value, parse_container(container.path, files[""]).document.value
    kept: dict[str, Path] = {}
    for array in ("buffers", "images"):
        for before, after in zip(old.get(array, []), new.get(array, []), strict=False):
            uri = before.get("uri", "data:")
            if not uri.startswith("data:") and after.get("uri") == uri_below(uri):
                kept[after["uri"]] = file_of_uri(container, uri)
    return [(path, uri) for uri, path in kept.items()]


def _nothing_found(textures: list[GltfTexture]) -> str:
    if not textures:
        return "no material uses an image; give the model a texture first"
    listed = "; ".join(f"{texture.name}: {texture.skipped}" for texture in textures[:4])
    return f"no texture can be stylised ({listed})"


def _file_part(variant: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in variant)[:60]
