"""Train the embedded network on drawn pictures, from its first weights.

python -m texture_stylizer.training.train OUT.safetensors [--start FILE] [--steps N] [--pictures N]

The shipped weights are what it writes with its defaults; log.txt is what it printed.

Two tasks at once. Which picture a crop is from, and which of its distorted selves, told by mean, deviation
and Gram matrix of each style layer: it makes the statistics that style is measured by tell pictures apart,
and good ones from bad. And the crop's structure from relu4_2 alone: light and dark of each pixel after local
contrast is evened out, whatever its colours were turned into: it makes the layer that content is measured by
keep shapes and forget colours. After a third of the steps the network redraws every picture by its own Gram
matrices; telling these from the real ones then is one task more.
"""

from __future__ import annotations

import argparse
import math
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from ..engine.features import CONTENT_LAYER, STRIDES, STYLE_LAYERS, Features
from ..engine.rounding import round_kernels
from .distortions import DISTORTIONS
from .redrawn import redraw
from .scenes import draw_scene
from .textures import SIZE, draw_texture

FIRST = Path(__file__).parent / "first.safetensors"
"""The first embedded network, trained from nothing on drawn textures: where this training starts."""

CLASS_WEIGHTS = {"relu1_1": 0.05, "relu2_1": 0.1, "relu3_1": 0.2, "relu4_1": 0.3, "relu5_1": 0.35}
STRUCTURE_WEIGHT = 4.0
CROP = 128
PAIRS = 10
"""Crops a step; each is seen as it is and distorted in one way."""
RATE = 1e-3
REDRAWN_AFTER = 1 / 3
KINDS = len(DISTORTIONS) + 2
"""Classes of each picture: as it is, distorted, and redrawn by the network."""
_GRAM_CHANNELS = 24


class Statistics(nn.Module):
    """Mean, deviation and the Gram matrix of a few mixtures of a layer's channels, to class scores."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        mixtures = min(channels, _GRAM_CHANNELS)
        self.mixtures = nn.Conv2d(channels, mixtures, 1, bias=False)
        self.register_buffer("upper", torch.triu_indices(mixtures, mixtures), persistent=False)
        numbers = 2 * channels + mixtures * (mixtures + 1) // 2
        self.scores = nn.Sequential(nn.BatchNorm1d(numbers), nn.Linear(numbers, classes))

    def forward(self, maps: Tensor) -> Tensor:
        flat, mixed = maps.flatten(2), self.mixtures(maps).flatten(2)
        gram = mixed @ mixed.transpose(1, 2) / mixed.shape[2]
        rows, columns = self.get_buffer("upper")
        return self.scores(torch.cat([flat.mean(2), flat.std(2), gram[:, rows, columns]], dim=1))


class Heads(nn.Module):
    """What reads the answers off the maps; thrown away after training."""

    def __init__(self, widths: dict[str, int], classes: int) -> None:
        super().__init__()
        self.classifiers = nn.ModuleDict(
            {layer: Statistics(widths[layer], classes) for layer in STYLE_LAYERS}
        )
        self.structure = nn.Conv2d(widths[CONTENT_LAYER], STRIDES[CONTENT_LAYER] ** 2, 1)

    def forward(self, maps: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        logits = {layer: self.classifiers[layer](maps[layer]) for layer in STYLE_LAYERS}
        structure = functional.pixel_shuffle(self.structure(maps[CONTENT_LAYER]), STRIDES[CONTENT_LAYER])
        return logits, structure


def draw(number: int) -> NDArray[np.uint8]:
    """The picture of that number, (256, 256, 3) uint8: textures and scenes in turn."""
    return draw_scene(number) if number % 2 else draw_texture(number)


def crops(
    pictures: Tensor, redrawn: Tensor | None, generator: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Random crops, (2 PAIRS, 3, CROP, CROP) in [0, 1], their colours turned; their structure; classes.

    The first half is as it was drawn, the second distorted or redrawn.
    """
    numbers = generator.integers(len(pictures), size=PAIRS)
    plain = torch.cat([_crop(pictures[number], generator) for number in numbers])
    kinds = generator.integers(1, KINDS if redrawn is not None else KINDS - 1, size=PAIRS)
    spoilt = []
    for index, (number, kind) in enumerate(zip(numbers, kinds, strict=True)):
        if redrawn is not None and kind == KINDS - 1:
            spoilt.append(redrawn[number][None].float() / 255)
        else:
            spoilt.append(DISTORTIONS[kind - 1](plain[index : index + 1], generator))
    images = torch.cat([plain, *spoilt])
    classes = torch.from_numpy(np.concatenate([numbers * KINDS, numbers * KINDS + kinds]))
    return _turn_colors(images, generator), structure_of(images), classes


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


def train(out: Path, start: Path, steps: int, count: int) -> None:
    """Train and write the weights, in torchvision's key names."""
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    began = time.monotonic()
    with ProcessPoolExecutor() as pool:
        drawn = list(pool.map(draw, range(count), chunksize=8))
    pictures = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).contiguous()
    print(f"{count} pictures drawn in {time.monotonic() - began:.0f} s", flush=True)

    network = Features({key: value.float() for key, value in load_file(start).items()}, name="embedded")
    network.requires_grad_(True)
    network.to(memory_format=torch.channels_last)
    with torch.no_grad():
        widths = {layer: found.shape[1] for layer, found in network(torch.zeros(1, 3, 64, 64)).items()}
    heads = Heads(widths, count * KINDS)
    optimiser = torch.optim.AdamW(
        [{"params": network.parameters(), "lr": RATE}, {"params": heads.parameters(), "lr": 3 * RATE}],
        weight_decay=0.01,
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    redrawn: Tensor | None = None
    for step in range(steps):
        if redrawn is None and step >= REDRAWN_AFTER * steps:
            redrawn = redraw(network, pictures, CROP, generator)
            print(f"{step} {time.monotonic() - began:.0f} s all redrawn", flush=True)
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * step / steps))
        images, structure, classes = crops(pictures, redrawn, generator)
        logits, found = heads(network(images.to(memory_format=torch.channels_last), padding="replicate"))
        missed: Tensor = functional.mse_loss(found, structure) / structure.square().mean()
        loss: Tensor = STRUCTURE_WEIGHT * missed
        for layer, weight in CLASS_WEIGHTS.items():
            loss = loss + weight * functional.cross_entropy(logits[layer], classes)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if step % 100 == 0:
            right = {k: f"{float((v.argmax(1) == classes).float().mean()):.2f}" for k, v in logits.items()}
            print(
                f"{step} {time.monotonic() - began:.0f} s loss {float(loss.detach()):.3f} "
                f"structure missed {float(missed.detach()):.3f} right {' '.join(right.values())}",
                flush=True,
            )
        if step % 500 == 499:
            write(network, out)
    write(network, out)


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
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--pictures", type=int, default=240)
    options = parser.parse_args()
    train(options.out, options.start, options.steps, options.pictures)


if __name__ == "__main__":
    main()
