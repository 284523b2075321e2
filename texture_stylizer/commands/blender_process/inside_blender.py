"""What `ask.ask_blender` starts: a process that has bpy, does one task, and ends.

It is told the task and the results of the worker's jobs on its stdin, one JSON object a line, and answers on
its stdout. It ends when its stdin closes, and then deletes the private folders that it was told of.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import StylizerError, to_message
from ...jobs.protocol import Message
from ..request import Request
from ..terminal.failures import unexpected
from .channel import Channel


def main() -> None:
    """Do the one task; stdout is kept for answers alone."""
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    channel = Channel(sys.stdin, events)
    order = channel.next()
    try:
        answer: Message = {"type": "answer", **_TASKS[order["task"]](order, channel)}
    except Exception as error:
        known = error if isinstance(error, StylizerError) else unexpected(Path(order["subject"]), error)
        answer = {"type": "failed", "traceback": traceback.format_exc(), **to_message(known)}
    channel.send(answer)
    # bpy's own exit code can crash.
    os._exit(0)


def _version(order: Message, _channel: Channel) -> dict[str, Any]:
    from .open_and_save import import_bpy

    return {"version": import_bpy(Path(order["subject"])).app.version_string}


def _inspect(order: Message, _channel: Channel) -> dict[str, Any]:
    from .scene_tasks import inspect_scene

    return {"found": inspect_scene(Path(order["subject"]))}


def _variants(order: Message, channel: Channel) -> dict[str, Any]:
    from .variant_tasks import change

    target = Path(order["target"]) if order["target"] else None
    subject, action = Path(order["subject"]), order["action"]
    lines = change(subject, action, order["name"], order["amount"], target, order["home"], channel)
    return {"lines": lines}


def _stylize(order: Message, channel: Channel) -> dict[str, Any]:
    from .scene_tasks import restyle_scene

    restyled = restyle_scene(
        Request.from_json(order["request"]),
        Path(order["subject"]),
        Path(order["target"]),
        Path(order["home"]),
        channel,
    )
    return {
        "rows": restyled.rows,
        "problems": [to_message(problem) for problem in restyled.problems],
        "uses": [str(used) for used in restyled.uses],
    }


_TASKS: dict[str, Callable[[Message, Channel], dict[str, Any]]] = {
    "version": _version,
    "inspect": _inspect,
    "variants": _variants,
    "stylize": _stylize,
}

if __name__ == "__main__":
    main()
