"""Running out of memory for real: a process whose address space is capped."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

RUN = """
import json, resource, sys
import numpy as np, torch
from texture_stylizer.engine import Features, Settings, stylize
from texture_stylizer.engine.features.vgg import CONVOLUTIONS
from texture_stylizer.errors import OutOfMemory

# oneDNN remembers that it could not make room for a primitive once, and fails for good.
torch.backends.mkldnn.enabled = False
generator, channels, weights = torch.Generator().manual_seed(0), 3, {}
for row in CONVOLUTIONS:
    width = 32 * min(row.block, 3)
    scale = (2 / (9 * channels)) ** 0.5
    weights[f"features.{row.number}.weight"] = scale * torch.randn(width, channels, 3, 3, generator=generator)
    weights[f"features.{row.number}.bias"] = torch.zeros(width)
    channels = width
features = Features(weights, name="capped").to(memory_format=torch.channels_last)
picture = np.random.default_rng(0).random((544, 544, 3), dtype=np.float32)
settings = Settings(iterations=2, scales=1, tile=None, wrap="none", style_scale=0.11)
small = picture[:64, :64]
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
for spare in map(int, sys.argv[1:]):
    limit = used + spare * 2**20 if spare else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    try:
        made = stylize(picture, [(small, 1.0)], settings, features=features)
    except OutOfMemory as reason:
        print(json.dumps({"failed": str(reason)}))
    else:
        print(json.dumps({"tile": made.tile, "warnings": made.warnings, "losses": made.losses}))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux caps a process's memory so")


def run_within(*mebibytes: int) -> list[dict]:
    """What the engine made of a texture of 544 px with so much memory to spare; 0: with all there is."""
    command = [sys.executable, "-c", RUN, *map(str, mebibytes)]
    # An arena for each thread would take address space of its own, which the cap counts.
    environment = os.environ | {"MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_with_too_little_memory_the_same_losses_come_from_smaller_tiles() -> None:
    # From 800 to 1200 it ended with tiles of 144 or 288 px, by where memory happened to lie.
    capped, free = run_within(900, 0)
    assert free["tile"] is None and not free["warnings"]
    assert 128 <= capped["tile"] < 544
    assert "memory ran out; went on with tiles of" in capped["warnings"][0]
    assert capped["losses"] == pytest.approx(free["losses"], rel=1e-3)


def test_with_no_memory_at_all_one_sentence_says_so() -> None:
    (run,) = run_within(60)
    assert "not even tiles of 128 px fit into the memory of cpu" in run["failed"]
