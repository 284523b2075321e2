"""Several machines over one folder: each asset has one owner at a time, and the dead are replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from texture_stylizer.batch import batch_command
from texture_stylizer.batch.run import Shard
from texture_stylizer.batch.state.assets import Asset
from texture_stylizer.batch.state.claims import Claims
from texture_stylizer.batch.state.layout import Layout

from .conftest import QUICK, Broken, Studio, until

ASSET = Asset("0123456789abcdef", "a.glb", "a.glb")


class Elsewhere(Claims):
    """A process of another machine, of which nothing is known but what it writes."""

    def __init__(self, layout: Layout, name: str, stale_seconds: float = 60.0) -> None:
        super().__init__(layout, stale_seconds=stale_seconds)
        self._owner = f"{name}.1"


def test_one_of_many_gets_an_asset(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    claims = [Elsewhere(layout, f"host{number}") for number in range(16)]
    for asset in (Asset(f"{number:016x}", "a.glb", "a.glb") for number in range(50)):
        barrier = threading.Barrier(len(claims))

        def take(one: Claims, asset: Asset = asset, barrier: threading.Barrier = barrier) -> bool:
            barrier.wait()
            return one.take(asset)

        with ThreadPoolExecutor(len(claims)) as threads:
            assert sum(threads.map(take, claims)) == 1


def test_a_claim_that_is_kept_alive_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with Elsewhere(layout, "one", 0.4) as one, Elsewhere(layout, "two", 0.4) as two:
        assert one.take(ASSET)
        threading.Event().wait(1.0)
        assert not two.take(ASSET)
        assert one.still_holds(ASSET)
        one.release(ASSET)
        assert two.take(ASSET)


def test_a_claim_whose_owner_is_silent_is_taken_over(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    dead = Elsewhere(layout, "dead")
    assert dead.take(ASSET)
    os.utime(layout.claim(ASSET.id, 1), (0, 0))
    with Elsewhere(layout, "one") as one, Elsewhere(layout, "two") as two:
        assert one.take(ASSET)
        assert not two.take(ASSET)
        assert not dead.still_holds(ASSET)
        one.release(ASSET)
        assert not layout.claim(ASSET.id, 1).exists()


def test_a_claim_of_a_process_that_ended_on_this_machine_is_free_at_once(studio: Studio) -> None:
    layout = Layout(studio.out)
    script = (
        "import sys; from pathlib import Path; from texture_stylizer.batch.state.claims import Claims;"
        "from texture_stylizer.batch.state.layout import Layout; from texture_stylizer.batch.state.assets "
        f"import Asset; Claims(Layout(Path({str(studio.out)!r}))).take(Asset({ASSET.id!r}, '', ''))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert layout.claim(ASSET.id, 1).exists()
    with Claims(layout) as claims:
        assert claims.take(ASSET)


def test_shards_part_the_assets_and_know_the_others() -> None:
    assets = [Asset(str(number), "", "") for number in range(10)]
    parts = [Shard(number, 3).split(assets) for number in (1, 2, 3)]
    own = [asset for part, _ in parts for asset in part]
    assert sorted(own, key=lambda asset: int(asset.id)) == assets
    for mine, others in parts:
        assert {asset.id for asset in (*mine, *others)} == {asset.id for asset in assets}
        assert len(mine) + len(others) == len(assets)


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_two_shards_and_a_dead_third_finish_all(studio: Studio) -> None:
    names = [f"{number}.glb" for number in range(6)]
    for number, name in enumerate(names):
        studio.add(name, number)
    style = ("--style", "style.png", "-o", "out", *QUICK)
    assert studio.ask("batch", "plan", "models", *style).returncode == 0
    plan = (studio.out / ".batch" / "plan.json").read_bytes()
    with studio.start("batch", "run", "out", "--shard", "3/3") as third:
        until(lambda: studio.records())
        third.send_signal(signal.SIGKILL)
        third.communicate()
    shards = [studio.start("batch", "run", "out", "--shard", f"{number}/3") for number in (1, 2)]
    errors = [shard.communicate(timeout=200)[1] for shard in shards]
    assert [shard.returncode for shard in shards] == [0, 0], errors
    assert sorted(name for name in studio.results() if name.endswith(".glb")) == names
    assert {record["status"] for record in studio.records().values()} == {"done"}
    assert all(len(record["attempts"]) == 1 for record in studio.records().values())
    assert (studio.out / ".batch" / "plan.json").read_bytes() == plan
    assert not [path for path in (studio.out / ".batch" / "claims").rglob("*") if path.is_file()]


def test_a_farm_is_told_of_failed_assets_by_the_ledger_alone(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.add("broken.glb", 1)
    monkeypatch.setattr(batch_command, "_executor", lambda _: Broken())
    assert studio.ask_batch().returncode == 1
    done = studio.ask_batch("--farm", "openjd")
    assert done.returncode == 0, done.stderr
    assert "openjd_progress: 100" in done.stdout.splitlines()
    assert studio.records()["broken.glb"]["status"] == "failed"
