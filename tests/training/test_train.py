"""The training of the embedded network: what it starts from, what it is taught, and that it writes one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from texture_stylizer.engine import Features, Objective, Settings, load_features
from texture_stylizer.engine.features.recipe import CONTENT_SHARE
from texture_stylizer.engine.features.weights import EMBEDDED_PATH
from texture_stylizer.training import examination as examining
from texture_stylizer.training import similarity, train
from texture_stylizer.training.curves import draw as draw_curves
from texture_stylizer.training.curves import read_log
from texture_stylizer.training.first_weights import first_weights, telling_channels
from texture_stylizer.training.pictures import CROP, draw
from texture_stylizer.training.trunk import COMPARED, Convolution, compared_maps, convolutions_of

from ..engine.conftest import random_weights


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of everything, for the time that it takes."""
    monkeypatch.setattr(examining, "RUNS_AT_ONCE", 2)
    monkeypatch.setattr(examining, "ASKED_AT", (0, 1))
    monkeypatch.setattr(similarity, "PAIRS", 1)
    monkeypatch.setattr("texture_stylizer.training.pictures.CROPS_OF_EACH_SAMPLE", 0)
    for name in ("REPORTED_EVERY", "FIRST_BATCHES"):
        monkeypatch.setattr(train, name, 1)
    monkeypatch.setattr(train, "FIRST_CROPS", 2)


@pytest.fixture(scope="module")
def teacher() -> list[Convolution]:
    return convolutions_of(Features(random_weights((8, 10, 12, 14, 16)), name="random"))


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.from_numpy(np.stack([draw(0), draw(1)])).permute(0, 3, 1, 2)


def test_batches_go_the_way_of_single_images(teacher: list[Convolution]) -> None:
    images = torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    features = Features(random_weights((8, 10, 12, 14, 16)), name="random")
    together = compared_maps(teacher, images)
    for number in range(2):
        for layer, alone in features(images[number : number + 1], padding="replicate").items():
            torch.testing.assert_close(together[layer][number : number + 1], alone)


def test_what_the_teacher_answers_is_the_gradient_that_the_engine_has() -> None:
    features = Features(random_weights(), name="random").double()
    generator = torch.Generator().manual_seed(0)
    point, content, style = torch.rand(3, 1, 3, 48, 48, generator=generator, dtype=torch.float64)
    network = [Convolution(*(part.detach() for part in each)) for each in convolutions_of(features)]
    by_layer = examining.gradients_of_losses(network, point.clone(), content, style)[0]
    shares = torch.tensor([0.2] * 5 + [CONTENT_SHARE], dtype=torch.float64)
    objective = Objective(features, content, [(style, 1.0)], Settings(total_variation=0.0))
    expected = objective.loss_and_gradient(point)[1][0]
    torch.testing.assert_close(
        (shares[:, None, None, None] * by_layer).sum(0), expected, rtol=1e-5, atol=1e-9
    )


def test_channels_are_chosen_that_tell_those_that_follow_from_them() -> None:
    base = torch.rand(500, 2, generator=torch.Generator().manual_seed(0))
    vectors = torch.stack([base[:, 0], 3 * base[:, 0], base[:, 1], 2 * base[:, 1], 0 * base[:, 1]], dim=1)
    assert sorted(telling_channels(vectors, 2).tolist()) in ([0, 2], [0, 3], [1, 2], [1, 3])


def test_with_the_teachers_widths_the_first_weights_are_its_own_in_another_order(
    teacher: list[Convolution],
) -> None:
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    found = first_weights(teacher[:1], [8], images)
    norms = [sorted(each[0].weight.detach().flatten(1).norm(dim=1).tolist()) for each in (found, teacher)]
    assert norms[0] == pytest.approx(norms[1], rel=0.05)


def test_positions_are_aligned_with_themselves_and_not_with_anothers(
    teacher: list[Convolution], pictures: torch.Tensor
) -> None:
    batch = similarity.compared(teacher, pictures, np.random.default_rng(0))
    assert similarity.misalignment(teacher, batch).max() < 1e-3
    other = convolutions_of(Features(random_weights((4, 4, 4, 4, 4)), name="random"))
    assert similarity.misalignment(other, batch).min() > 0.01


def test_the_teacher_is_asked_where_the_pupil_leads_and_agrees_with_itself(
    teacher: list[Convolution], pictures: torch.Tensor
) -> None:
    pupil = train.detached(convolutions_of(Features(random_weights((4, 4, 4, 4, 4)), name="random")))
    asked = examining.examination(teacher, pupil, pictures, np.random.default_rng(0))
    assert asked.points.shape == (4, 3, CROP, CROP)
    assert asked.gradients.shape == (4, len(COMPARED), 3, CROP, CROP)
    assert not torch.equal(asked.points[:2], asked.points[2:])
    assert torch.equal(asked.contents[:2], asked.contents[2:])
    assert examining.agreement(teacher, asked).min() > 0.999
    assert examining.agreement(pupil, asked).max() < 0.99


def test_a_few_steps_write_a_network_of_the_embedded_ones_shape_and_a_log_that_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "network.safetensors"
    train.train(out, cycles=(2, 2), count=2)
    log = read_log(capsys.readouterr().out.splitlines())
    assert log.steps.tolist() == [1, 2, 3, 4] and log.agreement.shape == (4, 2, len(COMPARED))
    draw_curves(log).savefig(tmp_path / "curves.png")
    shipped, made = load_file(EMBEDDED_PATH), load_file(out)
    assert {key: tensor.shape for key, tensor in made.items()} == {k: t.shape for k, t in shipped.items()}
    assert all(tensor.dtype == torch.bfloat16 for tensor in made.values())
    load_features(out)
