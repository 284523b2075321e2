"""What is finished already: told by the bytes of what went in, and by what came out being there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadInput
from .state.assets import Asset
from .state.batch_plan import Plan
from .state.fingerprint import asset_key, is_of_request, request_key, sha256_of
from .state.ledger import Ledger, Record, is_there, is_unchanged


@dataclass(frozen=True)
class Verdict:
    """What is to be done about an asset. finished: nothing; why: the reason, as a sentence; record: what is
    known of it; key: what its result would have, or "" where its file cannot be read."""

    asset: Asset
    finished: bool
    why: str
    record: Record | None
    key: str = ""


class Recognition:
    """Compares a plan with the ledger. The styles and settings are read once."""

    def __init__(self, plan: Plan, ledger: Ledger) -> None:
        """Raises BadInput where a style cannot be read."""
        self._plan = plan
        self._ledger = ledger
        self.request = request_key(plan.request)

    def judge_all(self, assets: Sequence[Asset]) -> Iterator[Verdict]:
        """A verdict for each, in order. Files are read and hashed by several threads."""
        with ThreadPoolExecutor(min(8, 2 * (os.cpu_count() or 1))) as threads:
            yield from threads.map(self.judge, assets)

    def judge(self, asset: Asset) -> Verdict:
        """Whether an asset's result is there and still right."""
        record = self._ledger.read(asset)
        try:
            key = asset_key(self.request, sha256_of(self._plan.source(asset)))
        except OSError as reason:
            return Verdict(asset, False, f"it cannot be read ({reason.strerror})", record)
        why = self._why_not_finished(asset, record, key)
        if why is None:
            assert record is not None
            return Verdict(asset, True, _why_finished(record), record, key)
        return Verdict(asset, False, why, record, key)

    def settled(self, asset: Asset) -> Record | None:
        """An asset's record where some run brought this request's work on it to an end, without a look at its
        bytes: what another shard has done a moment ago."""
        record = self._ledger.read(asset)
        if record is None or record.status == "working" or not is_of_request(record.key, self.request):
            return None
        return record

    def _why_not_finished(self, asset: Asset, record: Record | None, key: str) -> str | None:
        if record is None:
            return "it is new"
        if record.status == "working":
            return "an earlier run was ended while it worked on it"
        if record.key != key:
            same = is_of_request(record.key, self.request)
            return "it has changed" if same else "the styles, the settings or the version are others"
        if record.place != asset.place:
            return "its result goes to another place"
        if record.status == "quarantined":
            return None
        if record.status == "failed":
            return f"it failed: {record.reason}"
        return self._what_changed(record)

    def _what_changed(self, record: Record) -> str | None:
        for used in record.uses:
            if not is_unchanged(used, self._plan.root):
                return f"{used.path}, which it uses, has changed"
        for output in record.outputs:
            if not is_there(output, self._plan.request.output):
                return f"{output.path} is gone or was changed"
        return None


def _why_finished(record: Record) -> str:
    if record.status == "quarantined":
        return f"it is quarantined: {record.reason}; `batch retry` tries it again"
    return "it is finished"


def check_place(plan: Plan, asset: Asset, record: Record | None) -> None:
    """Raises BadInput where something lies in an asset's place that no run of this batch put there."""
    out = plan.request.output
    target = plan.target(asset)
    if not target.resolve().is_relative_to(out.resolve()):
        raise BadInput(f"{target} lies outside of {out}, through a symbolic link; choose another folder")
    if record is not None and record.status == "working" and record.place == asset.place:
        # An earlier run looked before it began; what lies there is what it left.
        return
    ours = {} if record is None else {out / output.path: output for output in record.outputs}
    for path in files_in_place(plan, asset):
        if path not in ours or not is_unchanged(ours[path], out):
            raise BadInput(
                f"{path} is there already and is no earlier result; move it away, or choose another folder"
            )


def files_in_place(plan: Plan, asset: Asset) -> list[Path]:
    """The files where an asset's result is to go."""
    target = plan.target(asset)
    if asset.own_folder is None:
        return [target] if os.path.lexists(target) else []
    return sorted(path for path in target.parent.rglob("*") if path.is_symlink() or not path.is_dir())
