"""Ctrl+C twice: after the first what is in hand is finished, after the second it is given up."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

from ..jobs.interrupts import was_asked

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Stopping:
    """How often this process was asked to end."""

    def __init__(self) -> None:
        self.count = 0

    @property
    def asked(self) -> bool:
        """Whether nothing more is to be begun."""
        return self.count > 0

    def ask(self) -> None:
        """What a signal does."""
        self.count += 1

    def raise_if_pressed_again(self) -> None:
        """Raises KeyboardInterrupt at the second."""
        if self.count > 1:
            raise KeyboardInterrupt


@contextlib.contextmanager
def stop_on_signals() -> Iterator[Stopping]:
    """Within this block signals are counted. Only a process's first thread is told of signals."""
    stopping = Stopping()
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    # It may have come while the libraries were loaded, or the inputs looked for.
    was_asked_before = was_asked()
    try:
        for number, handler in before.items():
            # `nohup` and shells ignore signals on purpose.
            if handler is not signal.SIG_IGN or number == signal.SIGINT:
                signal.signal(number, lambda *_: stopping.ask())
        if was_asked_before:
            stopping.ask()
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
