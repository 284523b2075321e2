"""The command line as another program meets it: a real process, its statuses and its files."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from texture_stylizer.cli import main

MARKET = Path(__file__).parents[2] / "sample_assets" / "market.blend"
COMMAND = [sys.executable, "-m", "texture_stylizer.cli"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TEXTURE_STYLIZER_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for name in ("a.png", "b.png", "style.png"):
        Image.fromarray(random.integers(0, 256, (64, 80, 4), dtype=np.uint8)).save(name)
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=200)


def stylize(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run("stylize", *arguments, "--style", "style.png", "--features", "embedded", "--device", "cpu")


def test_a_draft_is_drawn_by_the_small_network(folder: Path) -> None:
    done = run(
        "stylize", "a.png", "--style", "style.png", "-o", "out.png", "--quality", "draft",
        "--iterations", "1", "--report", "report.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(Path("report.json").read_text())["textures"][0]["features"] == "embedded"


def test_images_are_restyled_with_a_report(folder: Path) -> None:
    done = stylize("a.png", "b.png", "-o", "out", "--iterations", "2", "--report", "report.json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(Path("report.json").read_text())["textures"]
    assert [Path(row["output"]).name for row in rows] == ["a.png", "b.png"]
    assert rows[0]["size"] == [80, 64]
    assert np.array_equal(
        np.asarray(Image.open("out/a.png"))[..., 3], np.asarray(Image.open("a.png"))[..., 3]
    )


def test_a_bad_input_is_named_and_the_others_are_done(folder: Path) -> None:
    Path("b.png").write_text("no image")
    done = stylize("a.png", "b.png", "-o", "out", "--iterations", "1")
    assert done.returncode == 1
    assert "b.png" in done.stderr
    assert "Traceback" not in done.stderr
    assert Path("out/a.png").is_file()
    assert not Path("out/b.png").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("a.png", "-o", "a.png"),
        ("a.png", "-o", "style.png"),
        ("a.png", "-o", "."),
        ("a.png", "b.png", "-o", "c.png"),
        ("a.png", "-o", "out", "--tile", "big"),
        ("a.png", "-o", "out", "--iterations", "-1"),
        ("a.png", "-o", "out", "--roles", "hair"),
        ("a.png", "-o", "out", "--seams", "on"),
        ("a.png", "-o", "out", "--seed", "1180591620717411303424"),
        ("a.png", "-o", "out", "--iterations", "1180591620717411303424"),
        ("a.png", "-o", "out", "--max-size", "1180591620717411303424"),
        ("a.png", "-o", "out", "--content-weight", "nan"),
        ("a.png", "-o", "out", "--style-scale", "inf"),
        ("a.png", "-o", "out", "--tile", "17"),
        ("a.png", "-o", "out", "--bake-sharing", "atlas"),
        ("a.png", "-o", "out", "--objects", "Cube"),
        ("a.glb", "-o", "out", "--seams", "off", "--style-width", "1"),
        ("a.glb", "-o", "out", "--bake", "missing", "--bake-size", "64", "--bake-density", "9"),
    ],
)
def test_wrong_arguments_write_nothing(folder: Path, arguments: tuple[str, ...]) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(["stylize", *arguments, "--style", "style.png", "--features", "embedded"]) == 2
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_inspect_prints_json_alone(folder: Path) -> None:
    found = json.loads(run("inspect", str(MARKET), "--json").stdout)
    assert set(found["textures"][0]) >= {
        "image", "role", "size", "source", "colorspace", "depth", "materials", "objects", "node_path",
        "skipped",
    }  # fmt: skip
    assert found["materials_without_textures"] == ["Plain Red"]


def test_a_blend_goes_in_and_a_restyled_blend_comes_out(folder: Path) -> None:
    shutil.copytree(MARKET.parent / "market_textures", "market_textures")
    shutil.copy(MARKET, "market.blend")
    before = Path("market.blend").read_bytes()
    done = stylize(
        "market.blend", "-o", "out", "--iterations", "1", "--objects", "Clay Stall", "--variant", "new"
    )
    assert done.returncode == 0, done.stderr
    assert Path("market.blend").read_bytes() == before
    assert [path.name for path in Path("out/textures").iterdir()] == ["clay_16bit_new.png"]
    assert run("variants", "out/market.blend", "list").stdout.startswith("new: 1 material, shown in 1")
    assert run("variants", "out/market.blend", "remove", "new").returncode == 0
    assert run("variants", "out/market.blend", "list").stdout == "no variants\n"
    assert run("variants", "out/market.blend", "use", "new").returncode == 1


def test_a_broken_blend_gets_one_sentence(folder: Path) -> None:
    Path("broken.blend").write_text("nothing")
    done = run("inspect", "broken.blend")
    assert done.returncode == 1
    assert "broken.blend" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_doctor_says_what_works(folder: Path) -> None:
    done = run("doctor")
    assert done.returncode == 0
    assert "torch" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes there")
def test_a_full_disk_gets_one_sentence_and_no_half_file(folder: Path) -> None:
    import resource

    limit = (4096, 4096)
    done = subprocess.run(
        [*COMMAND, "stylize", "a.png", "--style", "style.png", "-o", "out", "--iterations", "1",
         "--features", "embedded", "--device", "cpu", "--no-cache"],
        capture_output=True, text=True, timeout=200,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )  # fmt: skip
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert len(lines) == 1
    assert "cannot be written" in lines[0]
    assert not Path("out").exists()


def test_a_file_where_a_folder_should_be_gets_one_sentence(folder: Path) -> None:
    Path("taken").write_text("mine")
    for source, target in (("a.png", "taken/out.png"), (str(MARKET), "taken/out.blend")):
        done = stylize(source, "-o", target, "--iterations", "0")
        assert done.returncode == 1
        assert sum(line.startswith("error") for line in done.stderr.splitlines()) >= 1
        assert "Traceback" not in done.stderr
    assert Path("taken").read_text() == "mine"
