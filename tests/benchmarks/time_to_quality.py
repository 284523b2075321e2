"""How soon a preset reaches what 500 plain steps reach: `python -m tests.benchmarks.time_to_quality`.

The plain run is single-scale float32 Adam from the content, constant rate 0.02, at full size, untiled. Both
results are judged by the same objective: content, style and total variation of the whole picture. Prints, for
every style and texture, the loss and the seconds relative to the plain run's, and writes the pictures.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from texture_stylizer.engine import Features, Objective, Settings, load_features, stylize
from texture_stylizer.engine.hardware.devices import choose_device, synchronize
from texture_stylizer.engine.optimisation.adam import Adam
from texture_stylizer.engine.pyramid import resize, style_size
from texture_stylizer.jobs.worker.precision import choose_precision

from .steps import random_vgg19

SAMPLES = Path(__file__).parents[2] / "sample_assets"
TEXTURES = ("planks.png", "wall.1001.png", "wall.1002.png", "clay_16bit.png")
STYLES = ("swirling_oil", "watercolour", "woodcut", "mosaic")
PLAIN_STEPS, PLAIN_RATE = 500, 0.02


def read(path: Path, size: int | None = None) -> np.ndarray:
    image = Image.open(path)
    if image.mode.startswith("I"):
        image = Image.fromarray((np.asarray(image, np.float64) / 257).astype(np.uint8))
    image = image.convert("RGB")
    if size is not None:
        image = image.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(image, np.float32) / 255


def tensor(array: np.ndarray) -> Tensor:
    turned = torch.from_numpy(np.ascontiguousarray(array)).permute(2, 0, 1)[None]
    return turned.contiguous(memory_format=torch.channels_last)


def objective_of(content: np.ndarray, style: np.ndarray, settings: Settings, features: Features) -> Objective:
    height, width = content.shape[:2]
    drawn = tensor(style).to(features.device)
    drawn = resize(drawn, *style_size(*drawn.shape[2:], height, width, settings.style_scale))
    return Objective(features, tensor(content).to(features.device), [(drawn, 1.0)], settings)


def plain_run(
    objective: Objective, content: np.ndarray, steps: int, on_step: Callable[[Tensor], None] | None = None
) -> Tensor:
    """on_step: called with the loss, on its device, before every step."""
    image = tensor(content).to(objective.features.device).clone()
    optimiser = Adam(image, betas=(0.9, 0.999))
    for _ in range(steps):
        loss, gradient = objective.loss_tensor_and_gradient(image)
        if on_step is not None:
            on_step(loss)
        optimiser.step(gradient, PLAIN_RATE)
        image.clamp_(0.0, 1.0)
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--features", default="embedded", help="a network, or vgg19-widths")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--qualities", nargs="+", default=["standard"])
    parser.add_argument("--styles", nargs="+", default=STYLES)
    parser.add_argument("--textures", nargs="+", default=TEXTURES)
    parser.add_argument("--pictures", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    device = choose_device(options.device)
    features = network(options.features, device, torch.float32)
    # On a processor the plain run and the presets differ by their steps alone.
    dtype = torch.float32 if device.type == "cpu" else choose_precision("auto", device)
    own = network(options.features, device, dtype)
    ratios: dict[str, list[tuple[float, float]]] = {quality: [] for quality in options.qualities}
    print(f"{options.features}, {options.size} px; loss and time relative to {PLAIN_STEPS} plain steps")
    for style_name in options.styles:
        style = read(SAMPLES / "styles" / f"{style_name}.jpg")
        for texture in options.textures:
            content = read(SAMPLES / "market_textures" / texture, options.size)
            objective = objective_of(content, style, Settings(), features)
            started = time.perf_counter()
            plain = plain_run(objective, content, PLAIN_STEPS)
            synchronize(device)
            seconds = time.perf_counter() - started
            least = objective.loss_and_gradient(plain)[0]
            save(plain, options.pictures / f"plain_{style_name}_{texture}")
            for quality in options.qualities:
                result = stylize(content, [(style, 1.0)], Settings.preset(quality), features=own)
                loss = objective.loss_and_gradient(tensor(result.image).to(device))[0]
                ratios[quality].append((loss / least, result.seconds / seconds))
                save(tensor(result.image), options.pictures / f"{quality}_{style_name}_{texture}")
                row = f"{style_name:14} {texture:16} {quality:9} {least:7.4f} {loss:7.4f}"
                print(f"{row}  loss {loss / least:5.3f}  time 1/{seconds / result.seconds:4.1f}", flush=True)
    for quality, found in ratios.items():
        losses, times = zip(*found, strict=True)
        print(
            f"{quality}: loss, median {statistics.median(losses):.3f}, most {max(losses):.3f}; "
            f"time, median 1/{1 / statistics.median(times):.1f}"
        )


def network(name: str, device: torch.device, dtype: torch.dtype) -> Features:
    if name != "vgg19-widths":
        return load_features(name, device=device, dtype=dtype)
    features = Features(random_vgg19(), name="random").to(device=device, dtype=dtype)
    return features.to(memory_format=torch.channels_last)


def save(image: Tensor, path: Path) -> None:
    array = image.detach()[0].permute(1, 2, 0).clamp(0, 1).cpu().numpy()
    Image.fromarray(np.rint(array * 255).astype(np.uint8)).save(path.with_suffix(".png"))


if __name__ == "__main__":
    main()
