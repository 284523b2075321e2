"""The engine against plain references in one run: `nox -s bench`, on a GPU `nox -s bench -- --device cuda`.

Prints a table each for the steps, the precision of the gradient, the time to quality and the memory against
size, and draws them into build/bench.png. Asserts nothing.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure

from texture_stylizer.engine import Features, Settings, load_features, stylize
from texture_stylizer.engine.coarse_to_fine import Iterate
from texture_stylizer.engine.hardware.devices import choose_device
from texture_stylizer.jobs.worker.precision import choose_precision

from . import sizes, steps
from .time_to_quality import PLAIN_STEPS, SAMPLES, objective_of, plain_run, read, tensor

PICTURE = Path(__file__).parents[2] / "build" / "bench.png"
STYLE, TEXTURE = "swirling_oil.jpg", "planks.png"
MOMENTS = (0, 10, 60, 160)


class Curve(NamedTuple):
    """Seconds since the start, and the loss at full size then."""

    seconds: list[float]
    losses: list[float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--sizes", type=int, nargs="+", help="of the steps; 256 512 1024, on a GPU 256 1024 4096"
    )
    parser.add_argument("--tile", type=int, help="of the steps; half of each size")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    options = parser.parse_args()
    device = choose_device(options.device)
    on_gpu = device.type != "cpu"
    print(steps.HEADING)
    found = []
    dtype = choose_precision("auto", device)
    for step in steps.measure(device, dtype, options.sizes or steps.default_sizes(device), options.tile):
        print(step, flush=True)
        found.append(step)
    print_precision(load_features("embedded", device=device))
    curves = time_to_quality(load_features("embedded", device=device, dtype=dtype), 1024 if on_gpu else 256)
    print()
    by_size = [1024, 2048, 4096, 8192] if on_gpu else [512, 1024, 2048]
    # A GPU is asked for so little by small tiles that it waits for the asking.
    memory = sizes.measure_all(by_size, 2048 if on_gpu else 512, "embedded", options.device)
    options.picture.parent.mkdir(parents=True, exist_ok=True)
    draw(found, curves, memory, options.picture)
    print(f"Look at {options.picture}")


def print_precision(features: Features) -> None:
    """The cosine of float32's and bfloat16's gradients with float64's, along a run of Adam at 96 px."""
    print("\ngradient's cosine with float64's, embedded, 96 px\nafter steps  float32  bfloat16")
    style, content = read(SAMPLES / "styles" / STYLE), read(SAMPLES / "market_textures" / TEXTURE, 96)
    objectives = [
        objective_of(content, style, Settings(), load_features("embedded", device="cpu", dtype=dtype))
        for dtype in (torch.float64, torch.float32, torch.bfloat16)
    ]
    own = objective_of(content, style, Settings(), features)
    for count in MOMENTS:
        image = plain_run(own, content, count).cpu()
        exact, single, half = (
            objective.loss_and_gradient(image.to(dtype))[1].double().flatten()
            for objective, dtype in zip(
                objectives, (torch.float64, torch.float32, torch.float32), strict=True
            )
        )
        cosines = [float(torch.cosine_similarity(exact, other, dim=0)) for other in (single, half)]
        print(f"{count:11}  {cosines[0]:7.5f}  {cosines[1]:8.5f}", flush=True)


def time_to_quality(features: Features, size: int) -> dict[str, Curve]:
    """The losses over time of 500 plain steps and of the presets, judged by one objective."""
    style, content = read(SAMPLES / "styles" / STYLE), read(SAMPLES / "market_textures" / TEXTURE, size)
    objective = objective_of(content, style, Settings(), features)
    plain = Curve([], [])
    started = time.perf_counter()

    def note(loss: torch.Tensor) -> None:
        plain.losses.append(float(loss))
        plain.seconds.append(time.perf_counter() - started)

    plain_run(objective, content, PLAIN_STEPS, note)
    print(f"\ntime to quality, embedded, {size} px; against {PLAIN_STEPS} plain steps of Adam")
    print("preset     loss   seconds  loss/plain  time/plain")
    print(f"plain    {plain.losses[-1]:6.4f}  {plain.seconds[-1]:8.1f}")
    curves = {"plain": plain}
    for quality in ("draft", "standard"):
        curve = curves[quality] = Curve([], [])

        def follow(iterate: Iterate, curve: Curve = curve) -> None:
            if iterate.width == size:
                curve.seconds.append(iterate.seconds)
                curve.losses.append(iterate.loss)

        result = stylize(
            content, [(style, 1.0)], Settings.preset(quality), features=features, on_progress=follow
        )
        loss = objective.loss_and_gradient(tensor(result.image).to(features.device))[0]
        ratios = f"{loss / plain.losses[-1]:10.3f}  {result.seconds / plain.seconds[-1]:10.3f}"
        print(f"{quality:8} {loss:6.4f}  {result.seconds:8.1f}  {ratios}", flush=True)
    return curves


def draw(
    found: list[steps.Step], curves: dict[str, Curve], memory: dict[int, dict[str, float]], path: Path
) -> None:
    figure = Figure(figsize=(10, 7), layout="constrained")
    axes = figure.subplots(2, 2)
    _draw_steps(axes[0, 0], found)
    for name, curve in curves.items():
        axes[0, 1].plot(curve.seconds, curve.losses, label=name)
    axes[0, 1].set(xlabel="seconds", ylabel="loss at full size", xscale="log", yscale="log")
    axes[0, 1].legend()
    sizes.plot(axes[1, 0], axes[1, 1], memory, "embedded")
    axes[1, 0].set_xlabel("side of the texture, embedded")
    figure.savefig(path, dpi=120)


def _draw_steps(axes: Any, found: list[steps.Step]) -> None:
    """Seconds of a step relative to the plain loop's, whole and by tiles."""
    names = [f"{step.network}\n{step.size} px" for step in found]
    places = np.arange(len(found))
    axes.bar(places - 0.2, [step.seconds / step.textbook for step in found], 0.4, label="untiled")
    axes.bar(places + 0.2, [step.tiled / step.textbook for step in found], 0.4, label="tiled")
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set_xticks(places, names, fontsize=7)
    axes.set_ylabel("seconds of a step / plain VGG19 loop")
    axes.legend()


if __name__ == "__main__":
    main()
