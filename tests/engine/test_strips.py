"""By strips of its whole width a picture has the loss and the gradient that it has at once."""

from __future__ import annotations

import gc

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from texture_stylizer.engine import Features, Objective, Settings
from texture_stylizer.engine.features.recipe import CONTENT_LAYER
from texture_stylizer.engine.gradient.strips.backward import bands_by_strips
from texture_stylizer.engine.gradient.strips.forward import Forward
from texture_stylizer.engine.gradient.strips.row_buffers import Rows
from texture_stylizer.engine.hardware.offload import Band
from texture_stylizer.engine.losses.style_regions import StyledTexels
from texture_stylizer.engine.operators.convolution import BorderedConvolution
from texture_stylizer.engine.tiles import LOWEST_STRIP, strip_height

PLAIN = Settings(total_variation=2.0)


def pictures(height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """A content, a style of another size, and an image to be judged; float64."""
    generator = torch.Generator().manual_seed(3)
    shapes = ((height, width), (77, 93), (height, width))
    content, style, image = (torch.rand(1, 3, *s, generator=generator).double() for s in shapes)
    return content, style, image


def together(bands: list[Band]) -> tuple[float, Tensor]:
    """The whole of bands that follow each other."""
    stops = [0, *(band.rows.stop for band in bands)]
    assert [band.rows.start for band in bands] == stops[:-1]
    return sum(float(band.loss) for band in bands), torch.cat([band.gradient for band in bands], dim=2)


def assert_same(objective: Objective, image: Tensor, height: int, kept: int) -> None:
    expected_loss, expected = objective.loss_and_gradient(image)
    loss, gradient = together(list(bands_by_strips(objective.terms, image, height, kept)))
    assert loss == pytest.approx(expected_loss, rel=1e-10)
    assert float((gradient - expected).norm() / expected.norm()) <= 1e-10


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(16, 190), st.integers(16, 90)),
    height=st.integers(1, 13).map(lambda number: 16 * number),
    kept=st.integers(0, 4),
)
def test_any_size_and_height_agree(
    averaging64: Features, size: tuple[int, int], height: int, kept: int
) -> None:
    content, style, image = pictures(*size)
    assert_same(Objective(averaging64, content, [(style, 1.0)], PLAIN), image, height, kept)


@pytest.fixture(params=[1e8, 0], ids=["kept", "made again"])
def first_layer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of small pictures the first layer's maps wait for the way back; of large ones they are made again."""
    monkeypatch.setattr("texture_stylizer.engine.gradient.strips.backward._LARGEST_WAITING", request.param)


@pytest.mark.usefixtures("first_layer")
@pytest.mark.parametrize("height", [16, 48, 80])
def test_however_the_first_layers_rows_come(averaging64: Features, height: int) -> None:
    content, style, image = pictures(211, 149)
    assert_same(Objective(averaging64, content, [(style, 1.0)], PLAIN), image, height, 1)


@pytest.mark.parametrize("inset", [(16, 0), (0, 32), (80, 16)])
def test_with_a_border_that_does_not_count(averaging64: Features, inset: tuple[int, int]) -> None:
    content, style, image = pictures(299, 133)
    assert_same(Objective(averaging64, content, [(style, 1.0)], PLAIN, inset=inset), image, 32, 2)


def test_under_a_mask(averaging64: Features) -> None:
    content, style, image = pictures(203, 101)
    mask = torch.rand(203, 101, generator=torch.Generator().manual_seed(0)).double()
    mask[:70] = 0
    mask[100:150, 40:] = 0
    assert_same(Objective(averaging64, content, [(style, 1.0)], PLAIN, mask), image, 32, 0)


def test_texels_with_styles_of_their_own(averaging64: Features) -> None:
    content, style, image = pictures(203, 101)
    labels = torch.zeros(203, 101, dtype=torch.uint8)
    labels[60:, 30:] = 1
    labels[150:] = 2
    styles = [[(style, 1.0)], [(style.flip(2), 1.0)], [(style.flip(1), 2.0), (style, 1.0)]]
    mask = torch.ones(203, 101, dtype=torch.float64)
    mask[:20] = 0
    styled = StyledTexels(labels, styles)
    assert_same(Objective(averaging64, content, (), PLAIN, mask, styled), image, 48, 1)


@pytest.mark.usefixtures("first_layer")
def test_rows_above_may_change_as_soon_as_they_are_there(averaging64: Features) -> None:
    content, style, image = pictures(331, 64)
    objective = Objective(averaging64, content, [(style, 1.0)], PLAIN)
    expected = objective.loss_and_gradient(image)[1]
    found = []
    for band in bands_by_strips(objective.terms, image, 32, 0):
        found.append(band)
        image[:, :, band.rows] = 0.5
    assert torch.allclose(together(found)[1], expected, rtol=1e-9, atol=1e-15)
    assert bool((image == 0.5).all())


def test_no_map_waits_for_pythons_collector(averaging64: Features) -> None:
    content, style, image = pictures(203, 64)
    objective = Objective(averaging64, content, [(style, 1.0)], PLAIN)
    gc.collect()
    gc.disable()
    try:
        for _ in bands_by_strips(objective.terms, image, 32, 2):
            pass
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        assert not [each for each in gc.garbage if isinstance(each, Tensor)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("height", [32, 96])
def test_maps_come_once_each_and_a_copy_goes_on_by_itself(averaging64: Features, height: int) -> None:
    _, _, image = pictures(203, 64)
    wanted = {CONTENT_LAYER, "relu5_1"}
    whole = averaging64.rectified_maps(image, "replicate", averaging64.convolutions_up_to(wanted))
    names = [row.layer for row, _ in averaging64.convolutions_up_to(wanted)]
    expected = dict(zip(names, whole, strict=True))
    way = Forward(averaging64, wanted, 203)
    found: dict[str, list[Tensor]] = {name: [] for name in names}
    for top in range(0, 203, height):
        rows = image[:, :, top : top + height]
        again = way.copy()
        for name, maps in way.rows(rows):
            found[name].append(maps)
        for name, maps in again.rows(rows):
            assert torch.equal(maps, found[name][-1])
    for name, parts in found.items():
        torch.testing.assert_close(torch.cat(parts, dim=2), expected[name])


@pytest.mark.parametrize("channels", [(3, 5), (128, 512), (512, 512)])
def test_a_convolutions_rows_are_those_of_the_whole(channels: tuple[int, int]) -> None:
    """Directly and by Winograd's products."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(channels[1], channels[0], 3, 3, generator=generator, dtype=torch.float64) / 40
    convolution = BorderedConvolution(weight, torch.zeros(channels[1], dtype=torch.float64))
    convolution.requires_grad_(False)
    maps = torch.randn(1, channels[0], 23, 9, generator=generator, dtype=torch.float64)
    maps = maps.contiguous(memory_format=torch.channels_last)
    result = convolution.rectified(maps)
    gradient = torch.randn(result.shape, generator=generator, dtype=torch.float64)
    gradient = gradient.contiguous(memory_format=torch.channels_last)
    expected = convolution.gradient(gradient, result)
    results, gradients, above, above_back = [], [], None, None
    for top, bottom in ((0, 1), (1, 7), (7, 22), (22, 23)):
        found, above = convolution.rectified_rows(maps[:, :, top:bottom], above, ends=bottom == 23)
        results.append(found)
    for top, bottom in ((0, 2), (2, 3), (3, 20), (20, 23)):
        rows = gradient[:, :, top:bottom], result[:, :, top:bottom]
        found, above_back = convolution.gradient_rows(*rows, above_back, ends=bottom == 23)
        gradients.append(found)
    torch.testing.assert_close(torch.cat(results, dim=2), result)
    torch.testing.assert_close(torch.cat(gradients, dim=2), expected)


def test_rows_that_are_no_longer_wanted_are_let_go() -> None:
    rows = Rows()
    pieces = [torch.full((1, 2, 3, 4), float(number)) for number in range(4)]
    for piece in pieces:
        rows.append(piece)
    rows.append(torch.empty(1, 2, 0, 4))
    assert rows.stop == 12
    assert rows.between(4, 5).data_ptr() == pieces[1][:, :, 1:].data_ptr()
    assert rows.between(2, 7)[0, 0, :, 0].tolist() == [0, 1, 1, 1, 2]
    rows.forget(6)
    assert rows.between(0, 12)[0, 0, :, 0].tolist() == [2, 2, 2, 3, 3, 3]


def test_rows_are_taken_once() -> None:
    rows = Rows()
    rows.append(torch.zeros(1, 1, 4, 2))
    rows.append(torch.ones(1, 1, 3, 2))
    parts = [rows.take(last) for last in (3, 5, 5, 9)]
    assert [None if part is None else part[0, 0, :, 0].tolist() for part in parts] == [
        [0] * 3,
        [0, 1],
        None,
        [1, 1],
    ]
    assert rows.stop == 7


@given(
    size=st.tuples(st.integers(16, 40000), st.integers(16, 40000)),
    tile=st.integers(128, 2048),
    halo=st.sampled_from([16, 32, 80]),
    bytes_per_pixel=st.floats(50, 5000),
)
def test_a_strip_takes_no_more_than_some_tiles(
    size: tuple[int, int], tile: int, halo: int, bytes_per_pixel: float
) -> None:
    found, region = strip_height(*size, tile, halo, bytes_per_pixel), (tile + 2 * halo) ** 2
    if found is None:
        assert size[1] * (LOWEST_STRIP + halo) > 4 * region
        return
    assert found == size[0] or found % LOWEST_STRIP == 0
    assert size[1] * (found + halo) <= 4 * region
