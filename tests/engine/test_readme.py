"""What README shows in Python does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from texture_stylizer import engine

README = Path(__file__).parents[2] / "README.md"


def test_the_python_example_writes_a_restyled_picture(tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    # All else as it stands there.
    assert (preset := 'preset("standard"') in example
    example = example.replace(preset, f"{preset}, iterations=2")
    for seed, name in enumerate(("wood.png", "oil.jpg")):
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 48, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / name)
    subprocess.run([sys.executable, "-c", example], cwd=tmp_path, check=True, timeout=300)
    assert Image.open(tmp_path / "restyled.png").size == (48, 40)


def test_every_picture_that_it_shows_is_there() -> None:
    shown = re.findall(r"!\[.*?\]\((.*?)\)", README.read_text("utf-8"))
    assert shown
    assert [path for path in shown if not (README.parent / path).is_file()] == []


def test_what_it_imports_is_public_and_says_what_it_is() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    (names,) = re.findall(r"from texture_stylizer\.engine import (.*)", example)
    assert set(names.split(", ")) <= set(engine.__all__)
    assert all(getattr(engine, name).__doc__ for name in engine.__all__)
    assert (Path(engine.__file__).parents[1] / "py.typed").is_file()
