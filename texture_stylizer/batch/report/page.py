"""One HTML page of a batch, which opens without a server; its pictures lie beside it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ..state.assets import Asset
from ..state.batch_plan import Plan
from ..state.disk import keep
from ..state.layout import Layout
from ..state.ledger import Ledger, Record

_TEMPLATE = Path(__file__).with_name("page.html")
_PLACE = "/*BATCH*/null"
_SIGN = b"<title>Texture Stylizer: batch</title>"
"""By this a page of a batch is told from somebody else's report.html."""


def write_report(plan: Plan) -> Path:
    """Write the page of what the ledger says now. Returns its path. Raises BadInput where it cannot be."""
    layout = Layout(plan.request.output)
    _check_place(layout.report)
    ledger = Ledger(layout)
    described = {
        "made": time.strftime("%Y-%m-%d %H:%M"),
        "settings": _settings(plan),
        "assets": [_entry(layout, asset, ledger.read(asset)) for asset in plan.assets],
    }
    text = json.dumps(described, separators=(",", ":"), ensure_ascii=False)
    # Within a script nothing may look like its end, nor like a comment's beginning.
    text = text.replace("<", "\\u003c")
    page = _TEMPLATE.read_text("utf-8").replace(_PLACE, text)
    keep(layout.report, page.encode("utf-8", "replace"))
    return layout.report


def _check_place(path: Path) -> None:
    """Raises BadInput where another page would be lost."""
    if os.path.lexists(path) and not (path.is_file() and _SIGN in path.read_bytes()[:1000]):
        raise BadInput(f"{path} is there already and is no page of a batch; move it away")


def _settings(plan: Plan) -> dict[str, Any]:
    """The settings that a reader looks for, by the words of the command line."""
    request = plan.request
    styles = ", ".join(f"{Path(style.path).name} ({style.weight:g})" for style in request.styles)
    chosen = {name.replace("_", " "): value for name, value in request.settings.to_json().items()}
    first = {"style": styles, "features": request.compute.features, "variant": request.variant}
    return first | {name: value for name, value in chosen.items() if value is not None}


def _entry(layout: Layout, asset: Asset, record: Record | None) -> dict[str, Any]:
    """What the page shows of an asset; short names, since there may be many thousand."""
    entry: dict[str, Any] = {"name": asset.source, "state": record.status if record else "new"}
    if record is None:
        return entry
    last = record.attempts[-1] if record.attempts else None
    entry |= {
        "seconds": round(record.seconds, 2),
        "tries": len(record.attempts),
        "host": last.host if last else "",
        "phases": last.phases if last else {},
        "textures": [f"{row['input']} {row['size'][0]} x {row['size'][1]}" for row in record.textures],
        "notes": list(record.warnings),
        "place": asset.place,
    }
    if record.status in ("failed", "quarantined"):
        entry["reason"] = record.reason
    for which in ("before", "after"):
        picture = layout.picture(asset.id, which)
        if record.status == "done" and picture.is_file():
            entry[which] = picture.relative_to(layout.out).as_posix()
    return entry
