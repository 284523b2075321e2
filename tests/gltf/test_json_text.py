"""Editing a JSON text leaves every other byte as it was."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from texture_stylizer.gltf.json_text import JsonText

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.dictionaries(st.text(), VALUES, min_size=1, max_size=4),
    VALUES,
    st.sampled_from([None, 1, 4]),
    st.booleans(),
)
def test_any_member_can_be_set(document: dict, value: object, indent: int | None, ascii_only: bool) -> None:
    text = JsonText(json.dumps(document, indent=indent, ensure_ascii=ascii_only))
    key = next(iter(document))
    text.set((key,), value)
    assert json.loads(text.result()) == document | {key: value}


@given(st.dictionaries(st.text(), VALUES, max_size=3), VALUES)
def test_members_and_items_can_be_added(document: dict, value: object) -> None:
    text = JsonText(json.dumps({"a": document, "list": []}))
    text.set(("a", "new\u0000key"), value)
    text.append(("list",), value)
    text.append(("list",), 1)
    assert json.loads(text.result()) == {"a": document | {"new\u0000key": value}, "list": [value, 1]}


def test_the_rest_keeps_its_spelling() -> None:
    text = JsonText('{ "x" : 1.0e-05,\n\t"y":[ 1 , 2.50 ] , "z":"\\u0041"}')
    text.set(("y", 0), 7)
    assert text.result() == '{ "x" : 1.0e-05,\n\t"y":[ 7 , 2.50 ] , "z":"\\u0041"}'
