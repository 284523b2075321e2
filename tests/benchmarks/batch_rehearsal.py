"""A batch of a thousand assets on a Ray cluster of three fake nodes, where everything is killed once.

`python -m tests.benchmarks.batch_rehearsal FOLDER [--assets 1000]`: generated models with 64 px textures, ten
.blend among them, a hundredth broken, a hundredth that end their worker. First the good ones alone, in one
local run; then all of them on the cluster, where an asset worker, an actor, a node and the driver are killed;
then the rerun. It prints what the ledger says, whether the bytes are those of the single run, what an asset
costs beside its drawing, and how long ten thousand finished assets take to be recognised.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.attacks.conftest import MAKE_CUBE
from tests.batch.conftest import QUICK, Studio, command_of, until
from tests.batch.ray_cluster import running_cluster
from tests.gltf.models import Model, encoded

SIZE = (64, 64)
BLENDS = 10
NO_CACHE = (*QUICK, "--no-cache", "--json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--assets", type=int, default=1000)
    chosen = parser.parse_args()
    studio, single = Studio(chosen.folder / "ray"), Studio(chosen.folder / "single")
    make_assets(studio, chosen.assets)
    copy_good_ones(studio, single)
    say("single run", run_single(single))
    say("on the cluster", run_on_the_cluster(studio))
    say("compared", compare(studio, single))
    say("recognised", recognise(chosen.folder / "many"))


def say(what: str, found: Any) -> None:
    print(what, json.dumps(found), flush=True)


def make_assets(studio: Studio, count: int) -> None:
    blends, bad = BLENDS * count // 1000, count // 100
    for number in range(count):
        folder = studio.models / f"set{number % 20:02}"
        folder.mkdir(exist_ok=True)
        if number < blends:
            make_blend(folder, number)
        elif number < blends + bad:
            (folder / f"broken{number}.glb").write_bytes(b"glTF" + bytes(number))
        else:
            name = f"killer{number}.glb" if number < blends + 2 * bad else f"{number}.glb"
            Model(encoded(number, size=SIZE), encoded(number + 5000, size=SIZE)).write(folder / name)


def make_blend(folder: Path, number: int) -> None:
    place = folder / f"scene{number}"
    place.mkdir()
    (place / "paint.png").write_bytes(encoded(number, size=SIZE))
    subprocess.run([sys.executable, "-c", MAKE_CUBE], cwd=place, check=True, capture_output=True)
    for path in place.iterdir():
        if path.suffix in (".obj", ".mtl", ".gltf", ".bin"):
            path.unlink()


def copy_good_ones(studio: Studio, single: Studio) -> None:
    shutil.copytree(
        studio.models,
        single.models,
        ignore=shutil.ignore_patterns("broken*", "killer*"),
        dirs_exist_ok=True,
    )


def run_single(studio: Studio) -> dict[str, Any]:
    started = time.monotonic()
    done = studio.run_long("batch", "models", "--style", "style.png", "-o", "out", *NO_CACHE)
    seconds = time.monotonic() - started
    again = time.monotonic()
    studio.run_long("batch", "models", "--style", "style.png", "-o", "out", *NO_CACHE)
    return {
        "status": done.returncode,
        "seconds": round(seconds),
        "states": json.loads(done.stdout)["states"],
        "rerun_seconds": round(time.monotonic() - again, 2),
        **overheads(studio),
    }


def overheads(studio: Studio) -> dict[str, float]:
    """Milliseconds an asset beside its drawing: within an attempt, and between one and the next. The models
    alone: a scene's time is Blender's."""
    attempts = [
        record["attempts"][-1]
        for record in studio.records().values()
        if record["status"] == "done" and record["source"].endswith(".glb")
    ]
    attempts.sort(key=lambda attempt: attempt["started"])
    within = [attempt["seconds"] - attempt["phases"]["draw"] for attempt in attempts[1:]]
    ends = [attempt["started"] + attempt["seconds"] for attempt in attempts]
    gaps = [later["started"] - end for later, end in zip(attempts[1:], ends[:-1], strict=True)]
    return {
        "draw_ms": median([attempt["phases"]["draw"] for attempt in attempts]),
        "within_ms": median(within),
        "between_ms": median(gaps),
    }


def median(values: list[float]) -> float:
    return round(1000 * sorted(values)[len(values) // 2], 1)


def run_on_the_cluster(studio: Studio) -> dict[str, Any]:
    command = ("batch", "models", "--style", "style.png", "-o", "out", *NO_CACHE, "--engine", "ray")
    started = time.monotonic()
    with running_cluster(3, studio.environment) as cluster:
        address = ("--ray-address", cluster.address)
        with studio.start_quietly(*command, *address) as driver:
            for count, kill in ((30, "asset_worker"), (60, "AssetActor"), (90, "node"), (150, "driver")):
                until(lambda count=count: len(studio.records()) >= count, 1200)
                if kill == "node":
                    cluster.tell("kill")
                elif kill == "driver":
                    driver.kill()
                else:
                    victim = next((p for p in studio.processes() if kill in command_of(p)), None)
                    if victim is not None:
                        victim.kill()
        until(lambda: not studio.asset_processes(), 120)
        before = {name: record["attempts"] for name, record in studio.records().items() if is_done(record)}
        cluster.tell("add")
        done = studio.run_long(*command, *address)
        until(lambda: not studio.asset_processes(), 120)
    after = studio.records()
    return {
        "status": done.returncode,
        "seconds": round(time.monotonic() - started),
        "states": json.loads(done.stdout)["states"],
        "done_again": sum(after[name]["attempts"] != attempts for name, attempts in before.items()),
        "done_before": len(before),
        "named": sum(f"{name}" in done.stderr for name, record in after.items() if not is_done(record)),
        "more_than_one_attempt": sum(len(r["attempts"]) > 1 for r in after.values() if is_done(r)),
        "processes_left": len(studio.processes()),
        "private_folders_left": len(list(studio.out.rglob(".texture_stylizer_*"))),
    }


def is_done(record: dict[str, Any]) -> bool:
    return record["status"] == "done"


def compare(studio: Studio, single: Studio) -> dict[str, int]:
    """How many results are byte for byte those of the single run; scenes are compared by their textures."""
    found, wanted = results(studio), results(single)
    return {
        "results": len(found),
        "wanted": len(wanted),
        "equal": sum(found.get(name) == data for name, data in wanted.items()),
    }


def results(studio: Studio) -> dict[str, bytes]:
    return {
        name: data
        for name, data in studio.results().items()
        if Path(name).suffix in (".glb", ".png") and "report_pictures" not in name
    }


def recognise(folder: Path) -> dict[str, float]:
    """Seconds to find ten thousand finished assets finished: one is drawn, the others are copies of it."""
    studio = Studio(folder)
    for number in range(10_000):
        folder = studio.models / f"{number // 500:02}"
        folder.mkdir(exist_ok=True)
        path = folder / f"{number}.png"
        path.write_bytes(encoded(0, size=SIZE))
    studio.run_long("batch", "plan", "models", "--style", "style.png", "-o", "out", *QUICK)
    finish_all(studio)
    started = time.monotonic()
    done = studio.run_long("batch", "run", "out")
    return {"status": done.returncode, "seconds": round(time.monotonic() - started, 2)}


def finish_all(studio: Studio) -> None:
    """Write the ledger that a run would have written."""
    from texture_stylizer.batch.recognition import Recognition
    from texture_stylizer.batch.state.batch_plan import read_plan
    from texture_stylizer.batch.state.layout import Layout
    from texture_stylizer.batch.state.ledger import Attempt, Ledger, Record, hashed

    plan = read_plan(studio.out)
    ledger = Ledger(Layout(studio.out))
    recognition = Recognition(plan, ledger)
    for asset in plan.assets:
        target = plan.target(asset)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(plan.source(asset), target)
        attempt = Attempt("host", "worker", 0.0, 1.0, {})
        key = recognition.judge(asset).key
        output = hashed(target, studio.out)
        ledger.write(Record(asset.id, asset.source, asset.place, key, "done", (attempt,), outputs=(output,)))


if __name__ == "__main__":
    main()
