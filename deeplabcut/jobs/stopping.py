"""Signals become a wish to stop: the first asks, the second ends the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from deeplabcut.core.progress import Progress

_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")
SIGNALS = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
_HANG_UP = getattr(signal, "SIGHUP", None)  # the terminal, or the connection to it, was closed


@dataclass
class Stop:
    """Which signal asked to stop, if one did."""

    number: int | None = None


@contextmanager
def stoppable(
    progress: Progress,
    *,
    first: Callable[[], object] = lambda: None,
    second: Callable[[], object] = lambda: None,
) -> Iterator[Stop]:
    """For a block, SIGINT, SIGTERM, Ctrl-Break and SIGHUP cancel ``progress``; a second one ends the process at once.

    A closing terminal may send SIGHUP twice: that counts once. Under ``nohup`` it stays ignored. Handlers belong to
    the main thread; elsewhere the block runs without them and its thread's owner cancels.

    Parameters
    ----------
    first, second : function
        Called inside the handler: after the first signal, and before the second ends the process.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(number: int, _: FrameType | None) -> None:
        if stop.number is None:
            stop.number = number
            progress.cancel()
            first()
        elif number != _HANG_UP:
            second()
            os._exit(128 + number)

    wanted = [n for n in SIGNALS if n != _HANG_UP or signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handle) for number in wanted}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
