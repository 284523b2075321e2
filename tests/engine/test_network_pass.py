"""The processor's own way over the network and back gives what torch's graph does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from texture_stylizer.engine import Features
from texture_stylizer.engine.features.color_statistics import COARSE_COLORS, COLORS, ColorMaps
from texture_stylizer.engine.features.recipe import ContentTerm, across, down
from texture_stylizer.engine.features.vgg import STRIDES
from texture_stylizer.engine.gradient.network_pass import Graphed, Pass, WrittenOut, look
from texture_stylizer.engine.operators.channel_mixing import MOST_CHANNELS_BY_ROWS, Mixing

from .conftest import random_weights

WIDTHS = {"narrow": (6, 8, 10, 12, 14), "wide": (5, MOST_CHANNELS_BY_ROWS + 3, 10, 128, 128)}
EIGHTS = {"eights": (8, 16, 16, 24, 8)}

STYLE = {"relu1_1": 1.0, "relu2_1": 1.0, across("relu2_1"): 1.0, down("relu3_1"): 1.0, "relu5_1": 1.0}
STYLE |= {COLORS: 1.0, COARSE_COLORS: 1.0}

SIZES = pytest.mark.parametrize("height, width", [(16, 16), (37, 53), (64, 49)])


def network(widths: str, content: str = "relu4_2", style: dict[str, float] = STYLE) -> Features:
    features = Features(
        random_weights((WIDTHS | EIGHTS)[widths]), name="random", content=ContentTerm(content), style=style
    )
    return features.double()


def picture(height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(height * width)
    return torch.rand(1, 3, height, width, generator=generator, dtype=torch.float64)


def own_gradients(features: Features, maps: dict[str, Tensor], *, within: bool) -> dict[str, Tensor | Mixing]:
    """A matrix for each style layer, perhaps for a part of it alone, and a tensor for the content layer."""
    generator = torch.Generator().manual_seed(5)
    own: dict[str, Tensor | Mixing] = {}
    for layer in features.style:
        channels, height, width = maps[layer].shape[1:]
        matrix = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
        part = 32 // STRIDES[layer] if within else 0
        own[layer] = Mixing(matrix + matrix.T, (slice(part // 2, height - part), slice(part // 2, width)))
    content = maps[features.content.layer]
    given = torch.randn(content.shape, generator=generator, dtype=torch.float64)
    own[features.content.layer] = given.contiguous(memory_format=torch.channels_last)
    return own


def assert_same(features: Features, image: Tensor, *, within: bool = False) -> None:
    passes: list[Pass] = [kind(features, image, there_and_back=True) for kind in (WrittenOut, Graphed)]
    maps = [dict(each.maps) for each in passes]
    assert maps[0].keys() == maps[1].keys()
    for layer in maps[0]:
        torch.testing.assert_close(maps[0][layer], maps[1][layer])
    found, expected = (
        each.image_gradient(own_gradients(features, seen, within=within))
        for each, seen in zip(passes, maps, strict=True)
    )
    torch.testing.assert_close(found, expected)


@SIZES
@pytest.mark.parametrize("widths", WIDTHS)
def test_it_is_that_of_torchs_graph(widths: str, height: int, width: int) -> None:
    assert_same(network(widths), picture(height, width))


@SIZES
@pytest.mark.parametrize("content", ["relu1_2", "relu2_2", "relu3_4", "relu5_1"])
def test_content_before_a_halving_and_at_the_end(content: str, height: int, width: int) -> None:
    style = {layer: share for layer, share in STYLE.items() if layer != content}
    assert_same(network("narrow", content, style), picture(height, width))


@pytest.mark.parametrize("widths", WIDTHS)
def test_a_tile_whose_halo_counts_for_nothing(widths: str) -> None:
    assert_same(network(widths), picture(112, 97), within=True)


@pytest.mark.parametrize(
    "style", [{across("relu4_1"): 1.0}, {down("relu2_1"): 1.0}, {COARSE_COLORS: 1.0}, {COLORS: 1.0}]
)
def test_layers_of_which_nothing_else_is_compared(style: dict[str, float]) -> None:
    assert_same(network("narrow", "relu2_2", style), picture(48, 33))


def test_gradients_in_place_of_matrices() -> None:
    features, image = network("narrow"), picture(40, 48)
    found = []
    for kind in (WrittenOut, Graphed):
        seen = kind(features, image, there_and_back=True)
        own = own_gradients(features, seen.maps, within=False)
        dense = {
            layer: given.of(seen.maps[layer]) if isinstance(given, Mixing) else given
            for layer, given in own.items()
        }
        found.append(seen.image_gradient(dense))
    torch.testing.assert_close(*found)


def test_the_image_may_change_before_the_way_back() -> None:
    features, image = network("narrow"), picture(48, 48)
    kept, changed = (look(features, each, there_and_back=True) for each in (image.clone(), image))
    own = [own_gradients(features, each.maps, within=False) for each in (kept, changed)]
    image.zero_()
    assert torch.equal(kept.image_gradient(own[0]), changed.image_gradient(own[1]))


def test_the_way_back_is_gone_once_and_only_if_kept() -> None:
    features, image = network("narrow"), picture(48, 48)
    kept, passing = (look(features, image, there_and_back=wanted) for wanted in (True, False))
    own = own_gradients(features, kept.maps, within=False)
    kept.image_gradient(own)
    for each in (kept, passing):
        with pytest.raises(ValueError, match="keeps nothing"):
            each.image_gradient(own)


def test_networks_in_training_and_maximum_pooling_go_by_torchs_graph() -> None:
    trained, maximum = network("narrow"), Features(random_weights(), name="random", pooling="max")
    trained.requires_grad_(True)
    for features in (trained, maximum):
        assert isinstance(look(features, picture(16, 16), there_and_back=True), Graphed)
    assert isinstance(look(network("narrow"), picture(16, 16), there_and_back=True), WrittenOut)


@pytest.mark.parametrize("given", ["matrix", "matrix of a part", "tensor"])
def test_colours_go_back_the_same_way_however_they_lie_in_memory(given: str) -> None:
    """On a GPU channels are last."""
    generator = torch.Generator().manual_seed(0)
    maps = {COLORS: torch.rand(1, 4, 11, 9, generator=generator)}
    matrix = torch.rand(4, 4, generator=generator)
    places = (slice(2, 9), slice(0, 7)) if given == "matrix of a part" else (slice(0, 11), slice(0, 9))
    own = {COLORS: maps[COLORS].sin() if given == "tensor" else Mixing(matrix + matrix.T, places)}
    found = []
    for layout in (torch.contiguous_format, torch.channels_last):
        gradient = torch.ones(1, 3, 11, 9).contiguous(memory_format=layout)
        placed = {COLORS: maps[COLORS].contiguous(memory_format=layout)}
        ColorMaps(torch.device("cpu"), torch.float32).add_image_gradient(gradient, placed, own)
        found.append(gradient)
    assert not torch.equal(found[0], torch.ones(1, 3, 11, 9))
    torch.testing.assert_close(*found)
