"""The add-on's preferences, and the folders and the Python that they name."""

from pathlib import Path
from typing import Any

import bpy

from ..jobs.environment import COMPLETE, environment_python

MAY_BE_RELATIVE = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (5, 0, 0) else set()
"""Options of a path that may start with //: from 5.0 on it says so, or is drawn red."""

PACKAGE = __package__.rpartition(".")[0] if __package__ else "texture_stylizer"


def preferences_of(context: bpy.types.Context) -> Any:
    """The add-on's preferences; None where the package is imported without being installed."""
    addon = context.preferences.addons.get(PACKAGE)
    return addon.preferences if addon else None


def cache_folder(context: bpy.types.Context) -> Path:
    """Where results are kept: the folder of the preferences, or the extension's own."""
    preferences = preferences_of(context)
    if preferences and preferences.cache_folder:
        return Path(bpy.path.abspath(preferences.cache_folder))
    return environment_folder().with_name("cache")


def results_folder(context: bpy.types.Context) -> Path | None:
    """Where stylized textures go; None to take them into a .blend that has no folder yet."""
    preferences = preferences_of(context)
    chosen = preferences.results_folder if preferences else "//textures/"
    if chosen.startswith("//") and not bpy.data.filepath:
        return None
    return Path(bpy.path.abspath(chosen)) if chosen else None


def environment_folder() -> Path:
    """Where Set Up makes the environment: the extension's own folder, or the user's cache for other ways
    of installing."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="environment", create=False))
    except ValueError:
        return Path(bpy.utils.user_resource("DATAFILES")) / "texture_stylizer" / "environment"


def worker_python_path(context: bpy.types.Context) -> str | None:
    """The interpreter named in the preferences, or that of the environment that Set Up made, or None."""
    preferences = preferences_of(context)
    if preferences and preferences.python_path:
        return preferences.python_path
    made = environment_python(environment_folder())
    return str(made) if (made.parent.parent / COMPLETE).is_file() else None
