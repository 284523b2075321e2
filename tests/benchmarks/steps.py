"""One optimisation step against a plain textbook loop in the same run: `python -m tests.benchmarks.steps`.

On a GPU: `--device cuda`. Prints seconds, ratios, and the share of the device's own matrix
rate that the convolutions reach; asserts nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from texture_stylizer.engine import Features, Objective, Settings, load_features
from texture_stylizer.engine.features.recipe import CONTENT_LAYER, STYLE_LAYERS
from texture_stylizer.engine.features.vgg import CONVOLUTIONS, STRIDES
from texture_stylizer.engine.hardware.devices import choose_device, device_description, synchronize
from texture_stylizer.engine.hardware.malloc import kept_heap
from texture_stylizer.jobs.worker.precision import choose_precision

VGG19_WIDTHS = (64, 128, 256, 512, 512)


def random_vgg19() -> dict[str, Tensor]:
    """Random weights of VGG19's widths, spread as `nn.Conv2d` does: speed does not depend on the values.

    From a generator of its own, so that threads that ask at the same time get the same.
    """
    generator = torch.Generator().manual_seed(0)
    weights, channels = {}, 3
    for row in CONVOLUTIONS:
        width, bound = VGG19_WIDTHS[row.block - 1], (9 * channels) ** -0.5
        for name, shape in (("weight", (width, channels, 3, 3)), ("bias", (width,))):
            values = torch.empty(shape).uniform_(-bound, bound, generator=generator)
            weights[f"features.{row.number}.{name}"] = values
        channels = width
    return weights


def textbook_step(features: Features, targets: dict[str, Tensor], image: Tensor) -> None:
    """The loop of the tutorials: float32, contiguous, autograd through everything at once."""
    leaf = image.detach().requires_grad_()
    current, block, loss = (leaf - features.mean) / features.std, 1, torch.zeros((), device=image.device)
    for row, layer in zip(CONVOLUTIONS, features.convolutions, strict=True):
        if row.block != block:
            current, block = functional.avg_pool2d(current, 2), row.block
        current = functional.relu(layer(current))
        if row.layer in STYLE_LAYERS:
            flat = current.flatten(2)[0]
            loss = loss + (flat @ flat.T / flat.shape[1] - targets[row.layer]).square().mean()
        elif row.layer == CONTENT_LAYER:
            loss = loss + (current - targets[row.layer]).square().mean()
    loss.backward()


def seconds_of(step: Callable[[], object], repeats: int, device: torch.device) -> float:
    step()
    synchronize(device)
    started = time.perf_counter()
    for _ in range(repeats):
        step()
    synchronize(device)
    return (time.perf_counter() - started) / repeats


def matrix_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Multiplications and additions of a large matrix product, per second."""
    side = 2048 if device.type == "cpu" else 8192
    one, two = (torch.rand(side, side, device=device).to(dtype) for _ in range(2))
    return 2 * side**3 / seconds_of(lambda: one @ two, 3, device)


def arithmetic(features: Features, size: int) -> float:
    """Multiplications and additions of a step's convolutions, forward and back to the pixels, if each made
    all of its own: where products are saved (`winograd`) the share of the matrix rate may exceed 1."""
    total = 0.0
    for row, layer in features.named_convolutions():
        positions = (size // STRIDES[row.layer]) ** 2
        total += 2 * 9 * layer.in_channels * layer.out_channels * positions
    return 2 * total


def textbook_targets(plain: Features, image: Tensor) -> dict[str, Tensor]:
    with torch.no_grad():
        maps = plain(image)
    targets = {layer: maps[layer] * 0.5 for layer in maps}
    for layer in STYLE_LAYERS:
        flat = maps[layer].flatten(2)[0]
        targets[layer] = flat @ flat.T / flat.shape[1] * 0.5
    return targets


@dataclass(frozen=True)
class Step:
    """Seconds of a step, and what else took in the same run."""

    network: str
    size: int
    tile: int
    seconds: float
    tiled: float
    textbook: float
    share_of_matrix_rate: float

    def __str__(self) -> str:
        times = f"{self.network:<13} {self.size:>5}  {self.tile:>5}  {1e3 * self.seconds:>7.1f}"
        ratios = f"{self.tiled / self.seconds:>13.2f}  {self.seconds / self.textbook:>16.3f}"
        return f"{times}  {ratios}  {self.share_of_matrix_rate:>20.2f}"


HEADING = "network        size   tile  step ms  tiled/untiled  this/plain vgg19  share of matrix rate"


def measure(device: torch.device, dtype: torch.dtype, sizes: list[int], tile: int | None) -> Iterator[Step]:
    """The steps of both networks at each size, tiled by half of it where no tile is given."""
    networks = {
        "embedded": load_features("embedded", device=device, dtype=dtype),
        "vgg19 widths": Features(random_vgg19(), name="random").to(device=device, dtype=dtype),
    }
    networks["vgg19 widths"].to(memory_format=torch.channels_last)
    plain = Features(random_vgg19(), name="plain").to(device)
    rate = matrix_rate(device, dtype)
    print(f"{device_description(device)}; {dtype}, matrices at {rate / 1e12:.2f} TFLOP/s")
    for size in sizes:
        textbook = None
        for name, features in networks.items():
            found = _measure_one(name, features, plain, size, tile or size // 2, rate, textbook)
            textbook = found.textbook
            yield found


def _measure_one(
    name: str,
    features: Features,
    plain: Features,
    size: int,
    tile: int,
    rate: float,
    textbook: float | None,
) -> Step:
    device = features.device
    image = torch.rand(1, 3, size, size, device=device).contiguous(memory_format=torch.channels_last)
    objective = Objective(features, image, [(image.flip(2), 1.0)], Settings())
    repeats = 2 if device.type == "cpu" else 10
    with kept_heap():
        own = seconds_of(lambda: objective.loss_tensor_and_gradient(image), repeats, device)
        tiled = seconds_of(lambda: objective.loss_tensor_and_gradient(image, tile), repeats, device)
    if textbook is None:
        targets = textbook_targets(plain, image)
        textbook = seconds_of(lambda: textbook_step(plain, targets, image), repeats, device)
    return Step(name, size, tile, own, tiled, textbook, arithmetic(features, size) / own / rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--sizes", type=int, nargs="+", help="default: 256 512 1024, on a GPU 256 1024 4096")
    parser.add_argument("--tile", type=int, help="default: half of each size")
    options = parser.parse_args()
    device = choose_device(options.device)
    sizes = options.sizes or default_sizes(device)
    print(HEADING)
    for step in measure(device, choose_precision("auto", device), sizes, options.tile):
        print(step, flush=True)


def default_sizes(device: torch.device) -> list[int]:
    return [256, 512, 1024] if device.type == "cpu" else [256, 1024, 4096]


if __name__ == "__main__":
    main()
