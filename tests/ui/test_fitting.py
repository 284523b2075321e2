"""Every label and button of the panels fits the sidebar at its default width, in English and in Polish."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import blf
import bpy
import pytest

import texture_stylizer.ui
from texture_stylizer.ui.translations import TRANSLATIONS

FOLDER = Path(texture_stylizer.ui.__file__).parent
PANELS = ("panels", "finished", "trial_operators", "settings_again")
BUTTON_WIDTH = 235 - 20 - 10
"""Pixels that a sidebar of the default width leaves for a button's text beside its icon and borders."""


def text_width(text: str) -> float:
    blf.size(0, bpy.context.preferences.ui_styles[0].widget.points)
    return blf.dimensions(0, text)[0]


def texts_of(source: Path) -> Iterator[str]:
    """The constant texts of labels and buttons, and the names of the operators drawn without one."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in ("label", "operator"):
            continue
        texts = [keyword.value for keyword in node.keywords if keyword.arg == "text"]
        yield from (text.value for text in texts if isinstance(text, ast.Constant))
        if not texts and node.args and isinstance(node.args[0], ast.Constant):
            name = node.args[0].value.replace("texture_stylizer.", "TEXTURE_STYLIZER_OT_")
            yield getattr(bpy.types, name).bl_label


@pytest.mark.parametrize("panel", PANELS)
def test_labels_and_buttons_fit(addon: None, panel: str) -> None:
    polish = TRANSLATIONS["pl_PL"]
    english = {text for text in texts_of(FOLDER / f"{panel}.py") if text}
    assert english
    said = english | {polish["*", text] for text in english}
    assert not [text for text in said if text_width(text) > BUTTON_WIDTH]


def test_names_of_the_settings_fit(addon: None) -> None:
    settings = bpy.context.scene.texture_stylizer
    names = {prop.name for prop in settings.bl_rna.properties if prop.name and prop.identifier != "rna_type"}
    polish = TRANSLATIONS["pl_PL"]
    said = names | {polish["*", name] for name in names if ("*", name) in polish}
    assert not [name for name in said if text_width(name) > BUTTON_WIDTH]
