"""One job, from its description to its written file: what the worker does for each."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ..descriptions import Job, Outcome, StyleImage
from ..engine import Features, load_features
from ..engine.color import Array
from ..engine.devices import choose_device, choose_precision, peak_memory
from ..engine.stylize import Iterate, stylize
from ..engine.weight_sources import EMBEDDED_PATH, resolve_source, vgg19_path
from ..errors import BadInput, OutOfMemory
from . import cache
from .images import Picture, picture_from_pixels, read_image, write_image

OnIterate = Callable[[Iterate], None]
OnWarning = Callable[[str], None]


def run_job(job: Job, on_iterate: OnIterate, on_warning: OnWarning) -> Outcome:
    """Stylise the job's source and write its destination.

    Raises the errors of errors.py; an exception out of `on_iterate` ends the job and leaves no file.
    """
    started = time.perf_counter()
    picture = _read_source(job)
    styles = [(_read_style(style), style.weight) for style in job.styles]
    warnings: list[str] = []

    def warn(message: str) -> None:
        warnings.append(message)
        on_warning(message)

    try:
        made = _make(job, job.compute.device, picture, styles, on_iterate)
    except OutOfMemory as reason:
        if choose_device(job.compute.device).type == "cpu":
            raise
        warn(f"{reason}; went on with the CPU")
        made = _make(job, "cpu", picture, styles, on_iterate)
    for message in made.facts["warnings"]:
        warn(message)

    output = Path(job.destination.path)
    write_image(output, picture, made.image, depth=job.destination.depth)
    height, width = picture.color.shape[:2]
    return Outcome(
        input=job.source.path,
        output=str(output),
        input_sha256=_sha256(Path(job.source.path)),
        output_sha256=_sha256(output),
        size=(width, height),
        features=made.facts["features"],
        device=made.facts["device"],
        precision=made.facts["precision"],
        tile=made.facts["tile"],
        losses=tuple(made.facts["losses"]),
        seconds=round(time.perf_counter() - started, 3),
        peak_memory=peak_memory(torch.device(made.facts["device"])),
        cached=made.facts["cached"],
        warnings=tuple(warnings),
    )


def _make(
    job: Job,
    device_name: str,
    picture: Picture,
    styles: list[tuple[Array, float]],
    on_iterate: OnIterate,
) -> cache.CachedResult:
    """The stylised picture and the facts about its making, from the cache where it is there."""
    device = choose_device(device_name)
    dtype = choose_precision(job.compute.precision, device)
    precision = str(dtype).removeprefix("torch.")
    source = resolve_source(job.compute.features)
    key = ""
    if job.compute.cache:
        weights = _weights_sha256(source)
        key = cache.key_of(picture.color, styles, job.settings, weights, device.type, precision)
        found = cache.load(cache.cache_folder(), key)
        if found is not None:
            return cache.CachedResult(found.image, found.facts | {"cached": True})
    features = load_features(source, device=device, dtype=dtype, download=job.compute.download)
    result = stylize(picture.color, styles, job.settings, features=features, on_progress=on_iterate)
    facts = {
        "features": _features_name(features),
        "device": str(device),
        "precision": precision,
        "tile": result.tile,
        "losses": list(result.losses),
        "warnings": list(result.warnings),
        "cached": False,
    }
    made = cache.CachedResult(result.image, facts)
    if key:
        try:
            cache.store(cache.cache_folder(), key, made)
        except OSError as reason:
            facts["warnings"].append(
                f"the result was not kept in the cache {cache.cache_folder()} ({reason.strerror})"
            )
    return made


def _read_source(job: Job) -> Picture:
    """The source's pixels: an image file, or the array that the scene wrote."""
    path = Path(job.source.path)
    if path.suffix != ".npy":
        return read_image(path)
    pixels = np.load(path, allow_pickle=False)
    return picture_from_pixels(
        pixels[..., :3],
        pixels[..., 3],
        job.destination.depth or "uint8",
        linear=job.source.encoding == "linear",
    )


def _read_style(style: StyleImage) -> Array:
    """A style's colours; where it is transparent it counts as white paper."""
    path = Path(style.path)
    try:
        picture = read_image(path)
    except BadInput as reason:
        raise BadInput(f"the style cannot be used: {reason}") from None
    if picture.alpha is None:
        return picture.color
    alpha = picture.alpha.astype(np.float32)
    if picture.alpha.dtype.kind == "u":
        alpha /= np.float32(np.iinfo(picture.alpha.dtype).max)
    return (picture.color * alpha[..., None] + (1.0 - alpha[..., None])).astype(np.float32)


def _weights_sha256(source: str) -> str:
    """What tells one network from another; vgg19's file name holds its hash already."""
    if source == "vgg19":
        return vgg19_path().name
    path = EMBEDDED_PATH if source == "embedded" else Path(source)
    return _sha256(path) if path.is_file() else source


def _features_name(features: Features) -> str:
    return Path(features.name).name if features.name.endswith(".safetensors") else features.name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
