"""Restyle the textures of game assets by neural style transfer, in Blender and from a shell."""

__version__ = "0.1.0"
