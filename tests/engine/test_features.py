"""The trunk is torchvision's, whatever its widths and wherever its weights come from."""

from __future__ import annotations

import hashlib
import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torchvision.models import VGG19_Weights, vgg19

from texture_stylizer.engine import Features, load_features
from texture_stylizer.engine.features import weights as weight_sources
from texture_stylizer.engine.features.recipe import CONTENT_LAYER, STYLE_LAYERS, ContentTerm
from texture_stylizer.engine.features.vgg import COARSE_COLORS, COLORS, CONVOLUTIONS, STRIDES
from texture_stylizer.engine.losses.gram import gram_sum
from texture_stylizer.engine.operators.shift_difference import difference
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


def test_the_gram_matrix_of_colours_is_their_mean_and_covariance(weights: Weights) -> None:
    image = torch.rand(1, 3, 19, 23, dtype=torch.float64)
    features = Features(weights, name="random", style={COLORS: 1.0}).double()
    gram = gram_sum(features(image)[COLORS]) / (19 * 23)
    pixels = image[0].flatten(1) - 0.5
    axes = torch.tensor([[1, 1, 1], [8, 0, -8], [8, -16, 8]], dtype=torch.float64)
    axes /= torch.tensor([[3], [2], [6]], dtype=torch.float64).sqrt()
    seen = axes @ pixels
    assert torch.allclose(gram[3, :3], seen.mean(dim=1), atol=1e-6)
    covariance = gram[:3, :3] - torch.outer(gram[3, :3], gram[3, :3])
    assert torch.allclose(covariance, torch.cov(seen, correction=0), atol=1e-5)


def test_coarse_colours_are_means_over_smooth_windows(weights: Weights) -> None:
    image = torch.rand(1, 3, 89, 99, dtype=torch.float64)
    features = Features(weights, name="random", style={COLORS: 1.0, COARSE_COLORS: 1.0}).double()
    image.requires_grad_()
    maps = features(image)
    assert maps[COARSE_COLORS].shape == (1, 4, 5, 6)
    flat = features(torch.full_like(image, 0.7))
    assert torch.allclose(flat[COARSE_COLORS], flat[COLORS][:, :, :5, :6], atol=1e-12)
    # What a pixel counts for in a mean is hardly more or less than what the pixel beside it does.
    (counted,) = torch.autograd.grad(maps[COARSE_COLORS][0, 0, 2, 2], image)
    for axis in (2, 3):
        assert counted.diff(dim=axis).abs().max() <= 1.01 * counted.abs().max() / 8


def test_no_convolution_is_made_after_the_last_that_is_compared(weights: Weights) -> None:
    features = Features(
        weights, name="random", style={"relu1_1": 1.0, "relu3_1": 1.0}, content=ContentTerm("relu1_2")
    )
    assert [row.layer for row, _ in features.used_convolutions()][-1] == "relu3_1"
    deep = features.named_convolutions()[-1][1]
    deep.weight.fill_(float("nan"))
    assert set(features(torch.rand(1, 3, 32, 32))) == {"relu1_1", "relu1_2", "relu3_1"}


def test_the_halo_covers_what_the_maps_are_made_of_and_hardly_more(features64: Features) -> None:
    assert load_features("embedded").halo == 32
    image = torch.rand(1, 3, 288, 288, dtype=torch.float64, requires_grad=True)
    seen = 0
    for layer, found in features64(image).items():
        first, last = (edge // STRIDES[layer] for edge in (128, 144))
        (gradient,) = torch.autograd.grad(
            found[0, :, first:last, 144 // STRIDES[layer]].sum(), image, retain_graph=True
        )
        rows = gradient.abs().sum((0, 1, 3)).nonzero().flatten()
        seen = max(seen, 128 - int(rows.min()), int(rows.max()) - 143)
    assert seen <= features64.halo
    # What the content is compared less of lies beyond the maps.
    assert features64.content.less_surroundings or seen > features64.halo - 16


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


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(1, 9), width=st.integers(1, 9), axis=st.sampled_from([2, 3]), apart=st.integers(1, 3)
)
def test_a_difference_is_that_of_a_shifted_map(height: int, width: int, axis: int, apart: int) -> None:
    """And its gradient is torch's own."""
    generator = torch.Generator().manual_seed(height * width)
    maps = torch.rand(1, 2, height, width, dtype=torch.float64, generator=generator).requires_grad_()
    length = maps.shape[axis]
    places = torch.clamp(torch.arange(length) + apart, max=length - 1)
    expected, found = maps - maps.index_select(axis, places), difference(maps, axis, apart)
    torch.testing.assert_close(found, expected)
    wanted = torch.rand(maps.shape, dtype=torch.float64, generator=generator)
    (gradient,) = torch.autograd.grad(found, maps, wanted)
    (expected_gradient,) = torch.autograd.grad(expected, maps, wanted)
    torch.testing.assert_close(gradient, expected_gradient)
