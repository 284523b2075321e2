"""What a batch is to do, written down once: the request, and every asset with its place."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ... import __version__
from ...commands.request import Request
from ...errors import BadInput
from .assets import Asset, find_assets
from .disk import keep
from .layout import Layout

SCHEMA = 1

_FILE = "file:"
"""Before a path where a name could stand, too."""


@dataclass(frozen=True)
class Plan:
    """A batch.

    root: the folder that the assets' sources are told from; request: what is done to each, in which `inputs`
    is empty and `output` is the batch's folder; left_out: files that are no assets, and why.
    """

    root: Path
    request: Request
    assets: tuple[Asset, ...]
    left_out: tuple[tuple[str, str], ...] = ()

    def source(self, asset: Asset) -> Path:
        return self.root / asset.source

    def target(self, asset: Asset) -> Path:
        return self.request.output / asset.place


def make_plan(request: Request) -> Plan:
    """Look for the request's inputs. Raises BadInput where there are none, or a result would be an input."""
    found = find_assets(request.inputs, request.output)
    output = Path(os.path.abspath(request.output))
    plan = Plan(
        found.root,
        dataclasses.replace(request, inputs=(), output=output, report=None),
        found.assets,
        found.left_out,
    )
    read = [found.root / asset.source for asset in found.assets]
    named = [request.mask, *(style.where for style in request.styles)]
    read += [Path(path) for path in (*(style.path for style in request.styles), *filter(None, named))]
    names = {os.path.realpath(path) for path in read}
    for asset in plan.assets:
        target = plan.target(asset)
        for place in (target,) if asset.own_folder is None else (target, target.parent):
            if os.path.realpath(place) in names:
                raise BadInput(f"{place} is an input; give another output folder")
    return plan


def write_plan(plan: Plan) -> None:
    """Write the plan unless it is there already; an older one is kept in plans/. Raises BadMachine."""
    layout = Layout(plan.request.output)
    text = _to_text(plan)
    try:
        old = layout.plan.read_bytes()
    except OSError:
        old = None
    if old == text:
        return
    if old is not None:
        keep(layout.plans / f"{hashlib.sha256(old).hexdigest()[:12]}.json", old)
    keep(layout.plan, text)


def read_plan(out: Path) -> Plan:
    """The plan of a batch's folder. Raises BadInput where there is none."""
    out = Path(os.path.abspath(out))
    path = Layout(out).plan
    try:
        found = json.loads(path.read_bytes())
        if found["schema"] != SCHEMA:
            raise BadInput(f"{path} is of another version ({found['schema']}); plan the batch anew")
        request = Request.from_json(found["request"] | {"inputs": [], "output": str(out), "report": None})
        styles = tuple(
            dataclasses.replace(s, path=_resolved(s.path, out), where=_resolved_name(s.where, out))
            for s in request.styles
        )
        mask = _resolved_name(request.mask, out)
        features = _resolved_features(request.compute.features, out)
        compute = dataclasses.replace(request.compute, features=features)
        request = dataclasses.replace(request, styles=styles, compute=compute, mask=mask)
        assets = tuple(Asset(*_checked(fields)) for fields in found["assets"])
        left_out = tuple((name, reason) for name, reason in found["left_out"])
        return Plan(Path(_resolved(found["root"], out)), request, assets, left_out)
    except OSError as reason:
        raise BadInput(
            f"{out} holds no plan ({reason.strerror}); make one with `texture-stylizer batch`"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as reason:
        raise BadInput(f"{path} is damaged ({reason}); plan the batch anew") from reason


def _checked(fields: Any) -> tuple[str, str, str]:
    """An asset's three fields. Raises ValueError for what no plan holds: results would go anywhere."""
    identity, source, place = fields
    parts = place.split("/")
    is_below = ".." not in parts and not PurePath(place).is_absolute()
    is_alone = Asset(identity, source, place).own_folder is None or (
        len(parts) > 1 and parts[-1] == parts[-2]
    )
    if not (re.fullmatch("[0-9a-f]{16}", identity) and isinstance(source, str) and is_below and is_alone):
        raise ValueError(f"an asset is {fields!r:.200}")
    return identity, source, place


def _to_text(plan: Plan) -> bytes:
    """JSON with an asset a line. Paths are relative to the batch's folder, which farms mount elsewhere."""
    out = plan.request.output
    request = plan.request.to_json()
    request |= {"inputs": [], "output": "", "verbose": False, "report": None}
    for style in request["styles"]:
        style["path"] = _relative(style["path"], out)
        style["where"] = _relative_name(style["where"], out)
    request["mask"] = _relative_name(request["mask"], out)
    if Path(request["compute"]["features"]).is_file():
        request["compute"]["features"] = _relative(request["compute"]["features"], out)
    head: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        "root": _relative(str(plan.root), out),
        "request": request,
        "left_out": [],
    }
    assets = _lines([(asset.id, asset.source, asset.place) for asset in plan.assets])
    left_out = _lines(plan.left_out)
    text = json.dumps(head, indent=1)[: -len(',\n "left_out": []\n}')]
    return f'{text},\n "left_out": {left_out},\n "assets": {assets}\n}}\n'.encode()


def _lines(rows: Sequence[Any]) -> str:
    return "[" + ",".join(f"\n  {json.dumps(row, separators=(',', ':'))}" for row in rows) + "]"


def _relative(path: str, out: Path) -> str:
    try:
        return Path(os.path.relpath(path, out)).as_posix()
    except ValueError:
        # Another drive.
        return os.path.abspath(path)


def _relative_name(text: str, out: Path) -> str:
    """A mask's path from the batch's folder, marked as one; a name stays as it is."""
    return f"{_FILE}{_relative(text, out)}" if text and Path(text).is_file() else text


def _resolved_name(text: str, out: Path) -> str:
    return _resolved(text.removeprefix(_FILE), out) if text.startswith(_FILE) else text


def _resolved(path: str, out: Path) -> str:
    return os.path.normpath(out / path)


def _resolved_features(features: str, out: Path) -> str:
    return _resolved(features, out) if features.endswith(".safetensors") else features
