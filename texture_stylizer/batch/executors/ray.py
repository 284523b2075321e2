"""Workers in a Ray cluster: an actor each, on as many machines as there are; these may come and go.

Retries are the scheduler's alone, so Ray is told to make none. It packs shares of a GPU before it opens the
next one, so there are never more actors than shares.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
from dataclasses import dataclass
from typing import Any

from ...jobs.protocol import Message
from ..work.asset_task import Result, Task
from .contract import Advanced, CannotWork, Finished, Lost, Report, Said

LOOK_SECONDS = 5.0
"""So often is looked whether machines have joined."""

_VAIN_STARTS = 5
_JOINING_SECONDS = 60.0
"""A cluster may have no machine at first."""

_ANSWER_SECONDS = 10.0
_PING_SECONDS = 0.5
"""An actor that starts anew is not to be had at once."""


@dataclass
class _Seat:
    """An actor, and what it was last asked: a ping, or a task's stream of messages."""

    actor: Any
    ping: Any = None
    stream: Any = None
    task: str | None = None
    host: str = ""
    worker: str = ""
    last: Message | None = None
    ping_at: float = 0.0


class Ray:
    """A Ray cluster, joined or started here."""

    def __init__(
        self, address: str | None = None, *, jobs: int | None = None, gpu_share: float = 1.0
    ) -> None:
        """address: HOST:PORT, "auto" for one that runs on this machine, None for a new one here. Raises
        CannotWork."""
        try:
            import ray
        except ImportError:
            raise CannotWork("Ray is not installed; run: pip install texture-stylizer[ray]") from None
        self._ray: Any = ray
        self._jobs, self._share = jobs, gpu_share
        self._seats: list[_Seat] = []
        self._reports: list[Report] = []
        self._vain = 0
        self._looked = 0.0
        self._last_seat = time.monotonic()
        self._owns = not self._ray.is_initialized()
        if self._owns:
            self._connect(address)

    @property
    def free(self) -> int:
        self._fill()
        return sum(seat.host != "" and seat.task is None for seat in self._seats)

    def submit(self, task: Task) -> None:
        seat = next(seat for seat in self._seats if seat.host and seat.task is None)
        seat.task, seat.last = task.id, None
        seat.stream = seat.actor.perform.options(num_returns="streaming").remote(task.to_json())

    def poll(self, wait: float) -> list[Report]:
        self._fill()
        self._ping()
        asked = {id(source): seat for seat in self._seats for source in (seat.stream or seat.ping,) if source}
        sources = [seat.stream or seat.ping for seat in asked.values()]
        if not sources:
            time.sleep(wait)
        else:
            ready, _ = self._ray.wait(sources, num_returns=1, timeout=wait, fetch_local=False)
            for source in ready:
                self._hear(asked[id(source)])
        reports, self._reports = self._reports, []
        return reports

    def stop(self, task_id: str, why: str) -> None:
        for seat in self._seats:
            if seat.task == task_id:
                self._ray.kill(seat.actor, no_restart=False)
                self._lose(seat, why)

    def close(self) -> None:
        idle = [seat for seat in self._seats if seat.host and seat.task is None]
        with contextlib.suppress(Exception):
            self._ray.wait([seat.actor.end.remote() for seat in idle], num_returns=len(idle), timeout=5.0)
        for seat in self._seats:
            with contextlib.suppress(Exception):
                self._ray.kill(seat.actor)
        if self._owns:
            self._ray.shutdown()

    def _connect(self, address: str | None) -> None:
        options: dict[str, Any] = {} if address else {"include_dashboard": False}
        try:
            _check_that_somebody_answers(address)
            self._ray.init(
                address=address,
                namespace="texture_stylizer",
                log_to_driver=False,
                logging_level="ERROR",
                runtime_env={"env_vars": _own_settings()},
                **options,
            )
        except Exception as reason:
            where = f"the Ray cluster {address}" if address else "Ray"
            raise CannotWork(f"{where} cannot be reached ({str(reason)[:300]})") from reason

    def _fill(self) -> None:
        """As many actors as the cluster has room for."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        found = self._ray.cluster_resources()
        gpus, cpus = found.get("GPU", 0), found.get("CPU", 0)
        room = math.floor(gpus / self._share) if gpus else _machines(self._ray)
        # One that is full of others' work would never start.
        room = min(room, int(cpus))
        wanted = min(room, self._jobs) if self._jobs and gpus else self._jobs or room
        while len(self._seats) < wanted:
            self._seats.append(self._new_seat(bool(gpus)))
        if self._seats:
            self._last_seat = time.monotonic()
        elif time.monotonic() - self._last_seat > _JOINING_SECONDS:
            raise CannotWork("the Ray cluster has no machine with a free processor; start some nodes")

    def _new_seat(self, on_gpu: bool) -> _Seat:
        from .ray_actor import AssetActor

        actor = (
            self._ray.remote(AssetActor)
            .options(
                num_cpus=1,
                num_gpus=self._share if on_gpu else 0,
                max_restarts=-1,
                max_task_retries=0,
                scheduling_strategy="SPREAD",
            )
            .remote()
        )
        return _Seat(actor, ping=actor.ready.remote())

    def _ping(self) -> None:
        """Ask those that start anew whether they are there."""
        for seat in self._seats:
            if (
                seat.stream is None
                and seat.ping is None
                and not seat.host
                and time.monotonic() >= seat.ping_at
            ):
                seat.ping = seat.actor.ready.remote()

    def _hear(self, seat: _Seat) -> None:
        """Take what an actor answered: to a ping, or the next message of its stream."""
        try:
            if seat.stream is None:
                answer = self._ray.get(seat.ping)
                seat.host, seat.worker, seat.ping = answer["host"], answer["worker"], None
                self._vain = 0
            else:
                self._take(seat, self._ray.get(next(seat.stream)))
        except StopIteration:
            self._end_of_stream(seat)
        except self._ray.exceptions.RayError as reason:
            self._lose(seat, _one_line(reason), reason)

    def _take(self, seat: _Seat, message: Message) -> None:
        assert seat.task is not None
        if message["type"] == "progress":
            self._reports.append(Advanced(seat.task, message["fraction"]))
        elif message["type"] == "note":
            self._reports.append(Said(seat.task, message["text"]))
        else:
            seat.last = message

    def _end_of_stream(self, seat: _Seat) -> None:
        task, last = seat.task, seat.last
        assert task is not None
        if last is not None and last["type"] == "result":
            seat.task = seat.stream = seat.last = None
            result = Result.from_json(last["result"])
            self._reports.append(Finished(task, seat.host, seat.worker, result))
        else:
            self._lose(seat, last["message"] if last else "its worker said nothing more")

    def _lose(self, seat: _Seat, why: str, reason: Exception | None = None) -> None:
        """An actor is gone or begins anew: it gets no work until it answers a ping."""
        if seat.task is not None:
            self._reports.append(Lost(seat.task, seat.host, seat.worker, why))
        seat.task = seat.stream = seat.ping = seat.last = None
        seat.host, seat.ping_at = "", time.monotonic() + _PING_SECONDS
        if isinstance(reason, self._ray.exceptions.ActorDiedError):
            # Its constructor failed, or it is not to be had again: another one, perhaps elsewhere.
            self._seats.remove(seat)
            self._looked = 0.0
            self._vain += 1
        if self._vain >= _VAIN_STARTS:
            raise CannotWork(f"no worker starts in the Ray cluster: {why}")


def _check_that_somebody_answers(address: str | None) -> None:
    """Raises OSError where nothing listens: Ray itself would go on asking for minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), _ANSWER_SECONDS).close()


def _machines(ray: Any) -> int:
    """Nodes that live; on processors one worker uses all of a machine's cores."""
    return sum(node["Alive"] and node["Resources"].get("CPU", 0) >= 1 for node in ray.nodes())


def _own_settings() -> dict[str, str]:
    """What the workers of other machines need of this process's environment."""
    names = [name for name in os.environ if name.startswith("TEXTURE_STYLIZER_")]
    return {name: os.environ[name] for name in (*names, "OMP_NUM_THREADS") if name in os.environ}


def _one_line(reason: Exception) -> str:
    """What went wrong, without Ray's way to it."""
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    kind = type(reason).__name__
    if isinstance(reason, Exception) and lines:
        return f"the machine or its Ray process went away ({kind}: {lines[-1][:200]})"
    return f"the machine or its Ray process went away ({kind})"
