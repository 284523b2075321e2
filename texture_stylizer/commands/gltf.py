"""`stylize` and `inspect` for .glb and .gltf, directly: no bpy, only the images in the file change."""

from __future__ import annotations

import filecmp
import shutil
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from ..descriptions import Destination, Job, Outcome, Source
from ..errors import BadInput, Cancelled, StylizerError
from ..gltf.container import Container, file_of_uri, place_of_uri, read_container
from ..gltf.geometry import meshes_showing
from ..gltf.restyle import Change, restyled_files
from ..gltf.textures import (
    GltfTexture,
    find_gltf_textures,
    image_bytes,
    materials_without_textures,
    suffix_of,
)
from ..jobs.client import WorkerClient
from ..names import shortened
from .display import ProgressBar, say
from .files import write_whole
from .made_files import MadeFiles
from .outputs import check_not_anothers
from .request import Request, report_row
from .stage import Stage


def inspect_gltf(path: Path) -> dict[str, Any]:
    """What `inspect --json` prints for a glTF file."""
    container = read_container(path)
    return {
        "textures": [texture.to_json() for texture in find_gltf_textures(container)],
        "materials_without_textures": materials_without_textures(container),
    }


def stylize_gltf(
    request: Request, source: Path, stage: Stage, client: WorkerClient, folder: Path, made: MadeFiles
) -> tuple[list[dict[str, Any]], list[StylizerError]]:
    """Write `source` with restyled images to the stage; `folder` is for temporary files.

    Returns the report's rows and what failed.
    """
    container = read_container(source)
    _check_places(container, stage.home, made)
    textures = find_gltf_textures(container, roles=request.roles, objects=request.objects)
    wanted = [texture for texture in textures if texture.skipped is None]
    if not wanted:
        raise BadInput(f"{source}: {_nothing_found(textures)}")
    results = _work(request, container, wanted, folder, client)
    changes, problems, rows = [], [], []
    for texture, result in zip(wanted, results, strict=True):
        if isinstance(result, Outcome):
            changes.append(Change(texture, Path(result.output).read_bytes()))
            row = report_row(result, texture.role, list(texture.materials), texture.name)
            rows.append(row | {"output": str(stage.target)})
        else:
            problems.append(type(result)(f"{source}: {result}"))
    if changes:
        _write(container, stage, restyled_files(container, changes, textures, _file_part(request.variant)))
    return rows, problems


def _work(
    request: Request,
    container: Container,
    wanted: list[GltfTexture],
    folder: Path,
    client: WorkerClient,
) -> list[Outcome | StylizerError]:
    """One job for each image, however many roles it has. Returns a result for each of `wanted`."""
    jobs: dict[int, Job] = {}
    for texture in wanted:
        if texture.image in jobs:
            continue
        data = image_bytes(container, texture.image)
        suffix = suffix_of(data)
        job_id = uuid.uuid4().hex[:12]
        source = folder / f"{job_id}{suffix}"
        source.write_bytes(data)
        result_suffix = ".png" if suffix == ".jpg" and request.jpeg == "png" else suffix
        jobs[texture.image] = Job(
            id=job_id,
            name=texture.name,
            source=Source(str(source)),
            destination=Destination(str(folder / f"{job_id}_restyled{result_suffix}"), "uint8"),
            styles=request.styles,
            settings=request.settings,
            compute=request.compute,
            folder=str(folder),
            surface=_write_meshes(container, texture, wanted, folder / f"{job_id}_meshes.npz")
            if request.seams
            else "",
        )
    with ProgressBar({job.id: job.name for job in jobs.values()}) as bar:
        results = dict(zip(jobs, client.run(list(jobs.values()), bar.on_event), strict=True))
    for result in results.values():
        if isinstance(result, Cancelled):
            raise result
    return [results[texture.image] for texture in wanted]


def _write_meshes(container: Container, texture: GltfTexture, wanted: list[GltfTexture], path: Path) -> str:
    """Write the meshes that show an image. Returns the file; "", with a warning, where they are not known."""
    same_image = [other for other in wanted if other.image == texture.image]
    try:
        arrays = meshes_showing(container, same_image)
    except BadInput as reason:
        say(
            f"warning: {container.path}: {texture.name}: {reason}, so it was drawn as a flat picture; "
            "export the model anew if its seams show"
        )
        return ""
    if not arrays:
        return ""
    np.savez(path, allow_pickle=False, **arrays)
    return str(path)


def _check_places(container: Container, home: Path, made: MadeFiles) -> None:
    """Raises BadInput for a file beside the model that leads out of its folder, or is another's there."""
    for uri in read_uris(container.document.value):
        old, new = file_of_uri(container, uri), place_of_uri(home, uri)
        if old.is_file() and not (new.is_file() and filecmp.cmp(old, new, shallow=False)):
            check_not_anothers(new, made)


def _write(container: Container, stage: Stage, files: dict[str, bytes]) -> None:
    """Write the model and what lies beside it."""
    for uri in _kept_uris(container, files):
        old, new = file_of_uri(container, uri), place_of_uri(stage.folder, uri)
        if old.is_file() and not new.exists():
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(old, new)
    for uri, data in files.items():
        write_whole(place_of_uri(stage.folder, uri) if uri else stage.file, data)


def _kept_uris(container: Container, files: dict[str, bytes]) -> list[str]:
    """URIs of the files that the changed model still needs from beside the original."""
    new = read_uris(container.document.value)
    changed = read_uris(_parsed(container, files[""]))
    return [uri for uri in new if uri in changed]


def read_uris(document: dict[str, Any]) -> list[str]:
    """The relative URIs of a document's buffers and images."""
    items = [*document.get("buffers", []), *document.get("images", [])]
    uris = (item.get("uri", "data:") for item in items)
    return list(dict.fromkeys(uri for uri in uris if not uri.startswith("data:")))


def _parsed(container: Container, data: bytes) -> dict[str, Any]:
    from ..gltf.container import parse_container

    return parse_container(container.path, data).document.value


def _nothing_found(textures: list[GltfTexture]) -> str:
    if not textures:
        return "no material uses an image; give the model a texture first"
    listed = "; ".join(f"{texture.name}: {texture.skipped}" for texture in textures[:4])
    return f"no texture can be stylised ({listed})"


def _file_part(variant: str) -> str:
    cleaned = "".join(c if c.isalnum() or c in "-_." else "_" for c in variant)
    return shortened(cleaned, 60)
