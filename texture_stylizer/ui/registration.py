"""The one place that registers and unregisters everything."""

from typing import Any

import bpy

from . import operators, panels, properties

_CLASSES = [*properties.CLASSES, *operators.CLASSES, *panels.CLASSES]
_handles: list[Any] = []


def register() -> None:
    """Register the classes, the scene's settings, and `blender --command texture_stylizer`."""
    for class_ in _CLASSES:
        bpy.utils.register_class(class_)
    bpy.types.Scene.texture_stylizer = bpy.props.PointerProperty(type=properties.StylizerSettings)
    _handles.append(bpy.utils.register_cli_command("texture_stylizer", _command))


def unregister() -> None:
    """Undo `register`."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
    del bpy.types.Scene.texture_stylizer
    for class_ in reversed(_CLASSES):
        bpy.utils.unregister_class(class_)


def _command(arguments: list[str]) -> int:
    from ..cli import main

    return main(arguments)
