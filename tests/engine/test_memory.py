"""Running out of memory for real: a process whose address space is capped."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

RUN = """
import json, resource, sys
import numpy as np, torch
from texture_stylizer.engine import Features, Settings, stylize
from texture_stylizer.engine.features import CONVOLUTIONS
from texture_stylizer.errors import OutOfMemory

generator, channels, weights = torch.Generator().manual_seed(0), 3, {}
for row in CONVOLUTIONS:
    width = 32 * min(row.block, 3)
    scale = (2 / (9 * channels)) ** 0.5
    weights[f"features.{row.number}.weight"] = scale * torch.randn(width, channels, 3, 3, generator=generator)
    weights[f"features.{row.number}.bias"] = torch.zeros(width)
    channels = width
features = Features(weights, name="capped").to(memory_format=torch.channels_last)
picture = np.random.default_rng(0).random((544, 544, 3), dtype=np.float32)
settings = Settings(iterations=2, scales=1, tile=None, wrap="none")
small = picture[:64, :64]
stylize(small, [(small, 1.0)], Settings(iterations=1, scales=1), features=features)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
if int(sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]) * 2**20,) * 2)
try:
    made = stylize(picture, [(small, 1.0)], settings, features=features)
except OutOfMemory as reason:
    print(json.dumps({"failed": str(reason)}))
else:
    print(json.dumps({"tile": made.tile, "warnings": made.warnings, "losses": made.losses}))
"""


def run_within(mebibytes: int) -> dict:
    """What the engine made of a texture of 544 px with so much memory to spare; 0: with all there is."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(mebibytes)], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux caps a process's memory so")


def test_with_too_little_memory_the_same_losses_come_from_smaller_tiles() -> None:
    capped, free = run_within(450), run_within(0)
    assert free["tile"] is None and not free["warnings"]
    assert 128 <= capped["tile"] < 544
    assert "memory ran out; went on with tiles of" in capped["warnings"][0]
    assert capped["losses"] == pytest.approx(free["losses"], rel=1e-3)


def test_with_no_memory_at_all_one_sentence_says_so() -> None:
    assert "not even tiles of 128 px fit into the memory of cpu" in run_within(60)["failed"]
