"""The arguments of `batch` and of its actions."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..commands.terminal.arguments import Run, add_command, add_stylize_options

ACTIONS = ("plan", "run", "status", "retry", "verify", "report", "export-openjd", "export-flamenco")
ENGINES = ("local", "ray", "in-process")
FARMS = ("no", "plain", "openjd")

_EXAMPLES = """\
examples:
  texture-stylizer batch models --style oil.jpg -o restyled
  texture-stylizer batch "props/**/*.glb" --style oil.jpg -o restyled --dry-run
  texture-stylizer batch models --style oil.jpg -o restyled --engine ray --ray-address auto
  texture-stylizer batch plan models --style oil.jpg -o restyled
  texture-stylizer batch run restyled --shard 3/20
  texture-stylizer batch status restyled
  texture-stylizer batch retry restyled --failed
  texture-stylizer batch report restyled
"""


def with_joined_action(arguments: Sequence[str]) -> list[str]:
    """The arguments with `batch status` as one word. A file of such a name is given as ./status."""
    if len(arguments) > 1 and arguments[0] == "batch" and arguments[1] in ACTIONS:
        return [f"batch-{arguments[1]}", *arguments[2:]]
    return list(arguments)


def add_batch(commands: Any, run: Run) -> None:
    """Add `batch` and its actions; `options.action` says which."""
    batch = add_command(
        commands,
        "batch",
        run,
        help="restyle folders of assets, and go on where a run was ended",
        usage="texture-stylizer batch INPUT... --style IMAGE[:WEIGHT] -o OUT [options]\n"
        f"       texture-stylizer batch ({' | '.join(ACTIONS)}) OUT [options]",
        description="Restyle files, folders and patterns of scenes, models and images; what is finished is "
        f"skipped.\n\n{_EXAMPLES}",
    )
    batch.set_defaults(action="batch")
    _add_inputs(batch)
    _add_running(batch)
    _add_showing(batch, dry_run=True)
    add_stylize_options(batch)
    plan = _add_action(commands, "plan", run, "write the plan of a batch, for shards and farms to run")
    _add_inputs(plan)
    add_stylize_options(plan)
    started = _add_action(commands, "run", run, "run the plan that OUT holds", out=True)
    _add_running(started)
    _add_showing(started, dry_run=True)
    status = _add_action(commands, "status", run, "say how far a batch is", out=True)
    _add_showing(status)
    retry = _add_action(commands, "retry", run, "try failed and quarantined assets again", out=True)
    retry.add_argument(
        "--failed", action="store_true", help="all that failed (default: name them by --asset)"
    )
    retry.add_argument("--asset", action="append", metavar="SOURCE", help="this one (default: none)")
    _add_running(retry)
    _add_showing(retry)
    verify = _add_action(commands, "verify", run, "compare every result with its hash", out=True)
    verify.add_argument("--json", action="store_true", help="print JSON (default: lines)")
    _add_action(commands, "report", run, "write OUT/report.html, which opens without a server", out=True)
    for name, what in (("openjd", "an Open Job Description template"), ("flamenco", "a Flamenco job type")):
        export = _add_action(commands, f"export-{name}", run, f"write {what} for OUT's plan", out=True)
        export.add_argument("--to", type=Path, metavar="FOLDER", help="where to (default: OUT/.batch)")
        export.add_argument(
            "--shards", type=int, default=20, metavar="N", help="tasks of the job (default: %(default)d)"
        )


def _add_action(
    commands: Any, name: str, run: Run, description: str, *, out: bool = False
) -> argparse.ArgumentParser:
    prog = f"texture-stylizer batch {name}"
    usual = "OUT" if out else "INPUT... --style IMAGE -o OUT"
    example = f"{prog} {'restyled' if out else 'models --style oil.jpg -o restyled'}"
    action = add_command(
        commands,
        f"batch-{name}",
        run,
        prog=prog,
        usage=f"{prog} {usual} [options]",
        description=f"{description[0].upper()}{description[1:]}.\n\nexample:\n  {example}",
    )
    action.set_defaults(action=name)
    if out:
        action.add_argument("output", type=Path, metavar="OUT", help="the folder of a batch")
    return action


def _add_inputs(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("files").add_argument
    add(
        "inputs", nargs="+", type=Path, metavar="INPUT", help="files, folders and patterns such as a/**/*.glb"
    )
    add(
        "--style",
        action="append",
        required=True,
        metavar="IMAGE[:WEIGHT]",
        dest="styles",
        help="the style; several are mixed by weight (default weight: 1)",
    )
    add("-o", "--output", required=True, type=Path, metavar="OUT", help="the folder that mirrors the inputs'")
    add("--variant", metavar="NAME", help="name of the variant (default: the styles' names)")
    add("--jpeg", choices=("png", "keep"), help="what JPEGs become (default: keep in glTF alone)")
    command.set_defaults(report=None)


def _add_running(command: argparse.ArgumentParser) -> None:
    add = command.add_argument_group("running").add_argument
    add("--jobs", type=int, metavar="N", help="workers (default: one a GPU, or one on a processor)")
    add("--engine", default="local", choices=ENGINES, help="where workers are (default: %(default)s)")
    add(
        "--ray-address",
        metavar="HOST:PORT",
        help="a Ray cluster; auto finds a running one (default: a new one here)",
    )
    add(
        "--gpu-share",
        type=float,
        default=1.0,
        metavar="X",
        help="of a GPU to a worker (default: %(default)g)",
    )
    add("--shard", metavar="I/N", help="begin with this part; take over what others leave (default: all)")
    add(
        "--attempts", type=int, default=3, metavar="N", help="when a worker ends at it (default: %(default)d)"
    )
    add("--asset-timeout", type=float, metavar="SECONDS", help="for one attempt (default: none)")
    add(
        "--farm",
        default="no",
        choices=FARMS,
        help="failed assets do not fail the run; openjd: its progress (default: %(default)s)",
    )


def _add_showing(command: argparse.ArgumentParser, *, dry_run: bool = False) -> None:
    add = command.add_argument_group("showing").add_argument
    if dry_run:
        add("--dry-run", action="store_true", help="say what would be done, and why (default: do it)")
    add("--json", action="store_true", help="print every asset as JSON (default: lines)")
    add("--csv", action="store_true", help="print every asset as CSV (default: lines)")
    add("--events", action="store_true", help="print what happens as lines of JSON (default: words)")
