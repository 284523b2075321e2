"""Distil VGG19 into the embedded network: `python -m texture_stylizer.training.train OUT.safetensors`.

From the teacher's own channels (`first_weights`) positions become as like each other as they are for the
teacher (`similarity`), in cycles of a falling rate (Loshchilov & Hutter 2017). How far the gradients of the
losses then point where the teacher's do is examined on the way (`examination`): the network is used for
nothing else. log.txt is what the runs that made the shipped weights printed, curves.png that drawn.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from ..engine.features.original_vgg19 import ATTRIBUTION
from ..engine.features.rounding import round_kernels
from ..engine.features.vgg import CONVOLUTIONS
from ..engine.features.weights import load_features
from .examination import Examination, agreement, examination
from .first_weights import first_weights
from .pictures import all_pictures, crop
from .similarity import Compared, compared, misalignment
from .trunk import Convolution, convolutions_of

WIDTHS = {1: 16, 2: 32, 3: 64, 4: 128, 5: 128}
"""Channels of each block's convolutions."""
FIRST_CROPS = 48
"""Of which the first weights are the least squares."""
CYCLES = (1500, 1500)
"""Steps of each fall of the rate."""
RATE, LEAST_SHARE = 1e-3, 0.05
WARM_STEPS = 30
FIRST_BATCHES, USED_TIMES = 8, 3
"""Batches that there are before any is used again, and the steps for each new one."""
REPORTED_EVERY = 50


def train(out: Path, cycles: Sequence[int], count: int) -> None:
    """Write the weights, in torchvision's key names. cycles: steps of each. count: drawn pictures."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    began = time.monotonic()
    pictures = all_pictures(count)
    print(f"{len(pictures)} pictures after {time.monotonic() - began:.0f} s", flush=True)
    teacher = convolutions_of(load_features("vgg19"))
    pupil = start(teacher, pictures, rng)
    asked = examination(teacher, detached(pupil), pictures, np.random.default_rng(1))
    parameters = [part for each in pupil for part in each]
    for cycle in cycles:
        optimiser = torch.optim.AdamW(parameters, weight_decay=1e-4)
        batches = batches_of(teacher, pictures, rng)
        lost: list[float] = []
        for step in range(cycle):
            for group in optimiser.param_groups:
                group["lr"] = rate(step, cycle)
            loss = misalignment(pupil, next(batches)).sum()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            lost.append(float(loss.detach()))
            if len(lost) % REPORTED_EVERY == 0 or len(lost) == cycle:
                when = f"{len(lost)} {time.monotonic() - began:.0f} s"
                _report(when, float(np.mean(lost[-REPORTED_EVERY:])), pupil, asked)
                write(pupil, out)


def rate(step: int, cycle: int) -> float:
    """The learning rate: up within a few steps, then down along half a cosine."""
    falling = 0.5 * (1.0 + math.cos(math.pi * step / cycle))
    return RATE * min(1.0, (step + 1) / WARM_STEPS) * (LEAST_SHARE + (1.0 - LEAST_SHARE) * falling)


def start(teacher: Sequence[Convolution], pictures: Tensor, rng: np.random.Generator) -> list[Convolution]:
    """The small network before it learns anything, to be trained."""
    chosen = rng.integers(len(pictures), size=FIRST_CROPS)
    crops = torch.cat([crop(pictures[number], rng) for number in chosen])
    found = first_weights(teacher, [WIDTHS[row.block] for row in CONVOLUTIONS], crops)
    return [Convolution(*(part.requires_grad_() for part in each)) for each in found]


def batches_of(
    teacher: Sequence[Convolution], pictures: Tensor, rng: np.random.Generator
) -> Iterator[Compared]:
    """Endless; each is used about USED_TIMES times, for the teacher takes longest."""
    known: list[Compared] = []
    step = 0
    while True:
        if step % USED_TIMES == 0 or len(known) < FIRST_BATCHES:
            known.append(compared(teacher, pictures, rng))
            yield known[-1]
        else:
            yield known[rng.integers(len(known))]
        step += 1


def detached(pupil: Sequence[Convolution]) -> list[Convolution]:
    return [Convolution(*(part.detach() for part in each)) for each in pupil]


def _report(when: str, lost: float, pupil: Sequence[Convolution], asked: Examination) -> None:
    agree = " ".join(f"{each:.3f}" for each in agreement(detached(pupil), asked).tolist())
    print(f"{when} loss {lost:.4f}; agreement {agree}", flush=True)


def write(pupil: Sequence[Convolution], out: Path) -> None:
    """Write the trunk's weights in bfloat16, so that they are the same network in every precision."""
    weights = {}
    for row, (weight, bias) in zip(CONVOLUTIONS, detached(pupil), strict=True):
        weights[f"features.{row.number}.weight"] = round_kernels(weight, torch.bfloat16).contiguous()
        weights[f"features.{row.number}.bias"] = bias.bfloat16().contiguous()
    save_file(weights, out, metadata={"licence": f"distilled from {ATTRIBUTION}"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cycles", type=int, nargs="+", default=CYCLES)
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    train(options.out, options.cycles, options.pictures)


if __name__ == "__main__":
    main()
