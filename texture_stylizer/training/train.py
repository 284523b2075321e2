"""Distil VGG19 into the embedded network: `python -m texture_stylizer.training.train OUT.safetensors`.

The shipped weights are what it writes with its defaults; log.txt is what it printed, curves.png that
drawn.

From the teacher's own channels (`first_weights`) in two halves. First positions become as like each other as
they are for the teacher (`similarity`). Then its gradients come to point where the teacher's do (`lessons`),
for it is used for nothing else: of a random mixture of the losses each time, so that their sizes fit
together, too; of all pixels, and of their means over 4 x 4, which a few hundred steps change more than they
do single pixels.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from ..engine.features.original_vgg19 import ATTRIBUTION
from ..engine.features.recipe import CONTENT_LAYER, CONTENT_SHARE, STYLE_LAYERS, STYLE_SHARES
from ..engine.features.rounding import round_kernels
from ..engine.features.vgg import CONVOLUTIONS
from ..engine.features.weights import load_features
from .first_weights import first_weights
from .lessons import RUNS_AT_ONCE, Lessons, gradients_of_losses, lessons
from .pictures import all_pictures, crop
from .similarity import Compared, compared, misalignment
from .trunk import COMPARED, Convolution, compared_maps, convolutions_of, gram_matrices, losses

WIDTHS = {1: 16, 2: 32, 3: 64, 4: 128, 5: 128}
"""Channels of each block's convolutions."""
FIRST_CROPS = 48
"""Of which the first weights are the least squares."""
FIRST_RATE, RATE = 1e-3, 5e-4
WARM_STEPS = 30
FIRST_BATCHES, USED_TIMES = 8, 3
"""Of the first half: batches that there are before any is used again, and the steps for each new one."""
FIRST_LESSONS, LESSONS_EVERY, MOST_LESSONS = 6, 50, 2400
"""Of the second: how often the teacher is asked before its first step, the steps until it is asked again, and
the lessons that are kept."""
BATCH = 8
EXAMINED = 2
"""How often the teacher is asked for lessons that nothing is learnt from."""
RECIPE_SHARE = 0.4
"""How often the mixture of losses is the one that a picture is made by."""
REPORTED_EVERY = 50

OnReport = Callable[[int, float], None]


def train(out: Path, steps: int, count: int) -> None:
    """Write the weights, in torchvision's key names. steps: updates of each half. count: drawn pictures."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    began = time.monotonic()
    pictures = all_pictures(count)
    print(f"{len(pictures)} pictures after {time.monotonic() - began:.0f} s", flush=True)
    teacher = convolutions_of(load_features("vgg19"))
    pupil = start(teacher, pictures, rng)
    examination = ask(teacher, pupil, pictures, np.random.default_rng(1), EXAMINED)

    def report(step: int, lost: float) -> None:
        agree = " ".join(f"{each:.3f}" for each in examine(pupil, examination).tolist())
        print(f"{step} {time.monotonic() - began:.0f} s loss {lost:.4f}; agreement {agree}", flush=True)
        write(pupil, out)

    learn(pupil, FIRST_RATE, by_similarity(teacher, pupil, pictures, rng, steps), report)
    learn(pupil, RATE, by_gradients(teacher, pupil, pictures, rng, steps), report)


def learn(
    pupil: Sequence[Convolution], rate: float, wanted: Iterator[tuple[float, Tensor]], report: OnReport
) -> None:
    """An update by each of the losses, which come with the share of all that are done."""
    parameters = [part for each in pupil for part in each]
    optimiser = torch.optim.AdamW(parameters, weight_decay=1e-4)
    lost: list[float] = []
    for done, loss in wanted:
        warm = min(1.0, (len(lost) + 1) / WARM_STEPS)
        for group in optimiser.param_groups:
            group["lr"] = rate * warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        lost.append(float(loss.detach()))
        if len(lost) % REPORTED_EVERY == 0:
            report(len(lost), float(np.mean(lost[-REPORTED_EVERY:])))


def by_similarity(
    teacher: Sequence[Convolution],
    pupil: Sequence[Convolution],
    pictures: Tensor,
    rng: np.random.Generator,
    steps: int,
) -> Iterator[tuple[float, Tensor]]:
    """The losses of `similarity`, of batches that are used about three times."""
    batches: list[Compared] = []
    for step in range(steps):
        if step % USED_TIMES == 0 or step < FIRST_BATCHES:
            batches.append(compared(teacher, pictures, rng))
        yield step / steps, misalignment(pupil, batches[rng.integers(len(batches))]).sum()


def by_gradients(
    teacher: Sequence[Convolution],
    pupil: Sequence[Convolution],
    pictures: Tensor,
    rng: np.random.Generator,
    steps: int,
) -> Iterator[tuple[float, Tensor]]:
    """The losses of `lessons`, which come from where the pupil leads by then."""
    known = ask(teacher, pupil, pictures, rng, FIRST_LESSONS)
    for step in range(steps):
        if step and step % LESSONS_EVERY == 0:
            known = known.and_more(ask(teacher, pupil, pictures, rng, 1), MOST_LESSONS)
        chosen = torch.from_numpy(rng.integers(len(known.points), size=BATCH))
        batch = Lessons(*(part[chosen] for part in known))
        yield step / steps, disagreement(pupil, batch, mixtures(rng, batch.sizes))


def start(teacher: Sequence[Convolution], pictures: Tensor, rng: np.random.Generator) -> list[Convolution]:
    """The small network before it learns anything, to be trained."""
    chosen = rng.integers(len(pictures), size=FIRST_CROPS)
    crops = torch.cat([crop(pictures[number], rng) for number in chosen])
    widths = [WIDTHS[row.block] for row in CONVOLUTIONS]
    return [
        Convolution(*(part.requires_grad_() for part in each))
        for each in first_weights(teacher, widths, crops)
    ]


def ask(
    teacher: Sequence[Convolution],
    pupil: Sequence[Convolution],
    pictures: Tensor,
    rng: np.random.Generator,
    times: int,
) -> Lessons:
    known = lessons(teacher, detached(pupil), pictures, rng)
    for _ in range(times - 1):
        known = known.and_more(lessons(teacher, detached(pupil), pictures, rng), MOST_LESSONS)
    return known


def mixtures(rng: np.random.Generator, sizes: Tensor) -> Tensor:
    """What each loss counts for in each lesson, (n, 6): as when a picture is made, or at random, alone among
    that. sizes: of the teacher's gradients, (n, 6)."""
    recipe = torch.tensor([*(STYLE_SHARES[layer] for layer in STYLE_LAYERS), CONTENT_SHARE])
    found = []
    for of_lesson in sizes:
        if rng.random() < RECIPE_SHARE:
            found.append(recipe * torch.from_numpy(np.exp(rng.normal(0, 0.5, 6))).float())
        else:
            # Few of them, each by about as much as the others.
            found.append(torch.from_numpy(rng.dirichlet(np.full(6, 0.2))).float() / of_lesson)
    return torch.stack(found)


def disagreement(pupil: Sequence[Convolution], batch: Lessons, shares: Tensor) -> Tensor:
    """One less the cosine between the pupil's and the teacher's gradients, fine and coarse; a mean."""
    points, contents, styles = (part.float() / 255 for part in batch[:3])
    wanted = ((shares * batch.sizes)[:, :, None, None, None] * batch.gradients.float()).sum(1)
    images = points.requires_grad_()
    of_styles = compared_maps(pupil, styles)
    grams = {layer: gram_matrices(of_styles[layer]) for layer in STYLE_LAYERS}
    kept = compared_maps(pupil, contents)[CONTENT_LAYER]
    found = losses(compared_maps(pupil, images), grams, kept)
    total = sum(shares[:, number] * found[layer] for number, layer in enumerate(COMPARED))
    assert isinstance(total, Tensor)
    (gradient,) = torch.autograd.grad(total.sum(), images, create_graph=True)
    fine, coarse = agreement(gradient, wanted)
    return (2.0 - fine - coarse).mean() / 2


def agreement(found: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines of images' gradients, (n, 3, H, W), and of their means over 4 x 4 pixels: (n,) each."""
    fine = functional.cosine_similarity(found.flatten(1), wanted.flatten(1))
    own, of_teacher = (functional.avg_pool2d(each, 4).flatten(1) for each in (found, wanted))
    return fine, functional.cosine_similarity(own, of_teacher)


def examine(pupil: Sequence[Convolution], asked: Lessons) -> Tensor:
    """The mean cosine of each loss's gradients with the teacher's, fine and then coarse: (12,)."""
    found = []
    for part in range(0, len(asked.points), RUNS_AT_ONCE):
        points, contents, styles = (each[part : part + RUNS_AT_ONCE].float() / 255 for each in asked[:3])
        gradients = gradients_of_losses(detached(pupil), points, contents, styles)
        wanted = asked.gradients[part : part + RUNS_AT_ONCE].float()
        found.append(
            torch.stack([torch.stack(agreement(gradients[:, n], wanted[:, n])) for n in range(len(COMPARED))])
        )
    return torch.cat(found, dim=2).mean(2).T.flatten()


def detached(pupil: Sequence[Convolution]) -> list[Convolution]:
    return [Convolution(*(part.detach() for part in each)) for each in pupil]


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
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    train(options.out, options.steps, options.pictures)


if __name__ == "__main__":
    main()
