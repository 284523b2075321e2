"""Numbers as people say them: times, and how a process ended."""

from __future__ import annotations

import contextlib
import signal


def duration(seconds: float) -> str:
    """`40 s`, `3 min 20 s`, or `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    minutes = round(whole / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def how_it_ended(code: int) -> str:
    """What a process's exit code says, such as that it was killed or that it crashed."""
    if code == -9:
        return "it was killed, perhaps for want of memory"
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"it was ended by {signal.Signals(-code).name}"
    if code == 0:
        return "it ended by itself"
    # Windows gives the numbers of its own faults, such as 0xC0000005.
    return f"it ended with the error {code if code < 2**16 else hex(code)}"
