"""Train the embedded network on drawn pictures, from its first weights.

python -m texture_stylizer.training.train OUT.safetensors [--start FILE] [--steps N] [--pictures N]

The shipped weights are what it writes with its defaults; log.txt is what it printed, curves.png that drawn.
Two cores with bfloat16 units took 75 minutes.

Two tasks at once. Which picture a crop is from, and what was done to it, told by mean, deviation and Gram
matrix of each style layer: it makes the statistics that style is measured by tell pictures apart, and good
ones from bad. And the crop's structure from relu4_2 alone: light and dark of each pixel after local contrast
is evened out, whatever its colours were turned into: it makes the deep layers keep shapes and forget colours.

Two adversaries. Every batch is seen twice, the second time moved a little along its own gradient (as in
Shafahi et al. 2019, "Adversarial training for free!"): the network is used for its gradients, and where a
change too small to see changes the answer, an optimiser takes it instead of one that can be seen. And the
network redraws some of the pictures by its own Gram matrices all the while; telling these from real ones is
one of the tasks.
"""

from __future__ import annotations

import argparse
import math
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from ..engine.features.recipe import CONTENT_LAYER, STYLE_LAYERS
from ..engine.features.rounding import round_kernels
from ..engine.features.vgg import STRIDES, Features
from ..jobs.precision import choose_precision
from .distortions import DISTORTIONS
from .redrawn import redraw
from .scenes import draw_scene
from .textures import SIZE, draw_texture

FIRST = Path(__file__).parent / "first.safetensors"
"""The first embedded network, trained from nothing on drawn textures: where this training starts."""

CLASS_WEIGHTS = {"relu1_1": 0.05, "relu2_1": 0.1, "relu3_1": 0.2, "relu4_1": 0.3, "relu5_1": 0.35}
STRUCTURE_WEIGHT = 2.0
CROP = 128
PAIRS = 10
"""Crops a step; each is seen as it is and distorted in one way."""
RATE = 1e-3
KINDS = len(DISTORTIONS) + 2
"""What may have been done to a picture: nothing, a distortion, or that the network redrew it."""
FIRST_REDRAWN, REDRAWN_EVERY, REDRAWN_AT_ONCE = 1000, 200, 20
"""The step at which the network first redraws some pictures, the steps until it does again, and how many."""
MOVED_AT_MOST = 3 / 255
"""Root mean square of the step along the gradient."""
_GRAM_CHANNELS = 24


class Statistics(nn.Module):
    """Mean, deviation and the Gram matrix of a few mixtures of a layer's channels, to scores of which picture
    it is and what was done to it."""

    def __init__(self, channels: int, pictures: int) -> None:
        super().__init__()
        mixtures = min(channels, _GRAM_CHANNELS)
        self.mixtures = nn.Conv2d(channels, mixtures, 1, bias=False)
        self.register_buffer("upper", torch.triu_indices(mixtures, mixtures), persistent=False)
        numbers = 2 * channels + mixtures * (mixtures + 1) // 2
        self.scores = nn.Sequential(nn.BatchNorm1d(numbers), nn.Linear(numbers, pictures + KINDS))

    def forward(self, maps: Tensor) -> Tensor:
        flat, mixed = maps.flatten(2), self.mixtures(maps).flatten(2)
        gram = mixed @ mixed.transpose(1, 2) / mixed.shape[2]
        rows, columns = self.get_buffer("upper")
        mean = flat.mean(2)
        deviation = (flat.square().mean(2) - mean.square()).clamp_min(1e-6).sqrt()
        return self.scores(torch.cat([mean, deviation, gram[:, rows, columns]], dim=1))


class Heads(nn.Module):
    """What reads the answers off the maps; thrown away after training."""

    def __init__(self, widths: dict[str, int], pictures: int) -> None:
        super().__init__()
        self.classifiers = nn.ModuleDict(
            {layer: Statistics(widths[layer], pictures) for layer in STYLE_LAYERS}
        )
        self.structure = nn.Conv2d(widths[CONTENT_LAYER], STRIDES[CONTENT_LAYER] ** 2, 1)

    def forward(self, maps: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        logits = {layer: self.classifiers[layer](maps[layer]) for layer in STYLE_LAYERS}
        structure = functional.pixel_shuffle(self.structure(maps[CONTENT_LAYER]), STRIDES[CONTENT_LAYER])
        return logits, structure


def draw(number: int) -> NDArray[np.uint8]:
    """The picture of that number, (256, 256, 3) uint8: textures and scenes in turn."""
    return draw_scene(number) if number % 2 else draw_texture(number)


class Batch(NamedTuple):
    """images: (2 PAIRS, 3, CROP, CROP) in [0, 1]; structure: (2 PAIRS, 1, CROP, CROP); which picture each is
    from, and what was done to it, (2 PAIRS,)."""

    images: Tensor
    structure: Tensor
    numbers: Tensor
    kinds: Tensor


def crops(pictures: Tensor, redrawn: dict[int, Tensor], generator: np.random.Generator) -> Batch:
    """Random crops, their colours turned: the first half is as it was drawn, the second distorted or redrawn.

    redrawn: crops, (3, CROP, CROP) uint8, by the number of their picture.
    """
    numbers = generator.integers(len(pictures), size=PAIRS)
    plain = torch.cat([_crop(pictures[number], generator) for number in numbers])
    kinds = generator.integers(1, KINDS if redrawn else KINDS - 1, size=PAIRS)
    others = numbers.copy()
    spoilt = []
    for index, kind in enumerate(kinds):
        if kind == KINDS - 1:
            others[index] = generator.choice(list(redrawn))
            spoilt.append(redrawn[others[index]][None].float() / 255)
        else:
            spoilt.append(DISTORTIONS[kind - 1](plain[index : index + 1], generator))
    images = torch.cat([plain, *spoilt])
    return Batch(
        _turn_colors(images, generator).contiguous(memory_format=torch.channels_last),
        structure_of(images),
        torch.from_numpy(np.concatenate([numbers, others])),
        torch.from_numpy(np.concatenate([np.zeros_like(kinds), kinds])),
    )


def _crop(picture: Tensor, generator: np.random.Generator) -> Tensor:
    side = int(CROP * generator.uniform(0.7, 1.6))
    top, left = generator.integers(0, SIZE - side + 1, 2)
    piece = picture[:, top : top + side, left : left + side].float()[None] / 255
    if generator.random() < 0.5:
        piece = piece.flip(3)
    return functional.interpolate(piece, size=(CROP, CROP), mode="bilinear", antialias=True)


def structure_of(images: Tensor) -> Tensor:
    """Luminance with its local mean removed and its local contrast evened out. (B, 1, H, W)."""
    light = images.mean(1, keepdim=True)
    centred = light - _blur(light)
    contrast = _blur(centred.square()).sqrt()
    return (centred / (contrast + 0.03)).clamp(-3, 3)


def _blur(field: Tensor) -> Tensor:
    padded = functional.pad(field, (12,) * 4, mode="reflect")
    return functional.avg_pool2d(padded, 25, stride=1)


def _turn_colors(images: Tensor, generator: np.random.Generator) -> Tensor:
    """Random contrast, brightness and mixing of the channels for each crop."""
    mixing = torch.eye(3) + torch.from_numpy(generator.normal(0, 0.15, (len(images), 3, 3))).float()
    gain = torch.from_numpy(generator.uniform(0.6, 1.3, (len(images), 1, 1, 1))).float()
    lift = torch.from_numpy(generator.uniform(-0.15, 0.15, (len(images), 1, 1, 1))).float()
    mixed = torch.einsum("bij,bjhw->bihw", mixing, images - 0.5)
    return (mixed * gain + 0.5 + lift).clamp(0, 1)


class Found(NamedTuple):
    """loss: a scalar with a graph. missed: the share of the structure that was not found; right: the shares
    of pictures and of kinds that were told right on the layers, for the log."""

    loss: Tensor
    missed: float
    right: dict[str, tuple[float, float]]


class Pupil:
    """The network in training, and what reads its maps."""

    def __init__(self, network: Features, pictures: int, dtype: torch.dtype) -> None:
        """dtype: what the maps are computed in; the weights stay float32."""
        self.network = network.requires_grad_(True).to(memory_format=torch.channels_last)
        with torch.no_grad():
            widths = {layer: found.shape[1] for layer, found in network(torch.zeros(1, 3, 64, 64)).items()}
        self.heads = Heads(widths, pictures)
        self._dtype = dtype

    def __call__(self, images: Tensor, batch: Batch) -> Found:
        """What it makes of images, (n, 3, H, W) in [0, 1], given the batch that they are or come from."""
        weights = {name: weight.to(self._dtype) for name, weight in self.network.named_parameters()}
        maps = functional_call(self.network, weights, (images,), {"padding": "replicate"})
        logits, found = self.heads({layer: narrow.float() for layer, narrow in maps.items()})
        missed = functional.mse_loss(found, batch.structure) / batch.structure.square().mean()
        loss, right = STRUCTURE_WEIGHT * missed, {}
        for layer, weight in CLASS_WEIGHTS.items():
            which, what = logits[layer].split([logits[layer].shape[1] - KINDS, KINDS], dim=1)
            loss = loss + weight * functional.cross_entropy(which, batch.numbers)
            loss = loss + weight * functional.cross_entropy(what, batch.kinds)
            right[layer] = _share(which, batch.numbers), _share(what, batch.kinds)
        return Found(loss, float(missed.detach()), right)


def _share(logits: Tensor, true: Tensor) -> float:
    return float((logits.argmax(1) == true).float().mean())


def moved(images: Tensor, gradient: Tensor, generator: np.random.Generator) -> Tensor:
    """The images, (n, 3, H, W) in [0, 1], a little further along a gradient like them: each by a random root
    mean square of at most MOVED_AT_MOST."""
    length = gradient.square().mean((1, 2, 3), keepdim=True).sqrt().clamp_min(1e-12)
    far = torch.from_numpy(generator.uniform(0, MOVED_AT_MOST, (len(images), 1, 1, 1))).float()
    return (images + far * gradient / length).clamp(0, 1)


def _draw_all(count: int) -> Tensor:
    """(count, 3, SIZE, SIZE) uint8."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        drawn = list(pool.map(draw, range(count), chunksize=8))
    return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).contiguous()


def train(out: Path, start: Path, steps: int, count: int) -> None:
    """Train and write the weights, in torchvision's key names. steps: updates, two for each batch; count: how
    many pictures are drawn."""
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    began = time.monotonic()
    pictures = _draw_all(count)
    print(f"{count} pictures drawn in {time.monotonic() - began:.0f} s", flush=True)

    dtype = choose_precision("auto", torch.device("cpu"))
    network = Features({key: value.float() for key, value in load_file(start).items()}, name="embedded")
    pupil = Pupil(network, count, dtype)
    optimiser = torch.optim.AdamW(
        [
            {"params": network.parameters(), "lr": RATE},
            {"params": pupil.heads.parameters(), "lr": 3 * RATE},
        ],
        weight_decay=0.01,
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    redrawn: dict[int, Tensor] = {}
    for step in range(0, steps, 2):
        if step >= FIRST_REDRAWN and step % REDRAWN_EVERY == 0:
            redrawn |= _redraw_some(network, pictures, generator)
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps))
        batch = crops(pictures, redrawn, generator)
        images = batch.images.requires_grad_()
        found = pupil(images, batch)
        _update(found, network, optimiser)
        # The same backward pass gave the images' gradient: the second view costs no pass of its own.
        assert images.grad is not None, "the loss comes from them"
        again = pupil(moved(batch.images.detach(), images.grad, generator), batch)
        _update(again, network, optimiser)
        if step % 100 == 0:
            _report(f"{step} {time.monotonic() - began:.0f} s", found, again)
        if step % 500 == 0:
            write(network, out)
    write(network, out)


def _update(found: Found, network: Features, optimiser: torch.optim.Optimizer) -> None:
    optimiser.zero_grad()
    found.loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()


def _redraw_some(network: Features, pictures: Tensor, generator: np.random.Generator) -> dict[int, Tensor]:
    """Crops of a few pictures as the network draws them now, by number."""
    numbers = generator.permutation(len(pictures))[:REDRAWN_AT_ONCE]
    drawn = redraw(network, pictures[numbers], CROP, generator)
    return {int(number): crop for number, crop in zip(numbers, drawn, strict=True)}


def _report(when: str, found: Found, again: Found) -> None:
    right = " ".join(f"{which:.2f}/{what:.2f}" for which, what in found.right.values())
    print(
        f"{when} loss {float(found.loss.detach()):.3f}, moved {float(again.loss.detach()):.3f}; "
        f"structure missed {found.missed:.3f}; pictures/kinds right {right}",
        flush=True,
    )


def write(network: Features, out: Path) -> None:
    """Write the trunk's weights in bfloat16, so that they are the same network in every precision."""
    weights = {}
    for row, layer in network.named_convolutions():
        for name, value in layer.state_dict().items():
            narrow = round_kernels(value, torch.bfloat16) if value.ndim == 4 else value.bfloat16()
            weights[f"features.{row.number}.{name}"] = narrow.contiguous()
    save_file(weights, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, default=FIRST)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--pictures", type=int, default=800)
    options = parser.parse_args()
    train(options.out, options.start, options.steps, options.pictures)


if __name__ == "__main__":
    main()
