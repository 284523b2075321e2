"""Restyle the textures of game assets by neural style transfer, in Blender and from a shell.

Blender imports this package as an extension and calls `register`; the worker imports it without bpy. So
nothing here imports bpy or torch by itself.
"""

__version__ = "0.1.0"


def register() -> None:
    """Called by Blender when the extension is enabled."""
    from .ui import registration

    registration.register()


def unregister() -> None:
    """Called by Blender when the extension is disabled."""
    from .ui import registration

    registration.unregister()
