"""Edits within a JSON text that leave every byte around them as it was.

Parsing and writing anew would turn 1.0e-05 into 1e-05 and lose the spacing: harmless to most, but a file that
promises "only the images changed" should keep its word.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

Path = tuple[str | int, ...]
Edit = tuple[int, int, str]

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_SCALAR = re.compile(r"[^\s,\]}]+")


class JsonText:
    """A JSON text, its value, and where each part of it stands.

    Raises ValueError for a text that is no JSON object.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.value: Any = json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_bounded)
        if not isinstance(self.value, dict):
            raise ValueError("the JSON text holds no object")
        self._spans: dict[Path, tuple[int, int]] = {}
        self._scan(_skip(text, 0), ())
        self._edits: list[Edit] = []
        self._appended: dict[Path, list[Any]] = {}

    def set(self, path: Path, value: Any) -> None:
        """Give a member of an object another value, or add it. The object itself must exist."""
        if path in self._spans:
            start, end = self._spans[path]
            self._edits = [edit for edit in self._edits if edit[:2] != (start, end)]
            self._edits.append((start, end, _dump(value)))
        else:
            self._insert(path[:-1], f"{_dump(path[-1])}:{_dump(value)}")

    def is_set(self, path: Path) -> bool:
        """Whether a member that was there got another value."""
        return path in self._spans and any(edit[:2] == self._spans[path] for edit in self._edits)

    def append(self, path: Path, value: Any) -> None:
        """Add an item at the end of an array that exists."""
        self._appended.setdefault(path, []).append(value)

    def replace_appended(self, path: Path, number: int, value: Any) -> None:
        """Give another value to an item that was added, counted among those."""
        self._appended[path][number] = value

    def result(self) -> str:
        """The text with every edit; edits at one place follow each other in the order they were made."""
        pieces, position = [], 0
        edits = self._edits + [
            edit for path, items in self._appended.items() for edit in self._at_the_end(path, items)
        ]
        for start, end, replacement in sorted(edits, key=lambda edit: edit[:2]):
            pieces += [self.text[position:start], replacement]
            position = end
        return "".join(pieces) + self.text[position:]

    def _at_the_end(self, path: Path, items: list[Any]) -> list[Edit]:
        """Items that follow those of an array."""
        end = self._spans[path][1] - 1
        commas = [bool(_value_at(self.value, path)), *[True] * (len(items) - 1)]
        return [(end, end, f"{',' * comma}{_dump(item)}") for comma, item in zip(commas, items, strict=True)]

    def _insert(self, path: Path, item: str) -> None:
        """Put an item before the closing bracket of an object or array."""
        end = self._spans[path][1] - 1
        earlier = any(edit[0] == edit[1] == end for edit in self._edits)
        is_empty = not _value_at(self.value, path) and not earlier
        self._edits.append((end, end, item if is_empty else f",{item}"))

    def _scan(self, start: int, path: Path) -> int:
        """Record the spans of the value at `start` and of all in it. Returns where it ends."""
        text = self.text
        opening = text[start]
        if opening == "{" or opening == "[":
            end = self._scan_items(start, path, "}" if opening == "{" else "]")
        elif opening == '"':
            end = _string_end(text, start)
        else:
            found = _SCALAR.match(text, start)
            assert found is not None, "json.loads took the text, so a scalar is here"
            end = found.end()
        self._spans[path] = (start, end)
        return end

    def _scan_items(self, start: int, path: Path, closing: str) -> int:
        text, position, index = self.text, _skip(self.text, start + 1), 0
        while text[position] != closing:
            key: str | int = index
            if closing == "}":
                end = _string_end(text, position)
                key = json.loads(text[position:end])
                position = _skip(text, _skip(text, end) + 1)
            position = _skip(text, self._scan(position, (*path, key)))
            if text[position] == ",":
                position = _skip(text, position + 1)
            index += 1
        return position + 1


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text[:20])


def _bounded(text: str) -> int:
    # Longer ones become no float.
    return int(text) if len(text) <= 300 else _no_number(text[:20])


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _string_end(text: str, start: int) -> int:
    found = _STRING.match(text, start)
    assert found is not None, "json.loads took the text, so a string is here"
    return found.end()


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _value_at(value: Any, path: Sequence[str | int]) -> Any:
    for key in path:
        value = value[key]
    return value
