"""`--mask`, `--from` and styles for parts, on the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.gltf.models import Model, encoded, view_bytes
from texture_stylizer.batch.state.fingerprint import request_key
from texture_stylizer.descriptions import StyleImage

from .test_mix import run


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for name in ("a.png", "ink.png", "at@home.png"):
        Image.fromarray(random.integers(0, 256, (48, 48, 3), dtype=np.uint8)).save(name)
    mask = np.zeros((48, 48), np.uint8)
    mask[:, :24] = 255
    Image.fromarray(mask).save("mask.png")
    return tmp_path


def stylize(*arguments: str, style: str = "ink.png") -> subprocess.CompletedProcess[str]:
    fixed = ["--style", style, "-o", "out", "--iterations", "2", "--features", "embedded", "--no-cache"]
    return run("stylize", *arguments, *fixed)


def changed(before: str, after: str) -> np.ndarray:
    """Which share of each column is another."""
    one, other = (np.asarray(Image.open(path).convert("RGB")) for path in (before, after))
    return (one != other).any(axis=2).mean(axis=0)


def test_a_picture_is_restyled_where_its_mask_is_white(pictures: Path) -> None:
    done = stylize("a.png", "--mask", "mask.png")
    assert (done.returncode, done.stderr) == (0, "")
    found = changed("a.png", "out/a.png")
    assert (found[:24] > 0.5).all() and not found[24:].any()


def test_a_style_for_a_mask_image_leaves_the_rest_of_a_picture(pictures: Path) -> None:
    done = stylize("a.png", style="ink.png@mask.png")
    assert (done.returncode, done.stderr) == (0, "")
    found = changed("a.png", "out/a.png")
    assert (found[:24] > 0.5).all() and not found[24:].any()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--mask", "letters"), "there is no mask image letters"),
        (("--mask", "mask.png", "--jpeg", "keep"), "a JPEG cannot keep what --mask leaves"),
        (("--from", "oil"), "--from needs --mask"),
        (("--from", "oil", "--mask", "mask.png"), "--from needs a .blend with variants"),
    ],
)
def test_what_fits_no_input_is_an_argument_error(
    pictures: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = stylize("a.png", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert not Path("out").exists()


def test_a_model_takes_an_image_and_says_what_is_none(pictures: Path) -> None:
    Model(encoded(0, "JPEG", (48, 48)), encoded(1), "image/jpeg").write(Path("m.glb"))
    done = stylize("m.glb", "--mask", "letters")
    assert done.returncode == 1
    assert "m.glb: in a .glb a mask is an image file, and 'letters' is none" in done.stderr
    done = stylize("m.glb", "--mask", "mask.png", "--seams", "off")
    assert (done.returncode, done.stderr) == (0, "")
    Path("before.jpg").write_bytes(view_bytes(Path("m.glb").read_bytes(), 0))
    Path("after.png").write_bytes(view_bytes(Path("out/m.glb").read_bytes(), 0))
    assert Path("after.png").read_bytes()[:4] == b"\x89PNG"
    found = changed("before.jpg", "after.png")
    assert (found[:24] > 0.5).all() and not found[24:].any()


def test_a_style_may_have_an_at_in_its_path(pictures: Path) -> None:
    assert StyleImage.parse("at@home.png") == StyleImage("at@home.png")
    assert StyleImage.parse("at@home.png:2") == StyleImage("at@home.png", 2.0)
    assert StyleImage.parse("at@home.png@Wood") == StyleImage("at@home.png", where="Wood")
    assert StyleImage.parse("ink.png:2@Wood") == StyleImage("ink.png", 2.0, where="Wood")


def test_a_batch_tells_another_mask_by_its_bytes(pictures: Path) -> None:
    from texture_stylizer.cli import _checked_request
    from texture_stylizer.commands.terminal.arguments import parser

    made = parser(stylize=print, add_batch=print, inspect=print, variants=print, doctor=print)
    options = made.parse_args(["stylize", "a.png", "--style", "ink.png", "-o", "out", "--mask", "mask.png"])
    request = _checked_request(options)
    before = request_key(request)
    assert request_key(request) == before
    Image.new("L", (48, 48), 255).save("mask.png")
    assert request_key(request) != before
