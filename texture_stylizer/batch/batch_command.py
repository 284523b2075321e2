"""`texture-stylizer batch` and its actions, from options to an exit status.

Exit status: 0 all done; 1 some assets failed, each named; 2 the arguments are wrong; 3 this machine cannot
work; 130 ended by a signal.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..commands.file_kinds import IMAGE_SUFFIXES
from ..commands.request import Request, WrongArguments
from ..commands.terminal.display import say, tell, tell_exactly
from ..errors import BadInput, BadMachine
from ..settings import check_number
from . import events
from .executors.contract import Executor
from .report.bar import BatchBar
from .report.manifest import Row, count_states, rows_of, rows_of_verdicts, to_csv, to_json
from .run import RunOptions, Shard, look, run_plan
from .scheduler import Limits
from .state.batch_plan import Plan, make_plan, read_plan, write_plan
from .state.layout import Layout
from .state.ledger import Ledger, is_unchanged
from .stopping import stop_on_signals

MakeRequest = Callable[[argparse.Namespace], Request]


def run(options: argparse.Namespace, make_request: MakeRequest) -> int:
    """Do one action. Returns the exit status; raises WrongArguments."""
    try:
        return _ACTIONS[options.action](options, make_request)
    except BadMachine as problem:
        say(f"error: {problem}")
        return 3
    except BadInput as problem:
        raise WrongArguments(str(problem)) from None


def _batch(options: argparse.Namespace, make_request: MakeRequest) -> int:
    run_options = _run_options(options)
    plan = _plan_of(options, make_request)
    if options.dry_run:
        return _dry_run(plan, options)
    write_plan(plan)
    return _run(plan, run_options, options)


def _plan(options: argparse.Namespace, make_request: MakeRequest) -> int:
    plan = _plan_of(options, make_request)
    write_plan(plan)
    tell(f"{len(plan.assets)} assets -> {Layout(plan.request.output).plan}")
    return 0


def _resume(options: argparse.Namespace, _: MakeRequest) -> int:
    run_options, plan = _run_options(options), _read(options)
    return _dry_run(plan, options) if options.dry_run else _run(plan, run_options, options)


def _retry(options: argparse.Namespace, make_request: MakeRequest) -> int:
    run_options, plan = _run_options(options), _read(options)
    ledger = Ledger(Layout(plan.request.output))
    named = set(options.asset or ())
    if not options.failed and not named:
        raise WrongArguments("nothing is named; give --failed, or --asset SOURCE")
    unknown = named - {asset.source for asset in plan.assets}
    if unknown:
        raise WrongArguments(f"the plan has no asset {min(unknown)}; see batch status")
    for asset in plan.assets:
        record = ledger.read(asset)
        is_failed = record is not None and record.status in ("failed", "quarantined")
        if asset.source in named or (options.failed and is_failed):
            ledger.forget(asset)
    return _run(plan, run_options, options)


def _status(options: argparse.Namespace, _: MakeRequest) -> int:
    plan = _read(options)
    rows = list(rows_of(plan, Ledger(Layout(plan.request.output))))
    if not _print_table(rows, plan, options):
        states = ", ".join(f"{count} {state}" for state, count in sorted(count_states(rows).items()))
        tell(f"{len(rows)} assets: {states}")
        for row in rows:
            if row.state in ("failed", "quarantined"):
                tell(f"{row.state}: {row.source}: {row.reason}")
    return 1 if any(row.state in ("failed", "quarantined") for row in rows) else 0


def _verify(options: argparse.Namespace, _: MakeRequest) -> int:
    plan = _read(options)
    ledger = Ledger(Layout(plan.request.output))
    checked, wrong = 0, []
    for asset in plan.assets:
        record = ledger.read(asset)
        for output in record.outputs if record is not None and record.status == "done" else ():
            checked += 1
            if not is_unchanged(output, plan.request.output):
                wrong.append(output.path)
    if options.json:
        tell_exactly(json.dumps({"checked": checked, "wrong": wrong}, indent=1))
    else:
        for path in wrong:
            is_there = (plan.request.output / path).exists()
            how = "was changed; move it away and" if is_there else "is gone;"
            say(f"error: {path} {how} run the batch again")
        tell(f"{checked - len(wrong)} of {checked} files are as they were made")
    return 1 if wrong else 0


def _report(options: argparse.Namespace, _: MakeRequest) -> int:
    from .report.page import write_report

    tell(str(write_report(_read(options))))
    return 0


def _export_openjd(options: argparse.Namespace, _: MakeRequest) -> int:
    from .farm.openjd import write_template

    tell(str(write_template(_read(options), options.to, _shards(options))))
    return 0


def _export_flamenco(options: argparse.Namespace, _: MakeRequest) -> int:
    from .farm.flamenco import write_job_type

    tell(str(write_job_type(_read(options), options.to, _shards(options))))
    return 0


_ACTIONS: dict[str, Callable[[argparse.Namespace, MakeRequest], int]] = {
    "batch": _batch,
    "plan": _plan,
    "run": _resume,
    "retry": _retry,
    "status": _status,
    "verify": _verify,
    "report": _report,
    "export-openjd": _export_openjd,
    "export-flamenco": _export_flamenco,
}


def _plan_of(options: argparse.Namespace, make_request: MakeRequest) -> Plan:
    if options.output.exists() and not options.output.is_dir():
        raise WrongArguments(f"{options.output} is a file; give a folder")
    plan = make_plan(make_request(options))
    for source, reason in plan.left_out:
        if Path(source).suffix.lower() not in IMAGE_SUFFIXES and not getattr(options, "dry_run", False):
            say(f"warning: {source} is left out: {reason}")
    return plan


def _read(options: argparse.Namespace) -> Plan:
    return read_plan(options.output)


def _run(plan: Plan, run_options: RunOptions, options: argparse.Namespace) -> int:
    """Run a plan, show it, and say how it ended."""
    is_table = options.json or options.csv
    with stop_on_signals() as stopping, _shown(options, quiet=is_table) as emit:
        tally = run_plan(plan, run_options, lambda: _executor(options), emit, stopping)
    if is_table:
        _print_table(list(rows_of(plan, Ledger(Layout(plan.request.output)))), plan, options)
    elif not options.events:
        tell(
            f"{tally.done} of {len(plan.assets)} assets are done ({tally.skipped} were before), "
            f"{len(tally.failed)} failed -> {plan.request.output}"
        )
    if stopping.asked:
        return 130
    return 1 if tally.failed and options.farm == "no" else 0


@contextlib.contextmanager
def _shown(options: argparse.Namespace, *, quiet: bool) -> Iterator[events.Emit]:
    """Where a run's events go: to the bar, to another program, or to a farm's manager."""
    if options.events:
        yield lambda event: tell(json.dumps(events.to_json(event), separators=(",", ":")))
        return
    with BatchBar(quiet=quiet) as bar:
        if options.farm == "openjd":
            from .farm.openjd import ProgressLines

            lines = ProgressLines(bar)
            yield lines.on_event
        else:
            yield bar.on_event


def _executor(options: argparse.Namespace) -> Executor:
    if options.engine == "in-process":
        from .executors.in_process import InProcess

        return InProcess()
    if options.engine == "ray":
        from .executors.ray import Ray

        return Ray(options.ray_address, jobs=options.jobs, gpu_share=options.gpu_share)
    from .executors.local import Local

    return Local(options.jobs, options.gpu_share)


def _dry_run(plan: Plan, options: argparse.Namespace) -> int:
    """Say what a run would do. Nothing is written."""
    rows = list(rows_of_verdicts(look(plan)))
    if _print_table(rows, plan, options):
        return 0
    for row in rows:
        tell(f"{row.state}: {row.source} -> {row.output}: {row.reason}")
    for source, reason in plan.left_out:
        tell(f"left out: {source}: {reason}")
    counts = count_states(rows)
    tell(f"{counts.get('to do', 0)} assets to do, {counts.get('finished', 0)} finished")
    return 0


def _print_table(rows: Sequence[Row], plan: Plan, options: argparse.Namespace) -> bool:
    """Print JSON or CSV where it is asked for."""
    if options.json:
        tell_exactly(to_json(rows, plan.left_out))
    elif options.csv:
        tell_exactly(to_csv(rows))
    return options.json or options.csv


def _run_options(options: argparse.Namespace) -> RunOptions:
    """Raises WrongArguments for numbers that make no sense."""
    if options.json and options.csv:
        raise WrongArguments("--json and --csv both want the output; give one of them")
    if options.ray_address and options.engine != "ray":
        raise WrongArguments("--ray-address needs --engine ray")
    try:
        check_number("--attempts", options.attempts, 1, 100, whole=True)
        check_number("--gpu-share", options.gpu_share, 0.01, 1)
        if options.jobs is not None:
            check_number("--jobs", options.jobs, 1, 1024, whole=True)
        if options.asset_timeout is not None:
            check_number("--asset-timeout", options.asset_timeout, 0.1)
    except BadInput as problem:
        raise WrongArguments(str(problem)) from None
    return RunOptions(Limits(options.attempts, options.asset_timeout), _shard(options.shard))


def _shard(text: str | None) -> Shard:
    if text is None:
        return Shard()
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise WrongArguments(f"--shard is {text!r}, but must be I/N with I from 1 to N, such as 3/20")
    return Shard(int(number), int(count))


def _shards(options: argparse.Namespace) -> int:
    try:
        check_number("--shards", options.shards, 1, 100_000, whole=True)
    except BadInput as problem:
        raise WrongArguments(str(problem)) from None
    return options.shards
