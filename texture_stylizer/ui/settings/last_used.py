"""Settings that follow the artist from file to file: the preferences keep those of the last run."""

import json
from typing import Any

import bpy

from ..addon_paths import preferences_of
from .presets import SAVED

FOLLOWING = (*SAVED, "style_path")
"""The properties of the scene that a new file starts with."""


def keep(context: bpy.types.Context) -> None:
    """Note the settings of a run in the preferences."""
    preferences = preferences_of(context)
    if preferences is None:
        return
    settings = context.scene.texture_stylizer
    values = {name: _plain(getattr(settings, name)) for name in FOLLOWING}
    # What lies beside this file does not lie beside the next.
    values["style_path"] = bpy.path.abspath(settings.style_path)
    preferences.last_used = json.dumps(values)
    context.preferences.is_dirty = True


def bring_back(context: bpy.types.Context) -> None:
    """Give every scene the settings of the last run, as far as its file keeps none of its own."""
    preferences = preferences_of(context)
    if preferences is None or not preferences.last_used:
        return
    kept = json.loads(preferences.last_used)
    for scene in bpy.data.scenes:
        if scene.is_editable:
            _set_unset(scene.texture_stylizer, kept)


def _set_unset(settings: Any, values: dict[str, Any]) -> None:
    """Set those properties by name that were never set; what this version does not know is left out."""
    for name, value in values.items():
        if name not in FOLLOWING or settings.is_property_set(name):
            continue
        try:
            setattr(settings, name, set(value) if isinstance(value, list) else value)
        except (TypeError, ValueError):
            # A choice of another version.
            continue


@bpy.app.handlers.persistent
def on_load(_path: str) -> None:
    """Called by Blender after a file was opened or a new one begun."""
    bring_back(bpy.context)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value
