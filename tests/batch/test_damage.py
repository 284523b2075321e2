"""Files of a batch's folder that are damaged, foreign or cannot be written: a sentence, nothing lost."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from texture_stylizer.batch.report.bar import BatchBar
from texture_stylizer.batch.run import Shard
from texture_stylizer.batch.state.assets import Asset
from texture_stylizer.batch.state.batch_plan import read_plan
from texture_stylizer.batch.state.claims import Claims
from texture_stylizer.batch.state.layout import Layout
from texture_stylizer.batch.state.ledger import Attempt, Ledger, Record, hashed, is_there
from texture_stylizer.cli import main
from texture_stylizer.errors import BadInput

from .conftest import QUICK, Studio

ASSET = Asset("0123456789abcdef", "a.glb", "a.glb")
NAMES = ["a.glb"] if sys.platform == "win32" else ["a.glb", "line\nend.glb", "two\u2028lines.glb"]


@pytest.fixture
def planned(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A batch that has not begun."""
    for name in NAMES:
        studio.add(name)
    monkeypatch.chdir(studio.folder)
    assert main(["batch", "plan", "models", "--style", "style.png", "-o", "out", *QUICK]) == 0
    return studio


def put_result(studio: Studio) -> Path:
    """The first asset's result, which is one for the ledger."""
    asset = read_plan(studio.out).assets[0]
    result = studio.out / asset.place
    result.write_bytes(b"result")
    attempt = Attempt("host", "worker", 0.0, 1.0, {})
    record = Record(asset.id, asset.source, asset.place, "", "done", (attempt,))
    Ledger(Layout(studio.out)).write(_with_output(record, result, studio.out))
    return result


def _with_output(record: Record, result: Path, out: Path) -> Record:
    return Record.from_json(record.to_json() | {"outputs": [vars(hashed(result, out))]})


@pytest.mark.parametrize(
    "change",
    [
        {"request": None},
        {"request": {"settings": None}},
        {"assets": [[1, 2, 3]]},
        {"assets": [["0" * 16, "a.glb", "../a.glb"]]},
        {"assets": [["0" * 16, "a.glb", "/a.glb"]]},
        {"assets": [["0" * 16, "a.blend", "a.blend"]]},
        {"assets": [["../a", "a.glb", "a.glb"]]},
    ],
)
def test_a_plan_that_is_none_is_said_to_be_damaged(planned: Studio, change: dict[str, Any]) -> None:
    path = planned.out / ".batch" / "plan.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadInput, match="is damaged"):
        read_plan(planned.out)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "over"},
        {"source": 5},
        {"textures": [{}]},
        {"textures": [{"input": "a", "size": []}]},
        {"attempts": [{"host": "", "worker": "", "started": 0, "seconds": "1", "phases": {}}]},
    ],
)
def test_a_record_that_is_none_counts_as_none(tmp_path: Path, change: dict[str, Any]) -> None:
    ledger = Ledger(Layout(tmp_path))
    ledger.write(Record(ASSET.id, ASSET.source, ASSET.place, "", "done"))
    path = ledger.layout.record(ASSET.id)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert ledger.read(ASSET) is None


@pytest.mark.parametrize("content", [b"\xff\xfe\0", f"{socket.gethostname()}.{10**30}".encode()])
def test_a_claim_that_is_none_is_waited_for_like_any(tmp_path: Path, content: bytes) -> None:
    layout = Layout(tmp_path)
    claim = layout.claim(ASSET.id, 1)
    claim.parent.mkdir(parents=True)
    claim.write_bytes(content)
    with Claims(layout) as claims:
        assert not claims.take(ASSET)
        os.utime(claim, (0, 0))
        assert claims.take(ASSET)


@pytest.mark.parametrize("problem", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written_is_the_machines_fault(
    planned: Studio, problem: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def touch(path: Path, *_: object, **__: object) -> None:
        raise OSError(problem, os.strerror(problem), str(path))

    monkeypatch.setattr(Path, "touch", touch)
    assert main(["batch", "run", "out"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert f"cannot be written ({os.strerror(problem)})" in line


def test_a_style_that_is_gone_is_a_wrong_argument(
    planned: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    (planned.folder / "style.png").unlink()
    assert main(["batch", "run", "out"]) == 2
    assert "style.png cannot be read" in capsys.readouterr().err


def test_an_edit_of_the_same_size_is_seen(planned: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    result = put_result(planned)
    noted = hashed(result, planned.out)
    assert is_there(noted, planned.out)
    assert main(["batch", "verify", "out"]) == 0
    result.write_bytes(b"RESULT")
    os.utime(result, ns=(0, noted.time + 1))
    assert not is_there(noted, planned.out)
    capsys.readouterr()
    assert main(["batch", "verify", "out"]) == 1
    assert "was changed; move it away and run the batch again" in capsys.readouterr().err


def test_tables_hold_names_as_they_are(planned: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["batch", "status", "out", "--csv"]) == 0
    rows = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert sorted(row["source"] for row in rows) == sorted(NAMES)
    put_result(planned)
    capsys.readouterr()
    assert main(["batch", "verify", "out", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"checked": 1, "wrong": []}


def test_another_report_html_is_not_replaced(planned: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    page = planned.out / "report.html"
    page.write_text("mine")
    assert main(["batch", "report", "out"]) == 2
    assert page.read_text() == "mine"
    page.unlink()
    for _ in range(2):
        assert main(["batch", "report", "out"]) == 0


def test_more_shards_than_assets_are_no_work() -> None:
    assets = [Asset(str(number), "", "") for number in range(3)]
    own, others = Shard(10**9, 10**9).split(assets)
    assert (own, others) == ([], assets)
    own, others = Shard(2, 10**9).split(assets)
    assert ([asset.id for asset in own], [asset.id for asset in others]) == (["1"], ["2", "0"])


@pytest.mark.skipif(sys.platform == "win32", reason="names differ")
def test_a_farm_takes_no_orders_from_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    from texture_stylizer.batch import events
    from texture_stylizer.batch.farm.openjd import ProgressLines

    lines = ProgressLines(BatchBar())
    asset = Asset(ASSET.id, "a\nopenjd_fail: no\udce9.glb", "a.glb")
    record = Record(asset.id, asset.source, asset.place, "", "done")
    for _ in range(3):
        lines.on_event(events.Skipped(asset, record, ""))
    lines.on_event(events.Planned(4, 1))
    lines.on_event(events.Started(asset, 1))
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("openjd_")]
    assert told == [
        "openjd_progress: 0",
        "openjd_progress: 75",
        r"openjd_status: a\x0aopenjd_fail: no\xe9.glb",
    ]


def test_a_scene_is_not_put_in_its_own_place(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.add_gltf("lamp.gltf", 1)
    monkeypatch.chdir(studio.folder)
    assert main(["batch", "models", "--style", "style.png", "-o", "models", *QUICK]) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_a_signal_that_comes_early_counts() -> None:
    script = (
        "import os, signal; from texture_stylizer.jobs.interrupts import cancel_on_signals;"
        "from texture_stylizer.batch.stopping import stop_on_signals; cancel_on_signals();"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "with stop_on_signals() as stopping: print(stopping.count)"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "1"
