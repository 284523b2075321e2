"""Every word of the add-on has its Polish translation, with the same gaps to fill."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import texture_stylizer
import texture_stylizer.ui
from texture_stylizer.ui.settings.presets import LOOK_ITEMS
from texture_stylizer.ui.translations.polish import TRANSLATIONS

SOURCES = sorted(Path(texture_stylizer.ui.__file__).parent.rglob("*.py"))
POLISH = TRANSLATIONS["pl_PL"]
_TRANSLATING = {"iface", "rpt", "pgettext_iface", "poll_message_set", "to_translate"}
_LAYOUT = {"label", "operator", "prop"}


def words_of(source: Path) -> Iterator[str]:
    """The strings of a source that Blender shows: labels, tooltips, names, button texts, messages."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name.startswith("TEXTURE_STYLIZER"):
            for line in node.body:
                if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "bl_label":
                    yield ast.literal_eval(line.value)
            if "_OT_" in node.name:
                yield ast.get_docstring(node, clean=False) or ""
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in _TRANSLATING and node.args and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value
            if name.endswith("Property") or name in _LAYOUT:
                yield from _shown_keywords(node)


def _shown_keywords(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg in ("name", "description", "text"):
            for value in ast.walk(keyword.value):
                spoken = isinstance(value, ast.Constant) and isinstance(value.value, str)
                if spoken and not isinstance(keyword.value, ast.Call):
                    yield value.value
        elif keyword.arg == "items" and isinstance(keyword.value, ast.List):
            for item in ast.literal_eval(keyword.value):
                yield from item[1:3]


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_polish_is_complete(source: Path) -> None:
    words = {word for word in words_of(source) if re.search("[a-zA-Z]{2}", word)}
    fragments = {word for word in words if word.strip("{}:.0%, x") == ""}
    assert not sorted(word for word in words - fragments if ("*", word) not in POLISH)


@pytest.mark.parametrize("source", SOURCES, ids=[source.name for source in SOURCES])
def test_words_are_spelled_as_blender_spells_them(source: Path) -> None:
    assert not [word for word in words_of(source) if re.search("olour|avourite|[a-z]ised?\\b.*textur", word)]


def test_the_looks_are_translated() -> None:
    assert not [word for item in LOOK_ITEMS for word in item[1:3] if ("*", word) not in POLISH]


def test_the_gaps_are_the_same() -> None:
    for (_, english), polish in POLISH.items():
        assert sorted(re.findall(r"{.*?}", english)) == sorted(re.findall(r"{.*?}", polish)), english


def test_no_translation_is_left_over() -> None:
    package = Path(texture_stylizer.__file__).parent
    said = {
        node.value
        for source in package.rglob("*.py")
        if source.name not in ("polish.py", "polish_panel.py")
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # The names of roles and qualities become titles.
    said |= {word.replace("_", " ").title() for word in said}
    assert not sorted({english for _, english in POLISH} - said)
