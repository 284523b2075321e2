"""The kinds of files that can be read and written, told by their suffix."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadInput

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".tga", ".bmp", ".webp", ".exr", ".hdr")
GLTF_SUFFIXES = (".glb", ".gltf", ".vrm")
"""A .vrm is a .glb."""

MODEL_SUFFIXES = (*GLTF_SUFFIXES, ".fbx", ".obj", ".usd", ".usda", ".usdc", ".usdz")
SCENE_SUFFIXES = (".blend", *MODEL_SUFFIXES)


def check_kind(path: Path) -> str:
    """The lower-case suffix of a file that exists and whose kind is known. Raises BadInput."""
    suffix = path.suffix.lower()
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file; check the path")
    if suffix not in (*IMAGE_SUFFIXES, *SCENE_SUFFIXES):
        raise BadInput(
            f"{path}: {suffix or 'a file without suffix'} is no known kind; "
            f"give one of {', '.join((*SCENE_SUFFIXES, *IMAGE_SUFFIXES))}"
        )
    return suffix


def is_same_gltf(suffix: str, other: str) -> bool:
    """Whether two suffixes are of one form of glTF, so that one file becomes the other without Blender."""
    binary = (".glb", ".vrm")
    return suffix in GLTF_SUFFIXES and (suffix == other or (suffix in binary and other in binary))
