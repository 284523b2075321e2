"""Numbers as people say them: times, and how a process ended."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable


def duration(seconds: float, translate: Callable[[str], str] = str) -> str:
    """`40 s`, `3 min 20 s`, or `2 h 5 min`. translate: gives the pattern in the user's language."""
    whole = max(0, round(seconds))
    if whole < 60:
        return translate("{} s").format(whole)
    if whole < 3600:
        return _two(whole, "{} min {} s", "{} min", translate)
    return _two(round(whole / 60), "{} h {} min", "{} h", translate)


def _two(number: int, both: str, one: str, translate: Callable[[str], str]) -> str:
    """A number of a unit in sixties and the rest of it; in sixties alone where no rest is left."""
    sixties, rest = divmod(number, 60)
    return translate(both).format(sixties, rest) if rest else translate(one).format(sixties)


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
