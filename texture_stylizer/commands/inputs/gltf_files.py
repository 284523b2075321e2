"""`stylize` and `inspect` for .glb and .gltf, directly: no bpy, only the images in the file change."""

from __future__ import annotations

import filecmp
import hashlib
import shutil
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...descriptions import Destination, Job, Outcome, Source
from ...errors import BadInput, Cancelled, StylizerError
from ...gltf.container import Container, file_of_uri, parse_container, place_of_uri, read_container, uri_below
from ...gltf.geometry import meshes_showing
from ...gltf.replace_images import Change, restyled_files
from ...gltf.used_images import (
    GltfTexture,
    find_gltf_textures,
    image_bytes,
    materials_without_textures,
    suffix_of,
)
from ...jobs.client import WorkerClient
from ...jobs.mesh_file import save_meshes
from ...names import shortened
from ..outputs.made_files import MadeFiles
from ..outputs.output_paths import check_not_anothers
from ..outputs.stage import Stage
from ..outputs.whole_files import write_whole
from ..request import Request, Restyled, report_row
from ..terminal.display import ProgressBar, say
from .gltf_following import GltfFollowed, changes_of, maps_following
from .mask_files import MasksAsFiles


def inspect_gltf(path: Path) -> dict[str, Any]:
    """What `inspect --json` prints for a glTF file."""
    container = read_container(path)
    return {
        "textures": [texture.to_json() for texture in find_gltf_textures(container)],
        "materials_without_textures": materials_without_textures(container),
    }


def stylize_gltf(
    request: Request, source: Path, stage: Stage, client: WorkerClient, folder: Path, made: MadeFiles
) -> Restyled:
    """Write `source` with restyled images to the stage; `folder` is for temporary files."""
    container = read_container(source)
    _check_places(container, stage.home, made)
    masks = MasksAsFiles.of(request, source, f"a {source.suffix}", material_names(container))
    textures = find_gltf_textures(container, roles=request.roles, objects=request.objects)
    if all(style.where in masks.materials for style in request.styles):
        textures = [_without_style(texture, masks) for texture in textures]
    wanted = [texture for texture in textures if texture.skipped is None]
    if not wanted:
        raise BadInput(f"{source}: {_nothing_found(textures)}")
    results = _work(request, container, textures, masks, folder, client)
    changes, normals, problems, rows = [], [], [], []
    for texture, (result, followed) in zip(wanted, results, strict=True):
        if isinstance(result, Outcome):
            changes.append(Change(texture, Path(result.output).read_bytes()))
            if followed:
                maps, new = changes_of(followed, result, texture)
                changes += maps
                normals += new
            row = report_row(result, texture.role, list(texture.materials), texture.name)
            rows.append(row | {"output": str(stage.target)})
        else:
            problems.append(type(result)(f"{source}: {result}"))
    if changes:
        files = restyled_files(container, changes, textures, _file_part(request.variant), normals)
        _write(container, stage, files)
    return Restyled(rows, problems, list(_files_beside(container).values()))


def _work(
    request: Request,
    container: Container,
    textures: list[GltfTexture],
    masks: MasksAsFiles,
    folder: Path,
    client: WorkerClient,
) -> list[tuple[Outcome | StylizerError, list[GltfFollowed]]]:
    """One job for each picture, whatever images and roles it has. Returns a result for each texture that is
    not skipped, and the maps that follow it, with the first texture of each picture."""
    wanted = [texture for texture in textures if texture.skipped is None]
    keys = {texture.image: _picture_key(container, texture.image) for texture in wanted}
    jobs: dict[str, Job] = {}
    maps: dict[str, list[GltfFollowed]] = {}
    for texture in wanted:
        key = keys[texture.image]
        if key in jobs:
            continue
        same = [other for other in wanted if keys[other.image] == key]
        maps[key], problems = maps_following(container, textures, same, request.settings, folder)
        for problem in problems:
            say(f"warning: {container.path}: {texture.name}: {problem}")
        job = _with_masks(_job(request, container, same, folder), masks, container, same, folder)
        jobs[key] = replace(job, following=tuple(followed.map for followed in maps[key]))
    with ProgressBar({job.id: job.name for job in jobs.values()}) as bar:
        results = dict(zip(jobs, client.run(list(jobs.values()), bar.on_event), strict=True))
    for result in results.values():
        if isinstance(result, Cancelled):
            raise result
    return [(results[keys[texture.image]], maps.pop(keys[texture.image], [])) for texture in wanted]


def _job(request: Request, container: Container, textures: list[GltfTexture], folder: Path) -> Job:
    """The job for a picture, which some textures show; its file is written now."""
    data = image_bytes(container, textures[0].image)
    suffix = suffix_of(data)
    job_id = uuid.uuid4().hex[:12]
    source = folder / f"{job_id}{suffix}"
    source.write_bytes(data)
    as_png = request.jpeg == "png" or request.mask or any(style.where for style in request.styles)
    result_suffix = ".png" if suffix == ".jpg" and as_png else suffix
    return Job(
        id=job_id,
        name=textures[0].name,
        source=Source(str(source)),
        destination=Destination(str(folder / f"{job_id}_restyled{result_suffix}")),
        styles=request.styles,
        settings=request.settings,
        compute=request.compute,
        folder=str(folder),
        surface=_write_meshes(container, textures, folder / f"{job_id}_meshes.npz") if request.seams else "",
    )


def _with_masks(
    job: Job, masks: MasksAsFiles, container: Container, textures: list[GltfTexture], folder: Path
) -> Job:
    """A job within the masks of a run; materials are written as marks on the meshes that have them."""
    path = ""
    if masks.materials:
        arrays = meshes_showing(container, textures, masks.materials)
        path = str(folder / f"{job.id}_marks.npz")
        save_meshes(Path(path), arrays)
    return replace(job, mask=masks.mask, regions=masks.regions, styles=masks.styles, marks=path)


def _without_style(texture: GltfTexture, masks: MasksAsFiles) -> GltfTexture:
    """A texture, skipped where all styles are for other materials than its own."""
    if texture.skipped is not None or set(texture.materials) & set(masks.materials):
        return texture
    return replace(texture, skipped="no style is for its materials")


def material_names(container: Container) -> list[str]:
    """The names of a file's materials."""
    materials = container.document.value.get("materials", [])
    return [material["name"] for material in materials if "name" in material]


def _picture_key(container: Container, image: int) -> str:
    """What tells one picture from another, whichever images hold it."""
    return hashlib.sha256(image_bytes(container, image)).hexdigest()


def _write_meshes(container: Container, textures: list[GltfTexture], path: Path) -> str:
    """Write the meshes that show a picture. Returns the file; "", with a warning, where none is known."""
    try:
        arrays = meshes_showing(container, textures)
    except BadInput as reason:
        say(
            f"warning: {container.path}: {textures[0].name}: {reason}, so it was drawn as a flat picture; "
            "export the model anew if its seams show"
        )
        return ""
    if not arrays:
        return ""
    save_meshes(path, arrays)
    return str(path)


def _check_places(container: Container, home: Path, made: MadeFiles) -> None:
    """Raises BadInput for a file beside the model that leads out of its folder, or is another's there."""
    for uri, old in _files_beside(container).items():
        new = place_of_uri(home, uri_below(uri))
        if old.is_file() and not (new.is_file() and filecmp.cmp(old, new, shallow=False)):
            check_not_anothers(new, made)


def _files_beside(container: Container) -> dict[str, Path]:
    """The files beside a model that it uses, by their URIs."""
    document = container.document.value
    items = (*document.get("buffers", []), *document.get("images", []))
    uris = [item["uri"] for item in items if not item.get("uri", "data:").startswith("data:")]
    return {uri: file_of_uri(container, uri) for uri in uris}


def _write(container: Container, stage: Stage, files: dict[str, bytes]) -> None:
    """Write the model and what lies beside it."""
    for old, uri in _kept_files(container, files):
        new = place_of_uri(stage.folder, uri)
        if old.is_file() and not new.exists():
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(old, new)
    for uri, data in files.items():
        write_whole(place_of_uri(stage.folder, uri) if uri else stage.file, data)


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
    cleaned = "".join(c if c.isalnum() or c in "-_." else "_" for c in variant)
    return shortened(cleaned, 60)
