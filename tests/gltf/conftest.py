"""A model and the command line to restyle it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gltf.models import Model, encoded


@pytest.fixture
def model() -> Model:
    return Model(encoded(0), encoded(1, size=(8, 8)))


@pytest.fixture
def stylize(tmp_path: Path):
    """Run the command line on a model. Returns the exit status."""
    from texture_stylizer.cli import main

    style = tmp_path / "style.png"
    style.write_bytes(encoded(9, size=(128, 128)))

    def run(source: Path, target: Path, *more: str) -> int:
        fixed = ["--iterations", "2", "--features", "embedded", "--device", "cpu", "--no-cache"]
        return main(["stylize", str(source), "--style", str(style), "-o", str(target), *fixed, *more])

    return run
