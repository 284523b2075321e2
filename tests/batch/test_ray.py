"""A batch in a Ray cluster whose machines come and go: good assets are done once, bad ones are named."""

from __future__ import annotations

import importlib.util
import random
import sys

import psutil
import pytest

from .conftest import QUICK, Studio, command_of, until
from .ray_cluster import running_cluster

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals differ"),
    pytest.mark.timeout(600),
]
GOOD = [f"props/{number:02}.glb" for number in range(8)]
RAY = ("batch", "models", "--style", "style.png", "-o", "out", *QUICK, "--engine", "ray")


def test_workers_an_actor_a_node_and_the_driver_are_killed(studio: Studio) -> None:
    for number, name in enumerate(GOOD):
        studio.add(name, number)
    (studio.models / "broken.glb").write_bytes(b"nothing")
    studio.add("killer.glb", 100)
    with running_cluster(3, studio.environment) as cluster:
        command = (*RAY, "--ray-address", cluster.address, "--attempts", "2")
        with studio.start(*command) as driver:
            until(lambda: len(results(studio)) >= 2, 200)
            for victim in (one_of(studio, "asset_worker"), one_of(studio, "AssetActor")):
                if victim is not None:
                    victim.kill()
            cluster.tell("kill")
            until(lambda: len(results(studio)) >= 4, 200)
            driver.kill()
            driver.communicate()
        until(lambda: not studio.asset_processes(), 60)
        before = {name: record["attempts"] for name, record in done(studio).items()}
        cluster.tell("add")
        again = studio.run(*command)
        assert again.returncode == 1, again.stderr
        until(lambda: not studio.asset_processes(), 60)
    assert sorted(results(studio)) == GOOD
    assert {name: done(studio)[name]["attempts"] for name in before} == before
    records = studio.records()
    assert records["broken.glb"]["status"] == "failed"
    assert records["killer.glb"]["status"] == "quarantined"
    assert {records[name]["status"] for name in GOOD} == {"done"}
    for name in ("broken.glb", "killer.glb"):
        assert name in again.stderr
    single = Studio(studio.folder / "single")
    for number, name in enumerate(GOOD):
        single.add(name, number)
    assert single.batch("--engine", "in-process").returncode == 0
    assert results(single) == results(studio)
    assert not studio.unfinished()


def results(studio: Studio) -> dict[str, bytes]:
    return {name: data for name, data in studio.results().items() if name.endswith(".glb")}


def done(studio: Studio) -> dict[str, dict]:
    return {name: record for name, record in studio.records().items() if record["status"] == "done"}


def one_of(studio: Studio, word: str) -> psutil.Process | None:
    found = [process for process in studio.processes() if word in command_of(process)]
    return random.choice(found) if found else None


def test_a_cluster_that_is_not_there_is_said_to_be_missing(studio: Studio) -> None:
    studio.add("a.glb")
    done = studio.run(*RAY, "--ray-address", "127.0.0.1:1")
    assert done.returncode == 3
    assert "error: the Ray cluster 127.0.0.1:1 cannot be reached" in done.stderr
