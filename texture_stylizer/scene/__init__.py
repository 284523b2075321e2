"""What is in a Blender scene, and how to rewire it: knows bpy, never torch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .restyle import stylize_objects
    from .texture_uses import TextureUse, find_textures
    from .variants.create import Variant
    from .variants.edit import remove_variant
    from .variants.find import list_variants
    from .variants.show import use_original, use_variant

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

_MODULES = {
    "TextureUse": "texture_uses",
    "Variant": "variants.create",
    "find_textures": "texture_uses",
    "list_variants": "variants.find",
    "remove_variant": "variants.edit",
    "stylize_objects": "restyle",
    "use_original": "variants.show",
    "use_variant": "variants.show",
}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used: panels import single modules, and must not wait for numpy."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
