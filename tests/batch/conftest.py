"""A studio's folder of models, and `texture-stylizer batch` as a process in it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.gltf.models import Model, encoded
from texture_stylizer.batch.executors.contract import Finished, Report
from texture_stylizer.batch.work.asset_task import Result, Task
from texture_stylizer.cli import main

COMMAND = [sys.executable, "-m", "texture_stylizer.cli"]
QUICK = ("--features", "embedded", "--device", "cpu", "--iterations", "1")
SIZE = (32, 32)
# How the private folders are called in which an asset is worked on.
UNFINISHED = ".texture_stylizer_"

# Ends an asset's process when it reads a file of such a name, as a damaged model ends Blender or a driver; or
# keeps it waiting for ever.
SITECUSTOMIZE = """
import os, signal, sys, time
if "batch.work.asset_worker" in " ".join(sys.orig_argv):
    def watch(event, arguments):
        if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
            name = os.path.basename(os.fspath(arguments[0]))
            if name.startswith("killer"):
                os.kill(os.getpid(), signal.SIGKILL)
            if name.startswith("hanging"):
                time.sleep(1000)
    sys.addaudithook(watch)
"""


class Broken:
    """An executor without workers, by which every asset fails."""

    def __init__(self) -> None:
        self._reports: list[Report] = []

    @property
    def free(self) -> int:
        return 1

    def submit(self, task: Task) -> None:
        problem = {"kind": "bad_input", "message": f"{task.source}: it is broken"}
        self._reports.append(Finished(task.id, "host", "worker", Result(0.0, {}, (problem,))))

    def poll(self, wait: float) -> list[Report]:
        reports, self._reports = self._reports, []
        return reports

    def stop(self, task_id: str, why: str) -> None:
        pass

    def close(self) -> None:
        pass


class Studio:
    """Folders `models` and `out`, a style, a cache of its own, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "studio"
        self.models = self.folder / "models"
        self.out = self.folder / "out"
        self.temporary = folder / "temporary"
        site = folder / "site"
        for path in (self.models, self.temporary, site):
            path.mkdir(parents=True)
        (site / "sitecustomize.py").write_text(SITECUSTOMIZE)
        (self.folder / "style.png").write_bytes(encoded(1000, size=SIZE))
        self.environment = os.environ | {
            "TMPDIR": str(self.temporary),
            "TEXTURE_STYLIZER_CACHE": str(folder / "cache"),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(site),
        }

    def add(self, name: str, seed: int = 0) -> Path:
        """A model with a texture of 32 x 32 px, or a picture."""
        path = self.models / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".glb":
            return Model(encoded(seed, size=SIZE), encoded(seed + 500, size=SIZE)).write(path)
        path.write_bytes(encoded(seed, size=SIZE))
        return path

    def add_gltf(self, name: str, seed: int) -> Path:
        """A .gltf with its buffer beside it."""
        path = self.models / name
        path.parent.mkdir(parents=True, exist_ok=True)
        model = Model(encoded(seed, size=SIZE), encoded(seed + 500, size=SIZE))
        model.document["buffers"][0]["uri"] = f"{path.stem}.bin"
        path.with_suffix(".bin").write_bytes(model.binary)
        path.write_text(json.dumps(model.document))
        return path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments) as process:
            out, error = process.communicate(timeout=280)
        return subprocess.CompletedProcess(process.args, process.returncode, out, error)

    def run_long(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`run` without a time limit."""
        with self.start(*arguments) as process:
            out, error = process.communicate()
        return subprocess.CompletedProcess(process.args, process.returncode, out, error)

    def start_quietly(self, *arguments: str) -> subprocess.Popen[str]:
        """`start` for what prints more than a pipe holds while nobody reads it."""
        nowhere = subprocess.DEVNULL
        command = [*COMMAND, *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=nowhere, stderr=nowhere, text=True
        )

    def batch(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`batch models` in this studio's style."""
        return self.run("batch", "models", "--style", "style.png", "-o", "out", *QUICK, *arguments)

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`run` in this process, for what starts no worker: a process a question costs seconds."""
        out, error = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(error),
        ):
            status = main(list(arguments))
        return subprocess.CompletedProcess(arguments, status, out.getvalue(), error.getvalue())

    def ask_batch(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`batch` in this process."""
        return self.ask("batch", "models", "--style", "style.png", "-o", "out", *QUICK, *arguments)

    def results(self) -> dict[str, bytes]:
        """Every result below `out`, by its path; neither the batch's state nor the page."""
        found: dict[str, bytes] = {}
        for path in self.files():
            if path.parts[0] not in (".batch", "report_pictures"):
                with contextlib.suppress(FileNotFoundError):
                    found[path.as_posix()] = (self.out / path).read_bytes()
        return found

    def unfinished(self) -> list[Path]:
        """The folders that are not done yet, or that a killed process left."""
        walk = os.walk(self.out)
        return [
            Path(folder, name) for folder, below, _ in walk for name in below if name.startswith(UNFINISHED)
        ]

    def files(self) -> list[Path]:
        """Every file below `out`, as it is while others write; Python 3.11's `Path.rglob` raises then."""
        return [
            Path(folder, name).relative_to(self.out)
            for folder, _, names in os.walk(self.out)
            for name in names
        ]

    def records(self) -> dict[str, dict[str, Any]]:
        """What the ledger says of each source."""
        found = [json.loads(path.read_text()) for path in self.out.glob(".batch/ledger/*/*.json")]
        return {record["source"]: record for record in found}

    def processes(self) -> list[psutil.Process]:
        """What runs for this studio."""
        found = []
        for process in psutil.process_iter(["environ"]):
            environment = process.info["environ"] or {}
            if environment.get("TEXTURE_STYLIZER_CACHE") == self.environment["TEXTURE_STYLIZER_CACHE"]:
                found.append(process)
        return found

    def asset_processes(self) -> list[psutil.Process]:
        """Those of them that work on assets."""
        return [found for found in self.processes() if "asset_worker" in command_of(found)]


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)
