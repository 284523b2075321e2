"""The training of the embedded network: what it starts from, what it is taught, and that it writes one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from texture_stylizer.engine import Features, Objective, Settings, load_features
from texture_stylizer.engine.features.weights import EMBEDDED_PATH
from texture_stylizer.training import lessons as teaching
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
    for module in (teaching, train):
        monkeypatch.setattr(module, "RUNS_AT_ONCE", 2)
    monkeypatch.setattr(teaching, "ASKED_AT", (0, 1))
    monkeypatch.setattr(similarity, "PAIRS", 1)
    monkeypatch.setattr("texture_stylizer.training.pictures.CROPS_OF_EACH_SAMPLE", 0)
    for name in ("REPORTED_EVERY", "FIRST_BATCHES", "FIRST_LESSONS", "EXAMINED"):
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


def test_a_lesson_is_the_gradient_that_the_engine_has() -> None:
    features = Features(random_weights(), name="random").double()
    generator = torch.Generator().manual_seed(0)
    point, content, style = torch.rand(3, 1, 3, 48, 48, generator=generator, dtype=torch.float64)
    network = [Convolution(*(part.detach() for part in each)) for each in convolutions_of(features)]
    by_layer = teaching.gradients_of_losses(network, point.clone(), content, style)[0]
    shares = torch.tensor([0.2] * 5 + [train.CONTENT_SHARE], dtype=torch.float64)
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


def test_lessons_are_asked_where_the_pupil_leads(teacher: list[Convolution], pictures: torch.Tensor) -> None:
    found = teaching.lessons(teacher, train.detached(teacher), pictures, np.random.default_rng(0))
    count = len(teaching.ASKED_AT) * teaching.RUNS_AT_ONCE
    assert found.points.shape == (count, 3, CROP, CROP)
    assert found.gradients.shape == (count, len(COMPARED), 3, CROP, CROP)
    first, last = found.points[: teaching.RUNS_AT_ONCE], found.points[-teaching.RUNS_AT_ONCE :]
    assert not torch.equal(first, last)
    assert torch.equal(found.contents[: teaching.RUNS_AT_ONCE], found.contents[-teaching.RUNS_AT_ONCE :])


def test_a_pupil_that_is_its_teacher_has_nothing_to_learn(
    teacher: list[Convolution], pictures: torch.Tensor
) -> None:
    known = teaching.lessons(teacher, train.detached(teacher), pictures, np.random.default_rng(0))
    batch = teaching.Lessons(*(part[:2] for part in known))
    shares = train.mixtures(np.random.default_rng(0), batch.sizes)
    assert float(train.disagreement(teacher, batch, shares).detach()) < 1e-3


def test_a_few_steps_write_a_network_of_the_embedded_ones_shape_and_a_log_that_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "network.safetensors"
    train.train(out, steps=2, count=2)
    log = read_log(capsys.readouterr().out.splitlines())
    assert log.steps.tolist() == [1, 2, 3, 4] and log.agreement.shape == (4, 2, len(COMPARED))
    draw_curves(log).savefig(tmp_path / "curves.png")
    shipped, made = load_file(EMBEDDED_PATH), load_file(out)
    assert {key: tensor.shape for key, tensor in made.items()} == {k: t.shape for k, t in shipped.items()}
    assert all(tensor.dtype == torch.bfloat16 for tensor in made.values())
    load_features(out)
