"""Ctrl+C, SIGTERM and a closed terminal: all cancel, once, and never in the middle of clearing away.

Only a process that called `cancel_on_signals` takes them so; in Blender nothing of this has an effect.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

_NUMBERS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
]


def cancel_on_signals() -> None:
    """Let every signal that asks for an end raise KeyboardInterrupt; those after the first do nothing."""
    for number in _NUMBERS:
        # A shell that starts us in the background has SIGINT ignored; `nohup` ignores SIGHUP on purpose.
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
            signal.signal(number, _cancel)


def was_asked() -> bool:
    """Whether such a signal has come."""
    return signal.getsignal(signal.SIGINT) is _do_nothing


def raise_if_asked() -> None:
    """Raise KeyboardInterrupt again: some libraries lose it, while they are imported for instance."""
    if was_asked():
        raise KeyboardInterrupt


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Put off what such a signal would do until the block is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    handled = [number for number, handler in before.items() if callable(handler)]
    for number in handled:
        signal.signal(number, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, before[number])
        if came:
            signal.raise_signal(came[0])


def _cancel(*_: object) -> None:
    for number in _NUMBERS:
        if signal.getsignal(number) is _cancel:
            signal.signal(number, _do_nothing)
    raise KeyboardInterrupt


def _do_nothing(*_: object) -> None:
    """What the signals after the first do."""
