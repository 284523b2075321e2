"""The precision that a device works fastest in."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
import torch

from texture_stylizer.engine.hardware.devices import may_gain_from_bfloat16
from texture_stylizer.jobs.cache_folder import entries
from texture_stylizer.jobs.worker.precision import FILE, choose_precision, remembered_gain

CPU = torch.device("cpu")


def test_it_is_measured_once_and_remembered(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    gain = remembered_gain(CPU, folder)
    (key,) = known = json.loads((folder / FILE).read_text("utf-8"))
    assert gain == known[key] > 0
    assert torch.__version__ in key
    # What stands there is believed, so it was not measured again.
    (folder / FILE).write_text(json.dumps({key: 7.5}), "utf-8")
    assert remembered_gain(CPU, folder) == 7.5
    assert [path.name for path in folder.iterdir()] == [FILE]
    assert entries(folder) == [], "it is no result"


def test_of_two_that_measure_at_once_the_first_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("texture_stylizer.jobs.worker.precision")
    key = module.device_description(CPU)

    def measure(device: torch.device) -> float:
        (tmp_path / FILE).write_text(json.dumps({key: 0.9}), "utf-8")
        return 2.0

    monkeypatch.setattr(module, "bfloat16_gain", measure)
    assert remembered_gain(CPU, tmp_path) == remembered_gain(CPU, tmp_path) == 0.9


def test_a_damaged_file_is_measured_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[1, 2", "utf-8")
    assert remembered_gain(CPU, tmp_path) == remembered_gain(CPU, tmp_path)


@pytest.mark.skipif(may_gain_from_bfloat16(CPU), reason="this processor has bfloat16 units")
def test_a_processor_that_would_emulate_it_is_not_measured(tmp_path: Path) -> None:
    assert choose_precision("auto", CPU, tmp_path) == torch.float32
    assert list(tmp_path.iterdir()) == []


def test_what_was_asked_for_is_taken(tmp_path: Path) -> None:
    assert choose_precision("bfloat16", CPU, tmp_path) == torch.bfloat16
    assert choose_precision("float32", CPU, tmp_path) == torch.float32
