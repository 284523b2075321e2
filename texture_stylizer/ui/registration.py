"""The one place that registers and unregisters everything."""

from typing import Any

import bpy

from . import addon_paths
from .panels import other_editors, sidebar, texture_list
from .running import batch_folder, finished, live_preview, run_operators, session
from .settings import (
    advanced_settings,
    last_used,
    part_settings,
    preferences,
    presets,
    properties,
    settings_again,
)
from .setup import setup_operators, worker_questions
from .styles import gallery, style_operators
from .translations import polish
from .try_styles import trial_operators, trials
from .variants import strength_slider, variant_operators

_CLASSES = [
    *properties.CLASSES,
    *preferences.CLASSES,
    *advanced_settings.CLASSES,
    *part_settings.CLASSES,
    *run_operators.CLASSES,
    *style_operators.CLASSES,
    *texture_list.CLASSES,
    *finished.CLASSES,
    *settings_again.CLASSES,
    *trial_operators.CLASSES,
    *variant_operators.CLASSES,
    *setup_operators.CLASSES,
    *worker_questions.CLASSES,
    *presets.CLASSES,
    *sidebar.CLASSES,
    *other_editors.CLASSES,
    *batch_folder.CLASSES,
]
_handles: list[Any] = []


def register() -> None:
    """Register the classes, the scene's settings, menus, and `blender --command texture_stylizer`."""
    for class_ in _CLASSES:
        bpy.utils.register_class(class_)
    bpy.types.Scene.texture_stylizer = bpy.props.PointerProperty(type=properties.StylizerSettings)
    bpy.types.WindowManager.texture_stylizer_run = bpy.props.PointerProperty(type=properties.StylizerRun)
    strength_slider.register()
    for menu in other_editors.MENUS:
        getattr(bpy.types, menu).append(other_editors.draw_menu)
    bpy.app.handlers.load_post.append(last_used.on_load)
    bpy.app.translations.register(addon_paths.PACKAGE, polish.TRANSLATIONS)
    _handles.append(bpy.utils.register_cli_command("texture_stylizer", _command))


def unregister() -> None:
    """Undo `register`; a run under way ends with nothing left of it, a set-up can go on later."""
    session.end_all()
    batch_folder.end_all()
    setup_operators.end_all()
    if bpy.context.workspace is not None:
        bpy.context.workspace.status_text_set(None)
    bpy.app.handlers.load_post.remove(last_used.on_load)
    texture_list.end()
    trials.clear()
    bpy.app.translations.unregister(addon_paths.PACKAGE)
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
    for menu in other_editors.MENUS:
        getattr(bpy.types, menu).remove(other_editors.draw_menu)
    gallery.unregister()
    live_preview.clear()
    strength_slider.unregister()
    del bpy.types.WindowManager.texture_stylizer_run
    del bpy.types.Scene.texture_stylizer
    for class_ in reversed(_CLASSES):
        bpy.utils.unregister_class(class_)


def _command(arguments: list[str]) -> int:
    from ..cli import main

    return main(arguments)
