"""One job, from its description to its written file: what the worker does for each."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from ...descriptions import Depth, Destination, Job, Outcome
from ...engine import Features, load_features
from ...engine.coarse_to_fine import Iterate
from ...engine.color import Array
from ...engine.features import original_vgg19
from ...engine.features.weights import EMBEDDED_PATH, resolve_source, vgg19_path
from ...engine.hardware.devices import choose_device
from ...engine.hardware.memory import forget_peak_memory, peak_memory
from ...engine.stylize import stylize
from ...errors import BadInput, OutOfMemory
from . import cache
from .following import Drawn, write_following
from .frames import run_frames
from .images import Kept, Picture, write_image
from .masks import kept_beneath
from .precision import choose_precision
from .sharing import Shares
from .sources import OnWarning, read_beneath, read_source, read_sources
from .udim_canvas import lay_out, take_apart
from .work import StylesRead, Work, masked, read_styles, work_of

_SHARES = Shares()
_MEASURING = threading.Lock()
"""A device's speed is measured by one job, while those beside it wait to know it."""

LONG_RUN_MINUTES = 15
"""A run that takes longer is announced."""

MEASURED_STEPS = 10

OnIterate = Callable[[Iterate], None]


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
    pictures = read_sources(job)
    work = work_of(job, pictures, None)
    restyled = [read_source(source, job.destination).color for source in job.restyled]
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
    pictures = read_sources(job)
    warnings: list[str] = []

    def warn(message: str) -> None:
        warnings.append(message)
        on_warning(message)

    beneath = read_beneath(job, pictures)
    if any(picture.animated for picture in pictures):
        warn("it is an animation, of which only the first frame is used")
    work = work_of(job, pictures, start)
    styles = read_styles(job, pictures[0], work.canvas, warn)
    work = masked(work, job, pictures[0], styles)
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

    outputs = _write_results(job, pictures, beneath, work, made.image)
    seen = _seen(work, job, beneath, made.image)
    try:
        following = write_following(job, _drawn(pictures, work, seen))
    except BaseException:
        for path in outputs:
            path.unlink(missing_ok=True)
        raise
    facts = made.facts | {"warnings": warnings, "seconds": time.perf_counter() - started}
    return _outcome(job, pictures[0], outputs[0], facts, following), seen


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
    work: Work,
    styles: StylesRead,
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
            styles.styles,
            work.settings,
            features=features,
            regions=styles.regions,
            mask=work.mask,
            seams=work.surface,
            start=work.start,
            on_progress=on_iterate,
        )
    facts: dict[str, Any] = {
        "features": _features_name(features),
        "device": str(device),
        "precision": _name_of(dtype),
    }
    facts |= {"tile": result.tile, "losses": list(result.losses), "cached": False}
    facts["warnings"] = [*_about_weights(job.compute.features, source), *result.warnings]
    made = cache.CachedResult(result.image, facts)
    if key:
        _store(key, made)
    return made


def _cache_key(
    job: Job,
    work: Work,
    styles: StylesRead,
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
    arrays = styles.arrays()
    if work.mask is not None:
        arrays.append((work.mask, -2.0))
    return cache.key_of(work.color, arrays, work.settings, weights, device.type, _name_of(dtype))


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


def _seen(work: Work, job: Job, beneath: list[Picture], image: Array) -> Array:
    """The drawn picture with what its mask keeps, (H, W, 3), for what follows it."""
    if work.kept is None:
        return image
    old = beneath[0].color
    if work.canvas is not None:
        numbers = [tile.number for tile in job.tiles]
        old = lay_out({number: p.color for number, p in zip(numbers, beneath, strict=True)}).color
    return (old + work.kept[..., None] * (image - old)).clip(0.0, 1.0)


def _drawn(pictures: list[Picture], work: Work, image: Array) -> Drawn:
    depth: Depth = "uint8" if pictures[0].depth == "uint8" else "uint16"
    canvas = work.canvas
    return Drawn(work.color, image, work.settings, work.surface, work.mask, canvas, depth, work.kept)


def _write_results(
    job: Job, pictures: list[Picture], beneath: list[Picture], work: Work, image: Array
) -> list[Path]:
    """Write the one file, or every tile's; when one cannot be written none is left. Returns them. beneath:
    what is seen where the mask is black."""
    kept = kept_beneath(work.kept, beneath, [tile.number for tile in job.tiles], work.canvas)
    if work.canvas is None:
        return [_write(job.destination, pictures[0], image, kept[0])]
    colors = {tile.number: picture.color for tile, picture in zip(job.tiles, pictures, strict=True)}
    images = take_apart(work.canvas, image, colors)
    written: list[Path] = []
    try:
        for tile, picture, stays in zip(job.tiles, pictures, kept, strict=True):
            path = _write(tile.destination, picture, images[tile.number], stays)
            written.append(path)
            if path != Path(tile.destination.path):
                raise BadInput(f"{tile.destination.path} was made by another program meanwhile; try again")
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def _write(destination: Destination, picture: Picture, image: Array, kept: Kept | None) -> Path:
    path = Path(destination.path)
    if kept is not None and path.suffix.lower() in (".jpg", ".jpeg"):
        raise BadInput("a JPEG cannot keep what its mask leaves; write a PNG instead")
    return write_image(path, picture, image, depth=destination.depth, replace=destination.replace, kept=kept)


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
