"""Sentences as the panels show them: in as many lines as they need, with lengths of time that people say."""

import bpy
from bpy.app.translations import pgettext_iface as iface

from .. import words

_UNIT = 20
"""Height of a button in pixels, before the screen's scale; an icon is as wide."""

_MARGINS = 3.0
"""What the region's, the panel's and a box's borders take of a line, in such units."""


def to_translate(text: str) -> str:
    """Mark a text for the translators that is translated only where it is shown."""
    return text


def wrapped(text: str, width: float) -> list[str]:
    """A text in lines no wider than `width` pixels, in the interface's font; a longer word stays whole."""
    import blf

    blf.size(0, bpy.context.preferences.ui_styles[0].widget.points * _scale())
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and blf.dimensions(0, longer)[0] > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


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
    lines = wrapped(text, line_width(context) - units * _UNIT * _scale())
    lines += [""] * (least - len(lines))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(lines):
        column.label(text=line, icon="BLANK1" if number and icon != "NONE" else icon, translate=False)


def line_width(context: bpy.types.Context) -> float:
    """Width of the region that is drawn, in pixels."""
    region = context.region
    return region.width if region is not None and region.width > 1 else 280 * _scale()


def duration(seconds: float) -> str:
    """A length of time in the user's language."""
    return words.duration(seconds, iface)


def about(seconds: float) -> str:
    """An estimate of a length of time: in steps of five seconds, then of half minutes, then of minutes."""
    step = 5 if seconds < 60 else 30 if seconds < 600 else 60
    return duration(max(step, step * round(seconds / step)))


def _scale() -> float:
    # Without a window there is none.
    return bpy.context.preferences.system.ui_scale or 1.0
