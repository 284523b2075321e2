"""The trunk is torchvision's, whatever its widths and wherever its weights come from."""

from __future__ import annotations

import hashlib
import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import VGG19_Weights, vgg19

from texture_stylizer.engine import Features, load_features
from texture_stylizer.engine.features import weights as weight_sources
from texture_stylizer.engine.features.recipe import CONTENT_LAYER, STYLE_LAYERS
from texture_stylizer.engine.features.vgg import CONVOLUTIONS, HALO, STRIDES
from texture_stylizer.errors import BadInput, MissingWeights

Weights = dict[str, torch.Tensor]


def test_maps_equal_torchvision_on_the_same_weights() -> None:
    torch.manual_seed(1)
    reference = vgg19(weights=None).features.eval()
    weights = {f"features.{name}": value for name, value in reference.state_dict().items()}
    features = Features(weights, name="torchvision", pooling="max")
    image = torch.rand(1, 3, 67, 83)
    maps = features(image)
    current = (image - features.mean) / features.std
    layers = {row.number + 1: row.layer for row in CONVOLUTIONS}
    with torch.no_grad():
        for number, module in enumerate(reference[:30]):
            current = module(current)
            layer = layers.get(number)
            if layer in (*STYLE_LAYERS, CONTENT_LAYER):
                assert (maps[layer] - current).abs().max() <= 1e-5 * current.abs().max()


def test_the_halo_covers_what_the_maps_are_made_of_and_hardly_more(features64: Features) -> None:
    image = torch.rand(1, 3, 288, 288, dtype=torch.float64, requires_grad=True)
    seen = 0
    for layer, found in features64(image).items():
        first, last = (edge // STRIDES[layer] for edge in (128, 144))
        (gradient,) = torch.autograd.grad(
            found[0, :, first:last, 144 // STRIDES[layer]].sum(), image, retain_graph=True
        )
        rows = gradient.abs().sum((0, 1, 3)).nonzero().flatten()
        seen = max(seen, 128 - int(rows.min()), int(rows.max()) - 143)
    assert HALO - 16 < seen <= HALO


def test_a_missing_layer_is_named(weights: Weights) -> None:
    del weights["features.19.bias"]
    with pytest.raises(BadInput, match=r"features\.19\.bias"):
        Features(weights, name="broken.safetensors")


def test_shapes_that_do_not_chain_are_refused(weights: Weights) -> None:
    weights["features.2.weight"] = torch.zeros(6, 5, 3, 3)
    with pytest.raises(BadInput, match=r"features\.2\.weight"):
        Features(weights, name="broken.safetensors")


def test_widths_are_read_from_a_file(weights: Weights, tmp_path: Path) -> None:
    save_file(weights, str(tmp_path / "small.safetensors"))
    maps = load_features(tmp_path / "small.safetensors")(torch.rand(1, 3, 32, 48))
    assert [maps[layer].shape[1] for layer in STYLE_LAYERS] == [6, 8, 10, 12, 14]


def test_a_file_that_is_no_network_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("no weights")
    with pytest.raises(BadInput, match=r"text\.safetensors"):
        load_features(tmp_path / "text.safetensors")


def test_the_address_is_torchvisions() -> None:
    assert VGG19_Weights.IMAGENET1K_V1.url == weight_sources.VGG19_URL


def test_torchvisions_weights_are_not_fetched_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(MissingWeights, match="not on this computer"):
        load_features("vgg19-torchvision", download=False)


@pytest.fixture
def served(weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Small weights on a local server under a name that holds their hash. Gives address and name."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    folder = tmp_path / "served"
    folder.mkdir()
    torch.save(weights, folder / "raw.pth")
    digest = hashlib.sha256((folder / "raw.pth").read_bytes()).hexdigest()[:8]
    (folder / "raw.pth").rename(folder / f"vgg19-{digest}.pth")
    (folder / "vgg19-00000000.pth").write_bytes(b"something else")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", f"vgg19-{digest}.pth"
    server.shutdown()
    server.server_close()


def test_weights_are_downloaded_and_used(served: tuple[str, str]) -> None:
    path = weight_sources.download_vgg19("/".join(served))
    assert Features(torch.load(path, weights_only=True), name="vgg19")


def test_a_wrong_hash_leaves_no_file(served: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="cannot be downloaded"):
        weight_sources.download_vgg19(f"{served[0]}/vgg19-00000000.pth")
    assert not list((tmp_path / "home").rglob("*.pth"))
