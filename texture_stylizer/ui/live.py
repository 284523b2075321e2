"""The picture of the moment, shown in the panel while a run is under way; nothing enters the user's file."""

from typing import Any

_shown: dict[str, Any] = {"previews": None, "icon": 0, "number": 0}


def show(path: str) -> None:
    """Take a preview file of the worker as the picture to show."""
    import bpy.utils.previews

    if _shown["previews"] is None:
        _shown["previews"] = bpy.utils.previews.new()
    _shown["number"] += 1
    thumbnail = _shown["previews"].load(f"preview {_shown['number']}", path, "IMAGE")
    # Read now: the worker's folder goes when the run ends.
    if len(thumbnail.image_pixels) and len(thumbnail.icon_pixels):
        _shown["icon"] = thumbnail.icon_id


def icon() -> int:
    """The icon to draw, or 0 while there is none."""
    return _shown["icon"]


def clear() -> None:
    """Forget the pictures of a run that ended."""
    import bpy.utils.previews

    if _shown["previews"] is not None:
        bpy.utils.previews.remove(_shown["previews"])
    _shown.update(previews=None, icon=0)
