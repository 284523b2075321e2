"""`--relief` for a plain image, and `variants relief`: strokes that catch the light, without another run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .test_mix import made_scene, run, scene  # noqa: F401


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for name in ("a.png", "ink.png"):
        Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(name)
    return tmp_path


def stylize(*arguments: str) -> subprocess.CompletedProcess[str]:
    fixed = ["--style", "ink.png", "-o", "out", "--iterations", "2", "--features", "embedded", "--no-cache"]
    return run("stylize", *arguments, *fixed)


def test_an_image_gets_a_normal_map_beside_it(pictures: Path) -> None:
    done = stylize("a.png", "--relief", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in Path("out").iterdir() if path.suffix) == ["a.png", "a_normal.png"]
    normals = np.asarray(Image.open("out/a_normal.png").convert("RGB")) / 255 * 2 - 1
    assert np.abs(np.linalg.norm(normals, axis=2) - 1).max() < 0.02


def test_a_normal_map_that_is_another_result_is_refused_before_the_work(pictures: Path) -> None:
    Image.open("a.png").save("a_normal.png")
    done = stylize("a.png", "a_normal.png", "--relief", "1")
    assert done.returncode == 2
    assert "a_normal.png" in done.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize("value", ["-0.1", "1.5", "nan"])
def test_a_relief_out_of_range_is_an_argument_error(pictures: Path, value: str) -> None:
    done = stylize("a.png", f"--relief={value}")
    assert done.returncode == 2
    assert "relief" in done.stderr


def test_a_variants_relief_is_changed_without_a_run(scene: Path) -> None:  # noqa: F811
    before = scene.read_bytes()
    done = run("variants", "scene.blend", "relief", "oil", "0.8", "-o", "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert scene.read_bytes() == before
    (texture,) = Path("out/textures").iterdir()
    assert texture.name.endswith("_normal.png")
    again = run("variants", "out/scene.blend", "relief", "oil", "0.2")
    assert (again.returncode, again.stderr) == (0, "")
    flat = run("variants", "out/scene.blend", "relief", "oil", "0")
    assert (flat.returncode, flat.stderr) == (0, "")


def test_relief_needs_a_name_and_a_number(scene: Path) -> None:  # noqa: F811
    done = run("variants", "scene.blend", "relief", "oil")
    assert done.returncode == 2
    assert "a relief from 0 to 1" in done.stderr
