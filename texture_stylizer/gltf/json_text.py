"""Edits within a JSON text that leave every byte around them as it was.

Parsing and writing anew would turn 1.0e-05 into 1e-05 and lose the spacing: harmless to most, but a file that
promises "only the images changed" should keep its word.
"""

from __future__ import annotations

import json
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
        self.value: Any = json.loads(text)
        if not isinstance(self.value, dict):
            raise ValueError("the JSON text holds no object")
        self._spans: dict[Path, tuple[int, int]] = {}
        self._scan(_skip(text, 0), ())
        self._edits: list[Edit] = []

    def set(self, path: Path, value: Any) -> None:
        """Give a member of an object another value, or add it. The object itself must exist."""
        if path in self._spans:
            start, end = self._spans[path]
            self._edits = [edit for edit in self._edits if edit[:2] != (start, end)]
            self._edits.append((start, end, _dump(value)))
        else:
            self._insert(path[:-1], f"{_dump(path[-1])}:{_dump(value)}")

    def append(self, path: Path, value: Any) -> None:
        """Add an item at the end of an array that exists."""
        self._insert(path, _dump(value))

    def result(self) -> str:
        """The text with every edit; edits at one place follow each other in the order they were made."""
        pieces, position = [], 0
        for start, end, replacement in sorted(self._edits, key=lambda edit: edit[:2]):
            pieces += [self.text[position:start], replacement]
            position = end
        return "".join(pieces) + self.text[position:]

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


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _string_end(text: str, start: int) -> int:
    found = _STRING.match(text, start)
    assert found is not None, "json.loads took the text, so a string is here"
    return found.end()


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _value_at(value: Any, path: Sequence[str | int]) -> Any:
    for key in path:
        value = value[key]
    return value
