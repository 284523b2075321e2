"""What tells whether a result is still the right one: hashes of everything that decides it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ... import __version__
from ...commands.request import Request
from ...errors import BadInput
from ...jobs.cache_folder import ENGINE_VERSION


def sha256_of(path: Path) -> str:
    """The hash of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def request_key(request: Request) -> str:
    """A hash of the settings, the styles' bytes, the network and the version. Raises BadInput.

    Not of the device nor of where a texture is cut into tiles: these change a result by rounding alone.
    """
    settings = {name: value for name, value in request.settings.to_json().items() if name != "tile"}
    features = request.compute.features
    try:
        styles = [(sha256_of(Path(s.path)), s.weight, _named(s.where)) for s in request.styles]
        mask = _named(request.mask)
        network = sha256_of(Path(features)) if Path(features).is_file() else features
    except OSError as reason:
        raise BadInput(f"{reason.filename} cannot be read ({reason.strerror}); check the path") from reason
    described = request.to_json()
    chosen = {
        name: described[name] for name in ("roles", "objects", "variant", "jpeg", "bake", "frames", "seams")
    }
    head = [__version__, ENGINE_VERSION, settings, styles, network, request.compute.precision, chosen]
    head += [mask, request.base]
    return hashlib.sha256(json.dumps(head, sort_keys=True).encode()).hexdigest()


def _named(text: str) -> str:
    """The hash of a file's bytes, or a name that is none. Raises OSError."""
    return sha256_of(Path(text)) if text and Path(text).is_file() else text


def asset_key(request: str, asset_sha256: str) -> str:
    """The key of an asset's result, from `request_key` and the hash of the asset's bytes; it begins so that
    `is_of_request` can tell."""
    return f"{request}:{asset_sha256}"


def is_of_request(key: str, request: str) -> bool:
    """Whether a key belongs to a request, whatever the asset's bytes."""
    return key.startswith(f"{request}:")
