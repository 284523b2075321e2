"""What is in a Blender scene, and how to rewire it: knows bpy, never torch."""

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
