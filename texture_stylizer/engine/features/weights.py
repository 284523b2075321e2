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
from .vgg import (
    COARSE_COLORS,
    COLORS,
    GATYS_CONTENT,
    GATYS_STYLE,
    ContentTerm,
    Features,
    Pooling,
    across,
    down,
)

EMBEDDED_PATH = Path(__file__).with_name("embedded.safetensors")
# torchvision's VGG19_Weights.IMAGENET1K_V1.url; importing torchvision for it would cost seconds.
VGG19_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
DOWNLOAD_SIZE = "548 MB"
EMBEDDED_CONTENT = ContentTerm("relu1_2", less_surroundings=True, share=0.06, flat=0.06)
"""Drawn textures taught the embedded network to tell patterns apart, not what a picture shows. Judged by
pretrained features, comparing content early keeps much more of it, and leaving out the colours that lie about
gives the style's more room; at half that size it would be cheaper, but left a fine grid: steps within two
pixels a quarter larger than those between. Soft textures' values had a mean square of 0.006, bricks' of
0.14. At 0.03 more of the style came out, at 0.1 more content error; at 0.1 woodcut lost its hatching.
"""

EMBEDDED_STYLE = {
    "relu1_1": 0.38,
    "relu2_1": 0.05,
    "relu3_1": 0.05,
    across("relu2_1"): 0.065,
    down("relu2_1"): 0.065,
    across("relu3_1"): 0.065,
    down("relu3_1"): 0.065,
    COLORS: 0.13,
    COARSE_COLORS: 0.13,
}
"""Drawn textures taught the deep blocks nothing that pretrained features care for: these judged the pictures
alike without relu4_1 and relu5_1, whose convolutions were two fifths of a step. Sixteen filters say little
about hue: without the colours edges in a grey style came out in all of them. And no layer sees much of how
large areas of one colour are: without the coarse ones there were fewer and larger. The maps' own Gram
matrices are those of dots as well as of strokes, and dots came out, a weave on planks and a grid on bricks;
their differences' tell the two apart. Some of the maps' own is left for flat textures, where differences
are small and rounding is not; and relu1_1 counts most, or a woodcut's black came out as soft shadows. Chosen
on planks and a wall: on two softer textures the judge found nothing gained, and relu5_1 further off."""
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
    content, style = GATYS_CONTENT, GATYS_STYLE
    if name == "embedded":
        content, style = EMBEDDED_CONTENT, EMBEDDED_STYLE
    if dtype.itemsize < torch.float32.itemsize:
        weights = {
            key: round_kernels(value.float(), dtype) if value.ndim == 4 else value
            for key, value in weights.items()
        }
    features = Features(
        weights,
        name=name,
        pooling=pooling,
        content=content,
        style=style,
    )
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
