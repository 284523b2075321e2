"""One job, from its description to its written file: what the worker does for each."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...descriptions import Depth, Destination, Job, Outcome, Source, StyleImage
from ...engine import Features, load_features
from ...engine.coarse_to_fine import Iterate
from ...engine.color import Array
from ...engine.features import original_vgg19
from ...engine.features.weights import EMBEDDED_PATH, resolve_source, vgg19_path
from ...engine.hardware.devices import choose_device
from ...engine.hardware.memory import forget_peak_memory, peak_memory
from ...engine.inputs import to_array
from ...engine.pyramid import resize
from ...engine.stylize import stylize
from ...engine.surface.coverage import Surface
from ...engine.surface.style_groups import width_as_scale
from ...errors import BadInput, OutOfMemory
from ...settings import Settings
from ..mesh_file import Triangles, read_triangles, tiled_axes
from . import cache
from .following import Drawn, write_following
from .frames import run_frames
from .images import Picture, picture_from_pixels, read_image, write_image
from .orientation import upright
from .precision import choose_precision
from .sharing import Shares
from .udim_canvas import Canvas, lay_out, settings_for, take_apart, triangles_on

_SHARES = Shares()
_MEASURING = threading.Lock()
"""A device's speed is measured by one job, while those beside it wait to know it."""

LONG_RUN_MINUTES = 15
"""A run that takes longer is announced."""

MEASURED_STEPS = 10

OnIterate = Callable[[Iterate], None]
OnWarning = Callable[[str], None]


@dataclass(frozen=True)
class _Work:
    """What the engine is given: one texture, or the canvas of a UDIM set with its mask."""

    color: Array
    settings: Settings
    mask: Array | None = None
    canvas: Canvas | None = None
    start: Array | None = None
    surface: Surface | None = None


def run_job(job: Job, on_iterate: OnIterate, on_warning: OnWarning) -> Outcome:
    """Stylise the job's source and write its destination, or its tiles' or frames'.

    Raises the errors of errors.py; an exception out of `on_iterate` ends the job and leaves no file.
    """
    if job.restyled:
        return _follow_alone(job)
    if job.frames:
        return run_frames(job, _run_single, on_iterate, on_warning)
    return _run_single(job, None, on_iterate, on_warning)[0]


def _follow_alone(job: Job) -> Outcome:
    """Make the maps beside a picture that was restyled earlier; nothing is drawn."""
    started = time.perf_counter()
    pictures = _read_sources(job)
    work = _work_of(job, pictures, None)
    restyled = [_read_source(source, job.destination).color for source in job.restyled]
    image = restyled[0]
    if work.canvas is not None:
        numbers = [tile.number for tile in job.tiles]
        image = lay_out(dict(zip(numbers, restyled, strict=True))).color
    if image.shape != work.color.shape:
        raise BadInput("its original and its restyled picture differ in size; make the variant again")
    following = write_following(job, _drawn(pictures, work, image))
    facts = {"features": "", "device": "cpu", "precision": "float32", "tile": None, "losses": ()}
    facts |= {"cached": False, "warnings": (), "seconds": time.perf_counter() - started}
    return _outcome(job, pictures[0], Path(job.restyled[0].path), facts, following)


def _run_single(
    job: Job, start: Array | None, on_iterate: OnIterate, on_warning: OnWarning
) -> tuple[Outcome, Array]:
    """One texture or UDIM set, optimised from `start` where that is given. Returns its picture too."""
    started = time.perf_counter()
    pictures = _read_sources(job)
    warnings: list[str] = []

    def warn(message: str) -> None:
        warnings.append(message)
        on_warning(message)

    styles = [(_read_style(style, warn), style.weight) for style in job.styles]
    if any(picture.animated for picture in pictures):
        warn("it is an animation, of which only the first frame is used")
    work = _work_of(job, pictures, start)
    on_iterate = _saying_how_long(on_iterate, warn, work.color.shape)
    try:
        made = _make(job, job.compute.device, work, styles, on_iterate)
    except OutOfMemory as reason:
        if choose_device(job.compute.device).type == "cpu":
            raise
        warn(f"{reason}; went on with the CPU")
        made = _make(job, "cpu", work, styles, on_iterate)
    for message in made.facts["warnings"]:
        warn(message)

    outputs = _write_results(job, pictures, work, made.image)
    try:
        following = write_following(job, _drawn(pictures, work, made.image))
    except BaseException:
        for path in outputs:
            path.unlink(missing_ok=True)
        raise
    facts = made.facts | {"warnings": warnings, "seconds": time.perf_counter() - started}
    return _outcome(job, pictures[0], outputs[0], facts, following), made.image


def _outcome(
    job: Job, picture: Picture, output: Path, facts: dict[str, Any], following: Sequence[Path]
) -> Outcome:
    """The report of a texture that was written. following: the maps that were written beside it."""
    height, width = picture.color.shape[:2]
    return Outcome(
        input=job.source.path,
        output=str(output),
        input_sha256=_sha256(Path(job.source.path)),
        output_sha256=_sha256(output),
        size=(width, height),
        features=facts["features"],
        device=facts["device"],
        precision=facts["precision"],
        tile=facts["tile"],
        losses=tuple(facts["losses"]),
        seconds=round(facts["seconds"], 3),
        peak_memory=peak_memory(torch.device(facts["device"])),
        cached=facts["cached"],
        warnings=tuple(facts["warnings"]),
        following=tuple(str(path) for path in following),
    )


def _saying_how_long(on_iterate: OnIterate, warn: OnWarning, shape: tuple[int, ...]) -> OnIterate:
    """`on_iterate`, and a sentence when the first steps tell that a run is a long one."""
    is_told = False

    def report(iterate: Iterate) -> None:
        nonlocal is_told
        # The first steps of a level make its tables.
        if not is_told and (iterate.scale > 1 or iterate.iteration > MEASURED_STEPS):
            is_told = True
            minutes = (iterate.seconds + iterate.seconds_left) / 60
            if minutes > LONG_RUN_MINUTES:
                side = max(shape[:2]) // 2
                warn(
                    f"this will take about {minutes:.0f} minutes; with --max-size {side} it would take about "
                    f"{max(1.0, minutes / 4):.0f}"
                )
        on_iterate(iterate)

    return report


def _make(
    job: Job,
    device_name: str,
    work: _Work,
    styles: list[tuple[Array, float]],
    on_iterate: OnIterate,
) -> cache.CachedResult:
    """The stylised picture and the facts about its making, from the cache where it is there."""
    device = choose_device(device_name)
    forget_peak_memory(device)
    with _MEASURING:
        dtype = choose_precision(job.compute.precision, device)
    source = resolve_source(job.compute.features)
    key = _cache_key(job, work, styles, source, device, dtype)
    found = cache.load(cache.cache_folder(), key) if key else None
    if found is not None:
        return cache.CachedResult(found.image, found.facts | {"cached": True})
    with _SHARES.taken(device, work.color.shape[0] * work.color.shape[1]):
        features = load_features(source, device=device, dtype=dtype, download=job.compute.download)
        result = stylize(
            work.color,
            styles,
            work.settings,
            features=features,
            mask=work.mask,
            seams=work.surface,
            start=work.start,
            on_progress=on_iterate,
        )
    facts = {
        "features": _features_name(features),
        "device": str(device),
        "precision": _name_of(dtype),
        "tile": result.tile,
        "losses": list(result.losses),
        "warnings": [*_about_weights(job.compute.features, source), *result.warnings],
        "cached": False,
    }
    made = cache.CachedResult(result.image, facts)
    if key:
        _store(key, made)
    return made


def _cache_key(
    job: Job,
    work: _Work,
    styles: list[tuple[Array, float]],
    source: str,
    device: torch.device,
    dtype: torch.dtype,
) -> str:
    """What the result is kept under, or "" where it is not to be."""
    # A frame depends on the one before it, so it has no key of its own.
    if not job.compute.cache or work.start is not None:
        return ""
    weights = _weights_sha256(source)
    if job.surface:
        weights += _sha256(Path(job.surface))
    return cache.key_of(work.color, styles, work.settings, weights, device.type, _name_of(dtype))


def _store(key: str, made: cache.CachedResult) -> None:
    """Keep a result; where that cannot be, it says so itself."""
    try:
        cache.store(cache.cache_folder(), key, made)
    except OSError as reason:
        made.facts["warnings"].append(
            f"the result was not kept in the cache {cache.cache_folder()} ({reason.strerror})"
        )


def _name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _read_sources(job: Job) -> list[Picture]:
    """The pictures of a job: one, or one for each tile of a UDIM set."""
    if job.sketch_size:
        return [_sketched(_read_source(job.source, job.destination), job.sketch_size)]
    if not job.tiles:
        return [_read_source(job.source, job.destination)]
    return [_read_source(tile.source, tile.destination) for tile in job.tiles]


def _sketched(picture: Picture, size: int) -> Picture:
    """A picture's colours alone, in eight bits, with the longest side at most `size`."""
    height, width = picture.color.shape[:2]
    shrink = min(1.0, size / max(height, width))
    tensor = torch.from_numpy(picture.color).permute(2, 0, 1)[None]
    small = resize(tensor, max(1, round(height * shrink)), max(1, round(width * shrink)))
    return Picture(to_array(small), gain=None, alpha=None, depth="uint8", orientation=picture.orientation)


def _read_source(source: Source, destination: Destination) -> Picture:
    """The source's pixels: an image file, or the array that the scene wrote."""
    path = Path(source.path)
    if path.suffix != ".npy":
        return read_image(path)
    pixels = np.load(path, allow_pickle=False)
    return picture_from_pixels(
        pixels[..., :3],
        pixels[..., 3] if pixels.shape[2] == 4 else None,
        destination.depth or "uint8",
        linear=source.encoding == "linear",
    )


def _work_of(job: Job, pictures: list[Picture], start: Array | None) -> _Work:
    triangles = read_triangles(Path(job.surface)) if job.surface else None
    if not job.tiles:
        color = pictures[0].color
        start = start if start is not None and start.shape == color.shape else None
        axes = None if triangles is None else tiled_axes(triangles.uvs)
        if triangles is not None and axes is not None:
            # A place in the texture is many on the surface then.
            height, width = color.shape[:2]
            settings = width_as_scale(job.settings, triangles.uvs, triangles.areas, height, width)
            return _Work(color, dataclasses.replace(settings, wrap=axes), start=start)
        return _Work(color, job.settings, start=start, surface=_surface_of(triangles))
    numbers = [tile.number for tile in job.tiles]
    canvas = lay_out({number: p.color for number, p in zip(numbers, pictures, strict=True)})
    mask = None if canvas.mask.all() else canvas.mask
    surface = None if triangles is None else _surface_of(triangles_on(canvas, triangles))
    return _Work(canvas.color, settings_for(canvas, job.settings), mask, canvas, surface=surface)


def _surface_of(triangles: Triangles | None) -> Surface | None:
    if triangles is None or not len(triangles.uvs):
        return None
    return Surface.of(triangles.uvs, triangles.areas, triangles.vertices, triangles.ups, triangles.steps)


def _drawn(pictures: list[Picture], work: _Work, image: Array) -> Drawn:
    depth: Depth = "uint8" if pictures[0].depth == "uint8" else "uint16"
    return Drawn(work.color, image, work.settings, work.surface, work.mask, work.canvas, depth)


def _write_results(job: Job, pictures: list[Picture], work: _Work, image: Array) -> list[Path]:
    """Write the one file, or every tile's; when one cannot be written none is left. Returns them."""
    if work.canvas is None:
        return [_write(job.destination, pictures[0], image)]
    colors = {tile.number: picture.color for tile, picture in zip(job.tiles, pictures, strict=True)}
    images = take_apart(work.canvas, image, colors)
    written: list[Path] = []
    try:
        for tile, picture in zip(job.tiles, pictures, strict=True):
            path = _write(tile.destination, picture, images[tile.number])
            written.append(path)
            if path != Path(tile.destination.path):
                raise BadInput(f"{tile.destination.path} was made by another program meanwhile; try again")
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def _write(destination: Destination, picture: Picture, image: Array) -> Path:
    path = Path(destination.path)
    return write_image(path, picture, image, depth=destination.depth, replace=destination.replace)


def _read_style(style: StyleImage, warn: OnWarning) -> Array:
    """A style's colours, upright; where it is transparent it counts as white paper."""
    try:
        picture = _read_source(Source(style.path, style.encoding), Destination(style.path))
    except BadInput as reason:
        raise BadInput(f"the style cannot be used: {reason}") from None
    if not np.isfinite(picture.color).all():
        raise BadInput(f"the style {style.path} has values that are not finite; repair it, or choose another")
    if picture.animated:
        warn(f"the style {style.path} is an animation, of which only the first frame is used")
    color = np.ascontiguousarray(upright(picture.color, picture.orientation))
    if picture.alpha is None:
        return color
    alpha = upright(picture.alpha, picture.orientation).astype(np.float32)
    if picture.alpha.dtype.kind == "u":
        alpha /= np.float32(np.iinfo(picture.alpha.dtype).max)
    return (color * alpha[..., None] + (1.0 - alpha[..., None])).astype(np.float32)


def _weights_sha256(source: str) -> str:
    """What tells one network from another; torchvision's file name holds its hash already."""
    if source == "vgg19":
        return original_vgg19.CONVERTED + original_vgg19.SHA256
    if source == "vgg19-torchvision":
        return vgg19_path().name
    path = EMBEDDED_PATH if source == "embedded" else Path(source)
    return _sha256(path) if path.is_file() else source


def _about_weights(wanted: str, source: str) -> list[str]:
    """What went otherwise than asked with the original VGG19's weights."""
    if wanted == "auto" and source == "embedded":
        return [f"{original_vgg19.why_not()}; went on with the embedded network"]
    if source == "vgg19" and not original_vgg19.cached_path().is_file():
        folder = original_vgg19.cached_path().parent
        return [f"VGG19's weights are converted anew each time, because {folder} cannot be written"]
    return []


def _features_name(features: Features) -> str:
    return Path(features.name).name if features.name.endswith(".safetensors") else features.name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
