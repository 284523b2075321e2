"""What the command line says about itself: every option with a line and its default, errors in one line."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from texture_stylizer.batch import batch_arguments as batch
from texture_stylizer.cli import main
from texture_stylizer.commands.terminal.arguments import parser
from texture_stylizer.words import duration, how_it_ended

ACTIONS = tuple(f"batch-{action}" for action in batch.ACTIONS)
COMMANDS = ("stylize", "batch", *ACTIONS, "inspect", "variants", "doctor")


def commands() -> dict[str, argparse.ArgumentParser]:
    run: Any = len
    whole = parser(
        stylize=run,
        add_batch=lambda commands: batch.add_batch(commands, run),
        inspect=run,
        variants=run,
        doctor=run,
    )
    (found,) = (action for action in whole._actions if isinstance(action, argparse._SubParsersAction))
    return found.choices


def options_of(command: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in command._actions:
        if action.option_strings and action.dest != "help":
            yield action


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_line_and_its_default(name: str) -> None:
    for action in options_of(commands()[name]):
        assert action.help, action.option_strings
        assert action.required or "default" in action.help, action.option_strings
        assert len(action.help % {"default": action.default or 0}) < 90, action.option_strings


def test_every_default_that_is_named_is_the_true_one() -> None:
    for command in commands().values():
        for action in options_of(command):
            if isinstance(action.default, str):
                assert "%(default)s" in (action.help or ""), action.option_strings


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_examples_come_before_the_options(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--help"]) == 0
    text = capsys.readouterr().out
    assert 0 < text.index("example") < text.index("show this help message")


def test_the_options_of_stylize_are_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    main(["stylize", "--help"])
    text = capsys.readouterr().out
    for title in ("files:", "the picture:", "what is restyled:", "the mesh:", "baking:", "computing:"):
        assert f"\n{title}\n" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["stylize"],
        ["stylize", "a.png", "--style", "none.png", "-o", "out"],
        ["stylize", "a.png", "--style", "none.png", "-o", "out", "--seed", "x"],
        ["variants", "a.blend", "mix", "oil"],
        ["variants", "a.blend", "mix", "oil", "1.5"],
        ["variants", "a.blend", "use", "oil", "0.5"],
        ["variants", "a.blend", "mend"],
    ],
)
def test_a_wrong_argument_is_one_line_that_names_the_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert line.endswith(f"see texture-stylizer {arguments[0]} --help")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (2237, "37 min 17 s"),
        (3599.7, "1 h"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_times_are_minutes_and_seconds(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_an_exit_code_is_put_into_words() -> None:
    assert how_it_ended(-9) == "it was killed, perhaps for want of memory"
    assert how_it_ended(-11) == "it was ended by SIGSEGV"
    assert how_it_ended(3) == "it ended with the error 3"
    assert how_it_ended(0xC0000005) == "it ended with the error 0xc0000005"
