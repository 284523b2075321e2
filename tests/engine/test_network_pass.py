"""The processor's own way over the network and back gives what torch's graph does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from texture_stylizer.engine import Features
from texture_stylizer.engine.features.recipe import CONTENT_LAYER, STYLE_LAYERS
from texture_stylizer.engine.features.vgg import STRIDES
from texture_stylizer.engine.gradient.network_pass import Graphed, Pass, WrittenOut, look
from texture_stylizer.engine.operators.channel_mixing import MOST_CHANNELS_BY_ROWS, Mixing

from .conftest import random_weights

WIDTHS = {"narrow": (6, 8, 10, 12, 14), "wide": (5, MOST_CHANNELS_BY_ROWS + 3, 10, 128, 128)}
EIGHTS = {"eights": (8, 16, 16, 24, 8)}

SIZES = pytest.mark.parametrize("height, width", [(16, 16), (37, 53), (64, 49)])


def network(widths: str) -> Features:
    return Features(random_weights((WIDTHS | EIGHTS)[widths]), name="random").double()


def picture(height: int, width: int) -> Tensor:
    generator = torch.Generator().manual_seed(height * width)
    return torch.rand(1, 3, height, width, generator=generator, dtype=torch.float64)


def own_gradients(maps: dict[str, Tensor], *, within: bool) -> dict[str, Tensor | Mixing]:
    """A matrix for each style layer, perhaps for a part of it alone, and a tensor for the content layer."""
    generator = torch.Generator().manual_seed(5)
    own: dict[str, Tensor | Mixing] = {}
    for layer in STYLE_LAYERS:
        channels, height, width = maps[layer].shape[1:]
        matrix = torch.randn(channels, channels, generator=generator, dtype=torch.float64)
        part = 32 // STRIDES[layer] if within else 0
        own[layer] = Mixing(matrix + matrix.T, (slice(part // 2, height - part), slice(part // 2, width)))
    content = maps[CONTENT_LAYER]
    given = torch.randn(content.shape, generator=generator, dtype=torch.float64)
    own[CONTENT_LAYER] = given.contiguous(memory_format=torch.channels_last)
    return own


def assert_same(features: Features, image: Tensor, *, within: bool = False) -> None:
    passes: list[Pass] = [kind(features, image, there_and_back=True) for kind in (WrittenOut, Graphed)]
    maps = [dict(each.maps) for each in passes]
    assert maps[0].keys() == maps[1].keys()
    for layer in maps[0]:
        torch.testing.assert_close(maps[0][layer], maps[1][layer])
    found, expected = (
        each.image_gradient(own_gradients(seen, within=within))
        for each, seen in zip(passes, maps, strict=True)
    )
    torch.testing.assert_close(found, expected)


@SIZES
@pytest.mark.parametrize("widths", WIDTHS)
def test_it_is_that_of_torchs_graph(widths: str, height: int, width: int) -> None:
    assert_same(network(widths), picture(height, width))


@pytest.mark.parametrize("widths", WIDTHS)
def test_a_tile_whose_halo_counts_for_nothing(widths: str) -> None:
    assert_same(network(widths), picture(112, 97), within=True)


def test_gradients_in_place_of_matrices() -> None:
    features, image = network("narrow"), picture(40, 48)
    found = []
    for kind in (WrittenOut, Graphed):
        seen = kind(features, image, there_and_back=True)
        own = own_gradients(seen.maps, within=False)
        dense = {
            layer: given.of(seen.maps[layer]) if isinstance(given, Mixing) else given
            for layer, given in own.items()
        }
        found.append(seen.image_gradient(dense))
    torch.testing.assert_close(*found)


def test_the_image_may_change_before_the_way_back() -> None:
    features, image = network("narrow"), picture(48, 48)
    kept, changed = (look(features, each, there_and_back=True) for each in (image.clone(), image))
    own = [own_gradients(each.maps, within=False) for each in (kept, changed)]
    image.zero_()
    assert torch.equal(kept.image_gradient(own[0]), changed.image_gradient(own[1]))


def test_the_way_back_is_gone_once_and_only_if_kept() -> None:
    features, image = network("narrow"), picture(48, 48)
    kept, passing = (look(features, image, there_and_back=wanted) for wanted in (True, False))
    own = own_gradients(kept.maps, within=False)
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
