"""What styles and variants are called."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface

from ..translations.polish import CONTEXT
from .presets import LOOK_ITEMS, look_of

_SAID = {"SUBTLE", "BOLD", "KEEP"}
"""Looks that are always part of a variant's name."""


def style_title(image: Any, path: str) -> str:
    """A style as people call it: the image's or the file's name, without suffix and underscores."""
    name = image.name if image else Path(bpy.path.abspath(path)).name if path else ""
    return Path(name).stem.replace("_", " ") if name else ""


def variant_name(settings: Any, taken: Collection[str]) -> str:
    """What was typed, or else the styles' names with what tells this variant from others: its look, its own
    settings, and, beside those that are taken, its quality."""
    if settings.variant:
        return settings.variant
    rows = [(settings.style_image, settings.style_path)]
    rows += [(style.image, style.path) for style in settings.more_styles]
    name = " + ".join(filter(None, (style_title(image, path) for image, path in rows)))
    name = ", ".join([name, *_what_is_special(settings)])
    quality = iface(settings.quality.title()).lower()
    return f"{name}, {quality}" if name in taken else name


def _what_is_special(settings: Any) -> list[str]:
    look = look_of(settings)
    if look in _SAID:
        return [iface(next(item[1] for item in LOOK_ITEMS if item[0] == look), CONTEXT).lower()]
    if look != "CUSTOM":
        return []
    said = []
    if abs(settings.content_weight - 1.0) > 1e-4:
        said.append(iface("content {:.3g}").format(settings.content_weight))
    if abs(settings.style_scale - 1.0) > 1e-4:
        said.append(iface("strokes {:.3g}").format(settings.style_scale))
    if settings.preserve_color != "off":
        said.append(iface("own colors"))
    return said
