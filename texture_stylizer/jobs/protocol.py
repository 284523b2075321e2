"""The words between Blender (or the command line) and the worker: one JSON object a line.

To the worker, on its stdin; its end means that the other side is gone:

    {"type": "run", "job": {...}}            a `Job`
    {"type": "cancel", "id": "..."}          stops that job within one iteration
    {"type": "guard", "folder": "..."}       a private folder that is to go when the worker ends
    {"type": "describe"}                     asks for a `machine` message
    {"type": "download"}                     fetches VGG19's weights, answered by `downloaded`

From the worker, on its stdout:

    {"type": "ready", "version": "..."}      once, when torch is loaded
    {"type": "heartbeat"}                    every HEARTBEAT_SECONDS
    {"type": "machine", ...}                 Python, torch, devices, features
    {"type": "downloaded", "path": "..."}
    {"type": "broken", "kind": "...", "message": "..."}   it cannot do what was asked, whatever the job
    {"type": "started", "id": "..."}
    {"type": "progress", "id": "...", ...}   the fields of a `Progress`
    {"type": "preview", "id": "...", "path": "..."}   a PNG that shows the image of the moment
    {"type": "warning", "id": "...", "message": "..."}
    {"type": "done", "id": "...", "outcome": {...}}   an `Outcome`
    {"type": "failed", "id": "...", "kind": "...", "message": "...", "traceback": "..."}
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Message = dict[str, Any]

HEARTBEAT_SECONDS = 2.0
SILENCE_LIMIT_SECONDS = 120.0
"""A worker that says nothing for so long is taken for dead, and ended."""

FOLDER_PREFIX = "texture_stylizer_"
"""Every temporary folder's name begins so, after a dot where it lies beside results; nothing else is ever
deleted as a folder."""


def is_private(folder: Path) -> bool:
    """Whether a folder is one of ours, by its name."""
    return folder.name.removeprefix(".").startswith(FOLDER_PREFIX)


def to_line(message: Message) -> str:
    """One line of text, newline included."""
    return json.dumps(message, separators=(",", ":")) + "\n"


def from_line(line: str) -> Message | None:
    """The message of a line, or None for a line that is none."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) and "type" in message else None
