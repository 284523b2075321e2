"""What is in a Blender scene, and how to rewire it: knows bpy, never torch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .restyle import stylize_objects
    from .textures import TextureUse, find_textures
    from .variants import Variant, list_variants, remove_variant, use_original, use_variant

__all__ = [
    "TextureUse",
    "Variant",
    "find_textures",
    "list_variants",
    "remove_variant",
    "stylize_objects",
    "use_original",
    "use_variant",
]

_MODULES = {"stylize_objects": "restyle", "TextureUse": "textures", "find_textures": "textures"}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: panels import single modules, and must not wait for numpy."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES.get(name, 'variants')}", __name__), name)
