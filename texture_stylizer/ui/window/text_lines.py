"""Sentences as the panels show them: in as many lines as they need, with lengths of time that people say."""

import re

import bpy
from bpy.app.translations import pgettext_iface as iface

from ... import words

_UNIT = 20
"""Height of a button in pixels, before the screen's scale; an icon is as wide."""

_MARGINS = 3.75
"""What the region's, the panel's and a box's borders take of a line, in such units."""


def to_translate(text: str) -> str:
    """Mark a text for the translators that is translated only where it is shown."""
    return text


def wrapped(text: str, width: float) -> list[str]:
    """A text in lines no wider than `width` pixels, in the interface's font. A word that is wider, as paths
    are, goes on in the next line: after a folder's name where there is one."""
    lines = [""]
    for word in text.split():
        for number, part in enumerate(_parts(word, width)):
            gap = " " if lines[-1] and number == 0 else ""
            if lines[-1] and text_width(lines[-1] + gap + part) > width:
                lines.append(part)
            else:
                lines[-1] += gap + part
    return lines


def text_width(text: str) -> float:
    """Pixels that a text takes on the screen, in the interface's font."""
    import blf

    blf.size(0, bpy.context.preferences.ui_styles[0].widget.points * ui_scale())
    return blf.dimensions(0, text)[0]


def _parts(word: str, width: float) -> list[str]:
    """A word whole, or what it can be divided into where it is wider than a line."""
    if text_width(word) <= width:
        return [word]
    folders = re.findall(r"[^/\\]*[/\\]|[^/\\]+", word)
    return [part for folder in folders for part in ([folder] if text_width(folder) <= width else folder)]


def draw_text(
    layout: bpy.types.UILayout,
    context: bpy.types.Context,
    text: str,
    icon: str = "NONE",
    least: int = 1,
    taken: float = 0.0,
) -> None:
    """Draw a translated text over as many lines as the region's width takes. least: so many lines at least,
    so that nothing below moves when the text changes. taken: what lies beside it, in widths of an icon."""
    units = _MARGINS + (icon != "NONE") + taken
    lines = wrapped(text, line_width(context) - units * _UNIT * ui_scale())
    lines += [""] * (least - len(lines))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(lines):
        column.label(text=line, icon="BLANK1" if number and icon != "NONE" else icon, translate=False)


def line_width(context: bpy.types.Context) -> float:
    """Width of the region that is drawn, in pixels."""
    region = context.region
    return region.width if region is not None and region.width > 1 else 280 * ui_scale()


def duration(seconds: float) -> str:
    """A length of time in the user's language."""
    return words.duration(seconds, iface)


def about(seconds: float) -> str:
    """An estimate of a length of time: in steps of five seconds, then of half minutes, then of minutes."""
    step = 5 if seconds < 60 else 30 if seconds < 600 else 60
    return duration(max(step, step * round(seconds / step)))


def ui_scale() -> float:
    """Of the screen; 1 without a window."""
    return bpy.context.preferences.system.ui_scale or 1.0
