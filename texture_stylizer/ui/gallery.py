"""The style gallery: thumbnails of the add-on's own styles and of the user's folder."""

from pathlib import Path
from typing import Any

import bpy

_PACKAGE_FOLDER = Path(__file__).parent.parent
# In the extension the sample styles lie within the package; in a clone they are among the samples.
SHIPPED = (_PACKAGE_FOLDER / "styles", _PACKAGE_FOLDER.parent / "sample_assets" / "styles")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
_NONE = ("NONE", "Choose a Style", "", 0, 0)

# Blender keeps no reference to the strings of dynamic enum items, so they are kept here with the thumbnails.
_shown: dict[str, Any] = {"previews": None, "items": []}


def items(_self: Any, context: bpy.types.Context) -> list[tuple[str, str, str, int, int]]:
    """The enum's items, made once until `reload`."""
    if not _shown["items"]:
        _load(context)
    return _shown["items"]


def choose(settings: Any, _context: bpy.types.Context) -> None:
    """Take the chosen picture as the style."""
    if settings.gallery not in ("", "NONE"):
        settings.style_path, settings.style_image = settings.gallery, None


def reload(_self: Any = None, _context: bpy.types.Context | None = None) -> None:
    """Look at the folders again when the gallery is next shown."""
    _shown["items"] = []


def unregister() -> None:
    """Free the thumbnails."""
    reload()
    if _shown["previews"] is not None:
        import bpy.utils.previews

        bpy.utils.previews.remove(_shown["previews"])
        _shown["previews"] = None


def _load(context: bpy.types.Context) -> None:
    import bpy.utils.previews

    if _shown["previews"] is None:
        _shown["previews"] = bpy.utils.previews.new()
    previews = _shown["previews"]
    found: list[tuple[str, str, str, int, int]] = [_NONE]
    for number, path in enumerate(_files(context), start=1):
        key = str(path)
        thumbnail = previews[key] if key in previews else previews.load(key, key, "IMAGE")
        title = path.stem.replace("_", " ").title()
        found.append((key, title, f"{title}, {path.parent}", thumbnail.icon_id, number))
    _shown["items"] = found


def _files(context: bpy.types.Context) -> list[Path]:
    from .properties import PACKAGE

    folders = [next((folder for folder in SHIPPED if folder.is_dir()), SHIPPED[0])]
    addon = context.preferences.addons.get(PACKAGE)
    if addon and addon.preferences and addon.preferences.style_folder:
        folders.append(Path(bpy.path.abspath(addon.preferences.style_folder)))
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES
    ]
