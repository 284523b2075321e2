"""Small textures share a GPU, a large one has it to itself."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest
import torch

from texture_stylizer.jobs.worker import sharing
from texture_stylizer.jobs.worker.sharing import LARGEST_SHARED, Shares

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def most_at_once(jobs: list[tuple[torch.device, int]]) -> dict[int, int]:
    """How many jobs were under way at most while each was."""
    shares, lock, running, most = Shares(3), threading.Lock(), set(), {}

    def work(number: int) -> None:
        with shares.taken(*jobs[number]):
            with lock:
                running.add(number)
                for other in running:
                    most[other] = max(most.get(other, 0), len(running))
            time.sleep(0.05)
            with lock:
                running.discard(number)

    with ThreadPoolExecutor(len(jobs)) as threads:
        list(threads.map(work, range(len(jobs))))
    return most


@pytest.fixture
def streams_of_any_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU's streams are no part of who waits for whom."""
    monkeypatch.setattr(sharing.torch.cuda, "Stream", lambda device: None)
    monkeypatch.setattr(sharing.torch.cuda, "stream", lambda stream: nullcontext())


def test_small_textures_are_side_by_side_on_a_gpu(streams_of_any_device: None) -> None:
    most = most_at_once([(GPU, LARGEST_SHARED)] * 6)
    assert max(most.values()) == 3


def test_a_large_texture_is_alone(streams_of_any_device: None) -> None:
    jobs = [(GPU, 64), (GPU, LARGEST_SHARED + 1), (GPU, 64), (GPU, 64), (GPU, LARGEST_SHARED + 1), (GPU, 64)]
    most = most_at_once(jobs)
    assert most[1] == most[4] == 1


def test_on_a_processor_each_is_alone() -> None:
    assert set(most_at_once([(CPU, 64)] * 3).values()) == {1}


def test_a_share_is_given_back_after_an_error() -> None:
    shares = Shares(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="for once"), shares.taken(CPU, 1):
            raise ValueError("for once")
