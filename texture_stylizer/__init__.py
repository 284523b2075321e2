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


def glTF2_pre_export_callback(export_settings: dict[str, object]) -> None:
    """Called by Blender's glTF exporter before it reads the scene; it finds the name in every add-on."""
    from .scene.export.gltf_hook import before_export

    before_export(export_settings)


def glTF2_post_export_callback(export_settings: dict[str, object]) -> None:
    """Called by Blender's glTF exporter when it has read the scene."""
    from .scene.export.gltf_hook import after_export

    after_export(export_settings)
