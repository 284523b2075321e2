"""Train the embedded network on drawn textures, from its first weights or from nothing.

python -m texture_stylizer.training.train OUT.safetensors [--start FILE] [--steps N]

The shipped weights came from --exemplars 500 --seconds 2100, about 1,550 steps: log.txt. Their schedule ended
by the clock, so another run does not give the same bits.

Two tasks at once. Which texture a crop is from, told by mean and standard deviation of each style layer, as
in the first training: it makes the statistics that style is measured by tell textures apart. And the crop's
structure from relu4_2 alone: light and dark of each pixel after local contrast is evened out, whatever its
colours were turned into: it makes the layer that content is measured by keep shapes and forget colours.
"""

from __future__ import annotations

import argparse
import math
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from ..engine.features import CONTENT_LAYER, STRIDES, STYLE_LAYERS, Features
from .textures import SIZE, draw_texture

FIRST = Path(__file__).parent / "first.safetensors"
"""The first embedded network, trained from nothing on drawn textures: where this training starts."""

CLASS_WEIGHTS = {"relu1_1": 0.05, "relu2_1": 0.1, "relu3_1": 0.2, "relu4_1": 0.3, "relu5_1": 0.35}
STRUCTURE_WEIGHT = 2.0
CROP = 128
BATCH = 24
RATE = 1e-3


class Heads(nn.Module):
    """What reads the two answers off the maps; thrown away after training."""

    def __init__(self, widths: dict[str, int], classes: int) -> None:
        super().__init__()
        self.classifiers = nn.ModuleDict(
            {
                layer: nn.Sequential(nn.BatchNorm1d(2 * widths[layer]), nn.Linear(2 * widths[layer], classes))
                for layer in STYLE_LAYERS
            }
        )
        self.structure = nn.Conv2d(widths[CONTENT_LAYER], STRIDES[CONTENT_LAYER] ** 2, 1)

    def forward(self, maps: dict[str, Tensor]) -> tuple[dict[str, Tensor], Tensor]:
        logits = {}
        for layer in STYLE_LAYERS:
            found = maps[layer].flatten(2)
            statistics = torch.cat([found.mean(2), found.std(2)], dim=1)
            logits[layer] = self.classifiers[layer](statistics)
        structure = functional.pixel_shuffle(self.structure(maps[CONTENT_LAYER]), STRIDES[CONTENT_LAYER])
        return logits, structure


def crops(pictures: Tensor, generator: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Random crops, (B, 3, CROP, CROP) in [0, 1], their colours turned; their structure; their classes."""
    classes = generator.integers(len(pictures), size=BATCH)
    images = []
    for index in classes:
        side = int(CROP * generator.uniform(0.7, 1.6))
        top, left = generator.integers(0, SIZE - side + 1, 2)
        piece = pictures[index, :, top : top + side, left : left + side].float()[None] / 255
        if generator.random() < 0.5:
            piece = piece.flip(3)
        images.append(functional.interpolate(piece, size=(CROP, CROP), mode="bilinear", antialias=True))
    plain = torch.cat(images)
    return _turn_colors(plain, generator), structure_of(plain), torch.from_numpy(classes)


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


def train(out: Path, start: Path, steps: int, exemplars: int, seconds: float) -> None:
    """Train and write the weights as float16, in torchvision's key names."""
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    began = time.monotonic()
    with ProcessPoolExecutor() as pool:
        drawn = list(pool.map(draw_texture, range(exemplars), chunksize=32))
    pictures = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).contiguous()
    print(f"{exemplars} textures drawn in {time.monotonic() - began:.0f} s", flush=True)

    network = Features({key: value.float() for key, value in load_file(start).items()}, name="embedded")
    network.requires_grad_(True)
    network.to(memory_format=torch.channels_last)
    with torch.no_grad():
        widths = {layer: found.shape[1] for layer, found in network(torch.zeros(1, 3, 64, 64)).items()}
    heads = Heads(widths, exemplars)
    optimiser = torch.optim.AdamW(
        [{"params": network.parameters(), "lr": RATE}, {"params": heads.parameters(), "lr": 3 * RATE}],
        weight_decay=0.01,
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    began = time.monotonic()
    for step in range(steps):
        progress = step / steps if not seconds else max(step / steps, (time.monotonic() - began) / seconds)
        if progress >= 1:
            break
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * min(1.0, (step + 1) / 100) * 0.5 * (1 + math.cos(math.pi * progress))
        images, structure, classes = crops(pictures, generator)
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
        if step % 1000 == 999:
            write(network, out)
    write(network, out)


def write(network: Features, out: Path) -> None:
    """Write the trunk's weights, float16."""
    weights = {
        f"features.{row.number}.{name}": value.detach().half().contiguous()
        for row, layer in network.named_convolutions()
        for name, value in layer.state_dict().items()
    }
    save_file(weights, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--start", type=Path, default=FIRST)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--exemplars", type=int, default=2000)
    parser.add_argument(
        "--seconds", type=float, default=0, help="end the schedule by then; 0: after the steps"
    )
    options = parser.parse_args()
    train(options.out, options.start, options.steps, options.exemplars, options.seconds)


if __name__ == "__main__":
    main()
