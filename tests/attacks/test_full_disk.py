"""A disk that fills up, a folder for temporary files that is none, a reader that goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ALL, COMMAND, QUICK, Place

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes there")


def limited(place: Place, size: int, *arguments: str) -> tuple[int, str]:
    """The command where no file may become larger than `size` bytes."""
    import resource

    return place.stylize(
        *arguments,
        "--no-cache",
        # Python up to 3.11 does not notice that it cuts its own compiled files.
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )


@pytest.mark.parametrize(
    ("size", "output"),
    [(900, "cube.obj"), (12000, "cube.blend"), *([(7000, "cube.gltf"), (9000, "cube.fbx")] if ALL else [])],
)
def test_a_full_disk_leaves_nothing_of_a_model(model_place: Place, size: int, output: str) -> None:
    before = model_place.files()
    status, error = limited(model_place, size, "cube.blend", "-o", f"out/{output}")
    (line,) = error.strip().splitlines()
    assert status == 1
    assert line.startswith("error: cube.blend")
    assert "Traceback" not in line
    assert model_place.files() == before
    assert list(model_place.temporary.iterdir()) == []


def test_no_folder_for_temporary_files_is_one_sentence(place: Place) -> None:
    code = (
        "import sys, tempfile\n"
        "tempfile._candidate_tempdir_list = lambda: ['/nowhere']\n"
        "from texture_stylizer.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", code, "stylize", "a.png", "-o", "out", *QUICK, "--report", "r.json"]
    done = subprocess.run(command, cwd=place.folder, env=place.environment, capture_output=True, text=True)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "TMPDIR" in line
    assert len(json.loads((place.folder / "r.json").read_text())["failed"]) == 1


def test_a_reader_that_goes_away_stops_nothing(place: Place) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    arguments = [*COMMAND, "stylize", "a.png", "b.png", "-o", "out", *QUICK, "--report", "r.json"]
    done = subprocess.run(
        arguments, cwd=place.folder, env=place.environment, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in Path(place.folder / "out").iterdir()) == ["a.png", "b.png"]
    assert (place.folder / "r.json").is_file()
