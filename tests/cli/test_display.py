"""What reaches a terminal is text, and nothing that it would obey."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texture_stylizer.cli import main
from texture_stylizer.commands.terminal.display import clean, say, tell
from texture_stylizer.commands.terminal.failures import naming, unexpected
from texture_stylizer.errors import BadInput
from texture_stylizer.names import shortened
from texture_stylizer.scene.images.new_files import safe_file_name


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("red\x1b[31m", "red\\x1b[31m"),
        ("a\rb\x07\x7f\x9b", "a\\x0db\\x07\\x7f\\x9b"),
        ("gnp.\u202egpj", "gnp.\\u202egpj"),
        ("byte \udcff", "byte \\xff"),
        ("😀 مرحبا [/old]", "😀 مرحبا [/old]"),
    ],
)
def test_control_characters_are_written_out(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@given(st.text(st.characters()))
def test_any_text_can_be_shown(text: str) -> None:
    clean(text).encode("utf-8")
    assert not set(clean(text)) & {"\x1b", "\r", "\n", "\u202e", "\u2066"}


def test_a_line_stays_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell("a\nb\x1b")
    say("c\nd\x1b")
    assert capsys.readouterr() == ("a\\x0ab\\x1b\n", "c d\\x1b\n")


def test_what_was_typed_is_not_repeated_raw(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stylize", "--no\x1b[31m"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_every_failure_names_its_input(tmp_path: Path) -> None:
    subject = tmp_path / "a.png"
    for error in (BadInput("it is odd"), BadInput(f"{subject} is odd")):
        assert str(naming(subject, error)).startswith(str(subject))
    assert str(naming(subject, BadInput(f"{subject} is odd"))).count("a.png") == 1
    for raised in (KeyError("x"), OSError(28, "No space left on device", "/tmp/x"), RecursionError("deep")):
        assert str(unexpected(subject, raised)).startswith(f"{subject}: ")


@given(st.text(st.characters(), max_size=200))
def test_names_are_counted_in_bytes(name: str) -> None:
    assert len(safe_file_name(name).encode("utf-8")) <= 81
    assert len(shortened(name, 60).encode("utf-8")) <= 60


def test_emoji_are_long() -> None:
    assert safe_file_name("😀" * 80) == "😀" * 20
