"""Memory and cost per pixel against size: `python -m tests.benchmarks.sizes [--plot OUT.png]`.

Every size is a process of its own that reads a texture from a file, takes a few steps at full size, by tiles,
writes the result and reports its peak memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from texture_stylizer.engine import Features, Settings, load_features, stylize
from texture_stylizer.engine.coarse_to_fine import Iterate
from texture_stylizer.engine.hardware.memory import peak_memory
from texture_stylizer.jobs.worker.precision import choose_precision
from texture_stylizer.settings import PRECISIONS, WRAPS, Precision, Wrap

from .steps import random_vgg19

STEPS = 3


def measure(
    size: int,
    tile: int,
    network: str,
    precision: Precision,
    device: str,
    memory: float | None = None,
    wrap: Wrap = "none",
) -> dict[str, float]:
    """Peak memory of this process in bytes, or of the GPU, and the seconds of the last step, for a texture of
    that size. memory: gigabytes that a GPU is made to have."""
    if memory is not None:
        total = torch.cuda.get_device_properties(device).total_memory
        torch.cuda.set_per_process_memory_fraction(memory * 1e9 / total)
    dtype = choose_precision(precision, torch.device(device))
    if network == "vgg19-widths":
        features = Features(random_vgg19(), name="random").to(device=device, dtype=dtype)
        features.to(memory_format=torch.channels_last)
    else:
        features = load_features(network, device=device, dtype=dtype)
    before = peak_memory(features.device)
    times = [time.perf_counter()]

    def note(_: Iterate) -> None:
        times.append(time.perf_counter())

    settings = Settings(iterations=STEPS, scales=1, tile=tile, wrap=wrap)
    style = np.random.default_rng(0).random((1024, 1024, 3), dtype=np.float32)

    def drawn(texture: np.ndarray) -> np.ndarray:
        return stylize(texture, [(style, 1.0)], settings, features=features, on_progress=note).image

    rows = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    texture = np.broadcast_to(rows, (size, size, 3))
    if features.device.type == "cpu":
        draw_file(texture, drawn)
    else:
        drawn(np.ascontiguousarray(texture))
    return {"peak": peak_memory(features.device), "before": before, "step": times[-1] - times[-2]}


def draw_file(texture: np.ndarray, drawn: Callable[[np.ndarray], np.ndarray]) -> None:
    """Read the texture from a file and write what is made of it, as a job does."""
    # Not above: where a GPU's own memory is measured it need not be there.
    from texture_stylizer.jobs.worker.images import as_integers, read_image, write_image

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texture.png"
        Image.fromarray(as_integers(texture, depth="uint8")).save(path, compress_level=1)
        picture = read_image(path)
        write_image(path, picture, drawn(picture.color))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 2048, 4096, 8192])
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--features", default="embedded", help="a network, or vgg19-widths")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    parser.add_argument("--memory", type=float, help="gigabytes that a GPU is made to have")
    parser.add_argument("--wrap", default="none", choices=WRAPS)
    parser.add_argument("--plot", type=Path, help="write a picture of both curves (needs matplotlib)")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        found = measure(
            options.one,
            options.tile,
            options.features,
            options.precision,
            options.device,
            options.memory,
            options.wrap,
        )
        print(json.dumps(found))
        return
    found = measure_all(
        options.sizes,
        options.tile,
        options.features,
        options.device,
        options.precision,
        options.memory,
        options.wrap,
    )
    if options.plot:
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 5), layout="constrained")
        plot(*figure.subplots(2, 1, sharex=True), found, options.features)
        figure.savefig(options.plot, dpi=120)


def measure_all(
    sizes: list[int],
    tile: int,
    network: str,
    device: str,
    precision: Precision = "auto",
    memory: float | None = None,
    wrap: Wrap = "none",
) -> dict[int, dict[str, float]]:
    """Print a table with a row for each size, and return what it says."""
    print(f"{network}, tile {tile}, {choose_precision(precision, torch.device(device))}")
    print("size   step s   microseconds/px   peak GB   before the run")
    found = {}
    for size in sizes:
        command = [sys.executable, "-m", "tests.benchmarks.sizes", "--one", str(size)]
        command += [] if memory is None else ["--memory", str(memory)]
        command += ["--tile", str(tile), "--features", network, "--device", device, "--precision", precision]
        command += ["--wrap", wrap]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        row = found[size] = json.loads(done.stdout)
        cost = 1e6 * row["step"] / size**2
        gigabytes = f"{row['peak'] / 1e9:8.2f}   {row['before'] / 1e9:.2f}"
        print(f"{size:5}  {row['step']:7.3f}   {cost:15.4f}  {gigabytes}", flush=True)
    return found


def plot(memory: Any, cost: Any, found: dict[int, dict[str, float]], network: str) -> None:
    """Memory and cost per pixel against size, into two of matplotlib's axes."""
    sizes = list(found)
    memory.plot(sizes, [row["peak"] / 1e9 for row in found.values()], marker="o")
    memory.set_ylabel("peak memory, GB")
    cost.plot(sizes, [1e6 * row["step"] / size**2 for size, row in found.items()], marker="o")
    cost.set_ylabel("microseconds per pixel and step")
    cost.set_xlabel(f"side of the texture, {network}")
    for axes in (memory, cost):
        axes.set_xscale("log", base=2)
        axes.set_ylim(bottom=0)


if __name__ == "__main__":
    main()
