"""What Blender's own glTF exporter is made to do: it writes a mixed variant as images that hold the mix."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import bpy

from ..variants.find import is_shown
from .exported_mixes import ExportedMix, bake_mixes, mixed_copies, restore_mixes

_MIXES = "texture_stylizer_mixes"


def before_export(export_settings: dict[str, Any]) -> None:
    """Make images of the mixes that the file shows, and remember them in the export's settings."""
    changed, problems = bake_mixes(copy for copy in mixed_copies() if is_shown(copy))
    export_settings[_MIXES] = changed
    log: Any = export_settings.get("log")
    for problem in problems if hasattr(log, "warning") else ():
        log.warning(problem)
    if changed and not bpy.app.background:
        # An export that fails does not call `after_export`.
        bpy.app.timers.register(functools.partial(_restore_if_left, changed))


def after_export(export_settings: dict[str, Any]) -> None:
    """Put the Mix nodes back."""
    restore_mixes(export_settings.pop(_MIXES, ()))


def _restore_if_left(changed: Sequence[ExportedMix]) -> None:
    try:
        if any(mix.node.image != mix.restyled for mix in changed):
            restore_mixes(changed)
    except ReferenceError:
        # An undo came first, and brought the Mix nodes back itself.
        return
