"""The style gallery: favorite styles, the add-on's own, those of the user's folders, and recent ones.

It keeps no choice of its own: what it shows as chosen is the settings' style, wherever that came from.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface

from ...descriptions import IMAGE_OF_FILE as _IMAGE
from ..addon_paths import preferences_of
from ..window.thumbnails import Thumbnails

_PACKAGE_FOLDER = Path(__file__).parents[2]
# In the extension the sample styles lie within the package; in a clone they are among the samples.
SHIPPED = (_PACKAGE_FOLDER / "styles", _PACKAGE_FOLDER.parent / "sample_assets" / "styles")
RECENT = 8
"""So many styles from elsewhere are shown."""

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
Item = tuple[str, str, str, int, int]

# Blender keeps no reference to the strings of dynamic enum items, so they are kept here.
_shown: dict[str, list[Item]] = {"items": [], "former": []}
_thumbnails = Thumbnails()


def items(settings: Any, context: bpy.types.Context) -> list[Item]:
    """The enum's items: the folders' pictures, the recent ones, and the style at hand."""
    if not _shown["items"]:
        _shown["items"] = _load(context)
    key = key_of(settings)
    if key and all(item[0] != key for item in _shown["items"]):
        _shown["items"].append(_item(key, len(_shown["items"])))
    return _shown["items"]


def get_choice(settings: Any) -> int:
    """The number of the style at hand among the items."""
    key = key_of(settings)
    return next((item[4] for item in items(settings, bpy.context) if item[0] == key), 0)


def set_choice(settings: Any, number: int) -> None:
    """Take the chosen picture as the style."""
    take(settings, _shown["items"][number][0])


def take(settings: Any, key: str) -> None:
    """Take a style by its item's name: a path, or an image of this file."""
    if key != "NONE":
        put(settings, key, "style_image", "style_path")


def put(owner: Any, key: str, image: str = "image", path: str = "path") -> None:
    """Give the two properties of a style, of those names, the picture of that item's name."""
    named = key.removeprefix(_IMAGE) if key.startswith(_IMAGE) else ""
    setattr(owner, image, bpy.data.images.get(named))
    setattr(owner, path, "" if named else key)


def key_of(settings: Any) -> str:
    """What the item of the style at hand is called; empty where there is none."""
    if settings.style_image is not None:
        return _IMAGE + settings.style_image.name
    return bpy.path.abspath(settings.style_path) if settings.style_path else ""


def titles(context: bpy.types.Context) -> dict[str, str]:
    """The names by which a style can be typed, with their items' names."""
    found = {item[1]: item[0] for item in items(context.scene.texture_stylizer, context)[1:]}
    return {image.name: _IMAGE + image.name for image in bpy.data.images} | found


def remember(path: str, context: bpy.types.Context) -> None:
    """Keep a style that was used among the recent ones, in the preferences."""
    preferences = preferences_of(context)
    if preferences is None or not path or Path(path) in _folder_files(context):
        return
    recent = [path, *(other for other in _paths(preferences.recent_styles) if other != path)]
    preferences.recent_styles = "\n".join(recent[:RECENT])


def is_favorite(path: str, context: bpy.types.Context) -> bool:
    """Whether a style is one of those that the gallery shows first."""
    preferences = preferences_of(context)
    return preferences is not None and path in _paths(preferences.favorite_styles)


def set_favorite(path: str, favorite: bool, context: bpy.types.Context) -> None:
    """Show a style among the first of the gallery, or no more."""
    preferences = preferences_of(context)
    others = [other for other in _paths(preferences.favorite_styles) if other != path]
    preferences.favorite_styles = "\n".join([*others, path] if favorite else others)
    reload()


def reload(_self: Any = None, _context: bpy.types.Context | None = None) -> None:
    """Look at the folders again when the gallery is next shown."""
    # Blender may still hold the old items' strings until it asks for the new ones.
    _shown["former"], _shown["items"] = _shown["items"], []


def unregister() -> None:
    """Free the thumbnails."""
    reload()
    _thumbnails.free()


def _paths(lines: str) -> list[str]:
    """The paths of a text that holds one a line."""
    return list(filter(None, lines.split("\n")))


def _load(context: bpy.types.Context) -> list[Item]:
    preferences = preferences_of(context)
    own = [str(path) for path in _folder_files(context)]
    favorites = _paths(preferences.favorite_styles) if preferences else []
    recent = _paths(preferences.recent_styles) if preferences else []
    keys = [key for key in dict.fromkeys([*favorites, *own, *recent]) if Path(key).is_file()]
    none: Item = ("NONE", iface("Choose a Style"), "", 0, 0)
    return [none, *(_item(key, number) for number, key in enumerate(keys, start=1))]


def _item(key: str, number: int) -> Item:
    if key.startswith(_IMAGE):
        image = bpy.data.images.get(key.removeprefix(_IMAGE))
        icon = 0 if image is None else bpy.types.UILayout.icon(image)
        return key, key.removeprefix(_IMAGE), iface("An image of this file"), icon, number
    path = Path(key)
    title = path.stem.replace("_", " ").title()
    return key, title, f"{title}, {path.parent}", _thumbnails.icon(key), number


def _folder_files(context: bpy.types.Context) -> Iterable[Path]:
    folders = [next((folder for folder in SHIPPED if folder.is_dir()), SHIPPED[0])]
    preferences = preferences_of(context)
    if preferences:
        folders += [Path(bpy.path.abspath(row.path)) for row in preferences.style_folders if row.path]
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES
    ]
