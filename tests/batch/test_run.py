"""What a batch does to a folder, what it leaves alone, and what it says."""

from __future__ import annotations

import csv
import io
import json
import subprocess

import pytest

from texture_stylizer.batch import batch_command
from texture_stylizer.cli import main

from .conftest import QUICK, Broken, Studio


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Studio, subprocess.CompletedProcess[str]]:
    """A studio whose batch has run once: two models, one broken file, one with its buffer beside it."""
    studio = Studio(tmp_path_factory.mktemp("finished"))
    studio.add("a.glb", 1)
    studio.add("props/a.glb", 2)
    studio.add_gltf("props/lamp.gltf", 3)
    (studio.models / "broken.glb").write_bytes(b"nothing")
    return studio, studio.batch()


def test_every_good_asset_is_done_and_the_bad_one_named(
    finished: tuple[Studio, subprocess.CompletedProcess[str]],
) -> None:
    studio, done = finished
    assert done.returncode == 1
    assert sorted(studio.results()) == [
        "a.glb",
        "props/a.glb",
        "props/lamp.gltf/lamp.gltf",
        "props/lamp.gltf/lamp_style.bin",
    ]
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error"))
    assert "broken.glb" in line
    assert done.stdout.splitlines()[-1].startswith("3 of 4 assets are done (0 were before), 1 failed")
    assert studio.records()["broken.glb"]["status"] == "failed"
    assert studio.records()["broken.glb"]["attempts"][0]["kind"] == "bad_input"


def test_results_are_those_of_stylize(finished: tuple[Studio, subprocess.CompletedProcess[str]]) -> None:
    studio, _ = finished
    arguments = ("--style", "style.png", *QUICK, "--no-cache")
    done = studio.run("stylize", "models/a.glb", "models/props/lamp.gltf", "-o", "single", *arguments)
    assert done.returncode == 0, done.stderr
    for single, result in (("a.glb", "a.glb"), ("lamp.gltf", "props/lamp.gltf/lamp.gltf")):
        assert (studio.folder / "single" / single).read_bytes() == studio.results()[result]


def test_a_second_run_skips_what_is_finished_and_does_what_changed(
    finished: tuple[Studio, subprocess.CompletedProcess[str]],
) -> None:
    studio, _ = finished
    before = {source: record["attempts"] for source, record in studio.records().items()}
    (studio.models / "broken.glb").unlink()
    buffer = studio.models / "props" / "lamp.bin"
    # The first picture's bytes stay; a used file has changed all the same.
    buffer.write_bytes(buffer.read_bytes()[:-1] + b"\0")
    studio.add("props/a.glb", 20)
    done = studio.batch("--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["states"] == {"done": 3}
    after = {source: record["attempts"] for source, record in studio.records().items()}
    assert [
        source for source in ("a.glb", "props/a.glb", "props/lamp.gltf") if before[source] != after[source]
    ] == [
        "props/a.glb",
        "props/lamp.gltf",
    ]


def test_nothing_to_do_needs_no_worker(finished: tuple[Studio, subprocess.CompletedProcess[str]]) -> None:
    studio, _ = finished
    before = studio.results()
    done = studio.ask_batch("--csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["state"] for row in rows} == {"done"}
    assert studio.results() == before


def test_another_setting_is_other_work(finished: tuple[Studio, subprocess.CompletedProcess[str]]) -> None:
    studio, _ = finished
    done = studio.ask_batch("--content-weight", "2", "--dry-run")
    assert done.returncode == 0
    assert "the styles, the settings or the version are others" in done.stdout
    assert done.stdout.splitlines()[-1] == "3 assets to do, 0 finished"


def test_a_result_that_is_gone_is_made_again(
    finished: tuple[Studio, subprocess.CompletedProcess[str]],
) -> None:
    studio, _ = finished
    (studio.out / "a.glb").rename(studio.folder / "moved.glb")
    assert "to do: a.glb -> a.glb: a.glb is gone or was changed" in studio.ask_batch("--dry-run").stdout
    (studio.folder / "moved.glb").rename(studio.out / "a.glb")


def test_a_dry_run_writes_nothing(studio: Studio) -> None:
    studio.add("a.glb")
    done = studio.ask_batch("--dry-run")
    assert done.stdout.splitlines()[0] == "to do: a.glb -> a.glb: it is new"
    assert not studio.out.exists()


def test_what_somebody_else_put_there_is_not_replaced(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_command, "_executor", lambda _: Broken())
    studio.add("a.glb")
    studio.add_gltf("lamp.gltf", 1)
    for name in ("a.glb", "lamp.gltf/mine.txt"):
        (studio.out / name).parent.mkdir(parents=True, exist_ok=True)
        (studio.out / name).write_text("mine")
    for _ in range(2):
        done = studio.ask_batch()
        assert done.returncode == 1
        assert done.stderr.count("is there already and is no earlier result") == 2
        assert studio.results() == {"a.glb": b"mine", "lamp.gltf/mine.txt": b"mine"}


@pytest.fixture(scope="module")
def endangered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Studio, subprocess.CompletedProcess[str]]:
    """A batch of two equal pictures and a model on either side of one that ends its worker."""
    studio = Studio(tmp_path_factory.mktemp("endangered"))
    studio.add("pictures/a.png", 7)
    studio.add("pictures/b.png", 7)
    for seed, name in enumerate(("a", "killer", "z")):
        studio.add(f"props/{name}.glb", seed)
    return studio, studio.batch("--attempts", "2")


def test_equal_pictures_in_two_assets_are_drawn_once(
    endangered: tuple[Studio, subprocess.CompletedProcess[str]],
) -> None:
    studio, _ = endangered
    records = studio.records()
    drawn = [records[f"pictures/{name}.png"]["textures"][0]["cached"] for name in ("a", "b")]
    assert sorted(drawn) == [False, True]


def test_an_asset_that_ends_its_worker_is_quarantined_and_the_others_are_done(
    endangered: tuple[Studio, subprocess.CompletedProcess[str]],
) -> None:
    studio, done = endangered
    assert done.returncode == 1
    assert sorted(studio.results()) == ["pictures/a.png", "pictures/b.png", "props/a.glb", "props/z.glb"]
    record = studio.records()["props/killer.glb"]
    assert record["status"] == "quarantined"
    assert [attempt["kind"] for attempt in record["attempts"]] == ["bad_machine"] * 2
    assert "quarantined after 2 attempts" in done.stderr
    again = studio.ask_batch()
    assert again.returncode == 1
    assert len(studio.records()["props/killer.glb"]["attempts"]) == 2


def test_an_asset_that_hangs_is_ended(studio: Studio) -> None:
    studio.add("a.glb")
    studio.add("hanging.glb", 1)
    done = studio.batch("--attempts", "1", "--asset-timeout", "10")
    assert done.returncode == 1
    assert sorted(studio.results()) == ["a.glb"]
    assert "it took longer than 10 s" in studio.records()["hanging.glb"]["attempts"][0]["message"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("batch", "none", "--style", "style.png", "-o", "out"),
        ("batch", "models", "--style", "none.png", "-o", "out"),
        ("batch", "models", "--style", "style.png", "-o", "style.png"),
        ("batch", "models", "--style", "style.png", "-o", "models"),
        ("batch", "models", "--style", "style.png", "-o", "out", "--shard", "3/2"),
        ("batch", "models", "--style", "style.png", "-o", "out", "--attempts", "0"),
        ("batch", "models", "--style", "style.png", "-o", "out", "--json", "--csv"),
        ("batch", "models", "--style", "style.png", "-o", "out", "--ray-address", "auto"),
        ("batch", "run", "out"),
        ("batch", "status", "models"),
    ],
)
def test_wrong_arguments_write_nothing(
    studio: Studio,
    arguments: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    studio.add("a.glb")
    monkeypatch.chdir(studio.folder)
    before = sorted(studio.folder.rglob("*"))
    assert main(list(arguments)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert sorted(studio.folder.rglob("*")) == before


def test_a_machine_without_torch_is_said_to_be_one(studio: Studio) -> None:
    studio.add("a.glb")
    studio.environment["TEXTURE_STYLIZER_PYTHON"] = str(studio.folder / "no_python")
    done = studio.batch()
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: there is no Python at")
