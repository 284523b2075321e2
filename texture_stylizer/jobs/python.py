"""Other Pythons, started so that nothing in the current folder is imported. Standard library only."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent

# Loads the package from its folder under its own name, whatever name it was installed under and without
# touching sys.path: an extension's neighbours must not shadow the worker's libraries.
_BOOTSTRAP = """
import importlib.util, runpy, sys
from pathlib import Path
folder = Path({folder!r})
spec = importlib.util.spec_from_file_location(
    "texture_stylizer", folder / "__init__.py", submodule_search_locations=[str(folder)])
package = importlib.util.module_from_spec(spec)
sys.modules["texture_stylizer"] = package
spec.loader.exec_module(package)
runpy.run_module("texture_stylizer." + {module!r}, run_name="__main__", alter_sys=True)
"""


def bootstrap(module: str) -> str:
    """A program that runs a module of this package, such as "jobs.worker", as `__main__`."""
    return _BOOTSTRAP.format(folder=str(PACKAGE_FOLDER), module=module)


def start(command: Sequence[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start a process that talks by lines of UTF-8 over its pipes, in a working folder of its own.

    It gets no Ctrl+C: it is told when to stop. Raises OSError when it does not start.
    """
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        **_own_group(),
    )


def command_of(python: str, module: str) -> list[str]:
    """The command line that runs a module of this package with an interpreter (3.11 or later)."""
    return [python, "-P", "-u", "-c", bootstrap(module)]


def safe_environment(python: str, **changes: str) -> dict[str, str]:
    """This process's environment without what leads into the current folder, and with `changes`.

    Another interpreter gets none of this one's Python settings. What is started in turn is as careful.
    """
    own = python == sys.executable
    kept = {name: value for name, value in os.environ.items() if own or not name.startswith("PYTHON")}
    if "PYTHONPATH" in kept:
        kept["PYTHONPATH"] = os.pathsep.join(_folders(kept["PYTHONPATH"]))
    temporary = tempfile.gettempdir()
    return kept | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary) | {"PYTHONSAFEPATH": "1"} | changes


def _folders(search_path: str) -> list[str]:
    """The entries of PYTHONPATH, absolute, but not the current folder: it is there by mistake or habit."""
    named = (os.path.abspath(entry) for entry in search_path.split(os.pathsep) if entry)
    return [entry for entry in named if entry != os.getcwd()]


def _own_group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
