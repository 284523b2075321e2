"""Where a feature network's weights come from: a dependency, the package itself, torchvision, or a file."""

from __future__ import annotations

import urllib.error
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ...errors import BadInput, MissingWeights
from . import original_vgg19
from .rounding import round_kernels
from .vgg import Features, Pooling

EMBEDDED_PATH = Path(__file__).with_name("embedded.safetensors")
# torchvision's VGG19_Weights.IMAGENET1K_V1.url; importing torchvision for it would cost seconds.
VGG19_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
DOWNLOAD_SIZE = "548 MB"

HOW_TO_GET_VGG19 = (
    f"`texture-stylizer doctor --download-vgg19` fetches them once ({DOWNLOAD_SIZE}); "
    "in Blender the add-on's preferences have a button for it"
)


def load_features(
    source: str | Path,
    *,
    pooling: Pooling = "average",
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    download: bool = True,
) -> Features:
    """A feature network, ready to use.

    source: "vgg19", the original weights, from a package that comes with this one; "vgg19-torchvision",
    torchvision's retrained ones, downloaded when they are not on disk and `download` allows it; "embedded";
    "auto", vgg19 where its weights are on this computer and embedded otherwise; or the path of a .safetensors
    file with torchvision's keys, any widths.
    Raises MissingWeights when the original's or torchvision's cannot be had, BadInput for a file that does
    not fit.
    """
    name = resolve_source(source)
    weights = _load_weights(name, download)
    if dtype.itemsize < torch.float32.itemsize:
        weights = {
            key: round_kernels(value.float(), dtype) if value.ndim == 4 else value
            for key, value in weights.items()
        }
    features = Features(weights, name=name, pooling=pooling)
    return features.to(device=device, dtype=dtype).to(memory_format=torch.channels_last)


def _load_weights(name: str, download: bool) -> Mapping[str, Tensor]:
    if name == "embedded":
        return load_file(EMBEDDED_PATH)
    if name == "vgg19":
        return original_vgg19.load()
    if name == "vgg19-torchvision":
        return _load_vgg19(download)
    return _load_file(Path(name))


def resolve_source(source: str | Path) -> str:
    """What `auto` stands for on this computer; any other source as it is."""
    if source == "auto":
        return "embedded" if original_vgg19.why_not() else "vgg19"
    return str(source)


def vgg19_path(url: str = VGG19_URL) -> Path:
    """Where torchvision keeps, or would keep, its ImageNet weights on this computer."""
    return Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]


def download_vgg19(url: str = VGG19_URL, *, progress: bool = False) -> Path:
    """Fetch the weights unless they are there; the hash in the file's name is checked, as torchvision does.

    Raises MissingWeights when the server cannot be reached or sends something else.
    """
    path = vgg19_path(url)
    if path.is_file():
        return path
    hash_prefix = path.stem.rsplit("-", 1)[-1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(path), hash_prefix, progress=progress)
    except (OSError, urllib.error.URLError, RuntimeError) as reason:
        raise MissingWeights(
            f"torchvision's VGG19 weights cannot be downloaded from {url} ({reason}); put the file at "
            f"{path}, or use --features vgg19"
        ) from reason
    return path


def _load_vgg19(download: bool) -> Mapping[str, Tensor]:
    if not download and not vgg19_path().is_file():
        raise MissingWeights(
            f"torchvision's VGG19 weights are not on this computer; {HOW_TO_GET_VGG19}, or "
            "use --features vgg19"
        )
    path = download_vgg19()
    try:
        # Mapped, since only a tenth of the file belongs to the trunk.
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as reason:
        raise MissingWeights(f"{path} is damaged ({reason}); delete it and download it again") from reason


def _load_file(path: Path) -> Mapping[str, Tensor]:
    if not path.is_file():
        raise BadInput(
            f"there is no feature network {path}; give auto, vgg19, vgg19-torchvision, embedded or "
            "the path of a .safetensors file"
        )
    try:
        return load_file(path)
    except (SafetensorError, OSError) as reason:
        raise BadInput(
            f"{path} cannot be read as a .safetensors file ({reason}); save the network's weights "
            "with safetensors.torch.save_file"
        ) from reason
