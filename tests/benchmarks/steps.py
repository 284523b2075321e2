"""One optimisation step against a plain textbook loop in the same run: `nox -s bench`.

Prints seconds and ratios; asserts nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from texture_stylizer.engine import Features, Objective, Settings, load_features
from texture_stylizer.engine.features import CONTENT_LAYER, CONVOLUTIONS, STYLE_LAYERS

VGG19_WIDTHS = (64, 128, 256, 512, 512)


def random_vgg19() -> dict[str, Tensor]:
    """Random weights of VGG19's widths: speed does not depend on the values."""
    torch.manual_seed(0)
    weights, channels = {}, 3
    for row in CONVOLUTIONS:
        layer = nn.Conv2d(channels, VGG19_WIDTHS[row.block - 1], 3)
        weights[f"features.{row.number}.weight"] = layer.weight.detach()
        weights[f"features.{row.number}.bias"] = layer.bias.detach()
        channels = layer.out_channels
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


def seconds_of(step: Callable[[], object], repeats: int, device: str) -> float:
    step()
    if device != "cpu":
        torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(repeats):
        step()
    if device != "cpu":
        torch.cuda.synchronize()
    return (time.perf_counter() - started) / repeats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    options = parser.parse_args()
    networks = {
        "embedded": load_features("embedded", device=options.device),
        "vgg19 widths": Features(random_vgg19(), name="random").to(options.device),
    }
    networks["vgg19 widths"].to(memory_format=torch.channels_last)
    plain = Features(random_vgg19(), name="plain").to(options.device)
    print(f"torch {torch.__version__}, {options.device}, {torch.get_num_threads()} threads")
    print("network        size  seconds  tiled 256  tiled/untiled  textbook vgg19/this")
    for name, features in networks.items():
        for size in options.sizes:
            image = torch.rand(1, 3, size, size, device=options.device)
            with torch.no_grad():
                maps = plain(image)
            targets = {layer: maps[layer] * 0.5 for layer in maps}
            for layer in STYLE_LAYERS:
                flat = maps[layer].flatten(2)[0]
                targets[layer] = flat @ flat.T / flat.shape[1] * 0.5
            objective = Objective(features, image, [(image.flip(2), 1.0)], Settings())
            own = seconds_of(lambda o=objective, i=image: o.loss_tensor_and_gradient(i), 3, options.device)
            tiled = seconds_of(
                lambda o=objective, i=image: o.loss_tensor_and_gradient(i, 256), 2, options.device
            )
            textbook = seconds_of(lambda t=targets, i=image: textbook_step(plain, t, i), 2, options.device)
            print(
                f"{name:<13} {size:>5}  {own:>7.3f}  {tiled:>9.3f}  {tiled / own:>13.2f}"
                f"  {textbook / own:>19.2f}"
            )


if __name__ == "__main__":
    main()
