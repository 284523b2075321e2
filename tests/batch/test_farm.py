"""Job descriptions, read by the programs that they are for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import QUICK, Studio

OPENJD = Path(sys.executable).with_name("openjd.exe" if sys.platform == "win32" else "openjd")
NODE = shutil.which("node")

# What Flamenco's manager gives a job type, as its documentation describes it.
MANAGER = """
const author = {
  Command: (name, parameters) => ({ name, parameters }),
  Task: (name, type) => ({
    name, type, commands: [], after: [],
    addCommand(command) { this.commands.push(command); },
    addDependency(task) { this.after.push(task.name); },
  }),
};
const job = { settings: {}, tasks: [], addTask(task) { this.tasks.push(task); } };
for (const setting of JOB_TYPE.settings) job.settings[setting.key] = setting.default;
compileJob(job);
console.log(JSON.stringify(job.tasks));
"""


@pytest.fixture
def planned(studio: Studio) -> Studio:
    for number in range(3):
        studio.add(f"props/{number}.glb", number)
    done = studio.ask("batch", "plan", "models", "--style", "style.png", "-o", "out", *QUICK)
    assert done.returncode == 0, done.stderr
    return studio


def openjd(studio: Studio, *arguments: str) -> str:
    done = subprocess.run(
        [str(OPENJD), *arguments],
        cwd=studio.folder,
        env=studio.environment,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not OPENJD.is_file(), reason="openjd-cli is not installed")
def test_the_template_is_checked_and_run_by_openjd(planned: Studio) -> None:
    told = planned.ask("batch", "export-openjd", "out", "--shards", "2").stdout.strip()
    openjd(planned, "check", told)
    run_dir = f"RunDir={planned.out}"
    assert "Total tasks: 3" in openjd(planned, "summary", told, "-p", run_dir)
    command = planned.folder / "stylizer"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m texture_stylizer.cli "$@"\n')
    command.chmod(0o755)
    executable = f"Executable={command}"
    openjd(planned, "run", told, "--step", "Stylize", "-p", run_dir, "-p", executable, "-tp", "Shard=2")
    assert {record["status"] for record in planned.records().values()} == {"done"}
    assert len(planned.records()) == 3


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_job_type_compiles_to_a_task_a_shard_and_a_report(planned: Studio) -> None:
    told = Path(planned.ask("batch", "export-flamenco", "out", "--shards", "2").stdout.strip())
    script = planned.folder / "manager.js"
    script.write_text(told.read_text() + MANAGER)
    assert NODE is not None
    tasks: list[dict[str, Any]] = json.loads(subprocess.check_output([NODE, str(script)], text=True))
    assert [task["name"] for task in tasks] == ["shard-1-of-2", "shard-2-of-2", "report"]
    assert tasks[2]["after"] == ["shard-1-of-2", "shard-2-of-2"]
    run = ["batch", "run", str(planned.out), "--shard", "1/2", "--farm", "plain"]
    assert tasks[0]["commands"] == [{"name": "exec", "parameters": {"exe": "{textureStylizer}", "args": run}}]
