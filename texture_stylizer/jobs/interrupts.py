"""Ctrl+C, SIGTERM and a closed terminal: all cancel, once, and never in the middle of clearing away.

A signal is only noted, and whoever waits for something looks whether one has come: an exception at any other
moment could be lost in a library, or keep a folder from being deleted. Only a process that called
`cancel_on_signals` takes signals so; in Blender nothing of this has an effect.
"""

from __future__ import annotations

import signal

_NUMBERS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)
]


def cancel_on_signals() -> None:
    """Let every signal that asks for an end be noted; those after the first do nothing."""
    for number in _NUMBERS:
        # A shell that starts us in the background has SIGINT ignored; `nohup` ignores SIGHUP on purpose.
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
            signal.signal(number, _note)


def was_asked() -> bool:
    """Whether such a signal has come."""
    return signal.getsignal(signal.SIGINT) is _do_nothing


def raise_if_asked() -> None:
    """Raise KeyboardInterrupt where such a signal has come."""
    if was_asked():
        raise KeyboardInterrupt


def _note(*_: object) -> None:
    # Which handler is set is the note.
    signal.signal(signal.SIGINT, _do_nothing)


def _do_nothing(*_: object) -> None:
    """What Ctrl+C does after the first."""
