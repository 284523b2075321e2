"""A layout that measures what a panel draws, where there is no window to draw it in.

Blender gives what stands in a row as much as each part asks for, and cuts the texts where the sum of that is
more than there is: so a row fits whose parts together are no wider than the panel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as iface

from texture_stylizer.ui.window.text_lines import text_width

PANEL = 226.0
"""Pixels between the borders of a panel in a sidebar of the default width of 280, as Blender 5.2 draws it."""

_UNIT = 20.0
_BORDERS = 8.0
"""What a button or label leaves free on both sides of its text."""

_BOX = 12.0
_ICON_ALONE = {"", " "}


class Part:
    """A label or button: its text, and the pixels that it asks for."""

    def __init__(self, text: str, width: float) -> None:
        self.text, self.width = text, width


class Layout:
    """Blender's UILayout as far as the panels use it. What is set on it, as `enabled`, changes no width."""

    def __init__(self, across: bool = False, inset: float = 0.0, columns: int = 1) -> None:
        self.across, self.inset, self.columns = across, inset, columns
        self.parts: list[Part | Layout] = []
        self.ui_units_x = 0.0

    @property
    def width(self) -> float:
        widths = [part.width for part in self.parts] or [0.0]
        whole = sum(widths) if self.across else self.columns * max(widths)
        return self.ui_units_x * _UNIT or whole + self.inset

    def texts(self) -> Iterator[str]:
        """Everything that is drawn, in order."""
        for part in self.parts:
            yield from [part.text] if isinstance(part, Part) else part.texts()

    def cut(self, room: float = PANEL) -> list[str]:
        """The rows that are wider than the room."""
        room = self.ui_units_x * _UNIT or (room - self.inset) / self.columns
        if self.across:
            return [" | ".join(self.texts())] if sum(part.width for part in self.parts) > room else []
        found = []
        for part in self.parts:
            if isinstance(part, Layout):
                found += part.cut(room)
            elif part.width > room:
                found.append(part.text)
        return found

    def row(self, **_options: Any) -> Layout:
        return self._within(Layout(across=True))

    def column(self, **_options: Any) -> Layout:
        return self._within(Layout())

    def box(self) -> Layout:
        return self._within(Layout(inset=_BOX))

    def grid_flow(self, columns: int, **_options: Any) -> Layout:
        return self._within(Layout(columns=columns))

    def label(self, text: str = "", icon: str = "NONE", icon_value: int = 0, translate: bool = True) -> None:
        self._add(iface(text) if translate else text, icon != "NONE" or icon_value)

    def operator(
        self,
        name: str,
        text: str | None = None,
        icon: str = "NONE",
        translate: bool = True,
        depress: bool = False,
        emboss: bool = True,
    ) -> Any:
        class_ = getattr(bpy.types, name.replace("texture_stylizer.", "TEXTURE_STYLIZER_OT_"))
        if text is None:
            self._add(iface(class_.bl_label, "Operator"), icon != "NONE")
        else:
            self._add(iface(text, "Operator") if translate else text, icon != "NONE")
        return Layout()

    def menu(self, _name: str, text: str = "", icon: str = "NONE") -> None:
        self._add(text, icon != "NONE")

    def prop(
        self,
        owner: Any,
        name: str,
        text: str | None = None,
        icon: str = "NONE",
        expand: bool = False,
        slider: bool = False,
    ) -> None:
        known = owner.bl_rna.properties[name]
        title = iface(known.name if text is None else text)
        if known.type == "ENUM":
            self._add_choices(owner, known, expand or known.is_enum_flag)
        elif known.type == "BOOLEAN":
            self._add(title, True)
        elif known.type in ("INT", "FLOAT"):
            # The widest value that is likely, and the arrows at the ends.
            self._add(f"{title} 0.000", not slider)
        else:
            self._add(f"{title}{getattr(owner, name)}", icon != "NONE")

    def progress(self, factor: float, text: str) -> None:
        assert 0.0 <= factor <= 1.0
        self._add(text, False)

    def template_icon_view(self, _owner: Any, _name: str, **_options: Any) -> None:
        self._add("", True)

    def template_icon(self, icon_value: int, scale: float) -> None:
        self.parts.append(Part("", scale * _UNIT))

    def template_list(self, kind: str, _id: str, owner: Any, name: str, *_options: Any, rows: int) -> None:
        draw_item = getattr(bpy.types, kind).draw_item
        listed = self._within(Layout(inset=_UNIT))
        for number, item in enumerate(getattr(owner, name)):
            draw_item(None, bpy.context, listed.row(), owner, item, 0, owner, name, number)

    def context_pointer_set(self, _name: str, _data: Any) -> None: ...

    def separator(self) -> None: ...

    @staticmethod
    def icon(data: Any) -> int:
        return bpy.types.UILayout.icon(data)

    def _within(self, layout: Layout) -> Layout:
        self.parts.append(layout)
        return layout

    def _add(self, text: str, icon: Any) -> None:
        borders = 0.0 if text in _ICON_ALONE else _BORDERS
        self.parts.append(Part(text, text_width(text) + borders + (_UNIT if icon else 0.0)))

    def _add_choices(self, owner: Any, known: Any, side_by_side: bool) -> None:
        """Each choice a button, or the widest of them with an arrow."""
        names = [iface(item.name, known.translation_context) for item in known.enum_items]
        names = names or [iface(getattr(owner, known.identifier))]
        if side_by_side:
            for name in names:
                self._add(name, False)
        else:
            self._add(max(names, key=text_width), True)
