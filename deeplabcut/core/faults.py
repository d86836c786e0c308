"""Failures on demand: the plan that tests use to break, fill up or kill at any step of a write.

``DLC_FAULT`` holds the plan of a process: ``write:3`` fails the third write, likewise ``fsync:k`` and
``replace:k``; ``kill:7`` ends the process (as ``SIGKILL`` does) at the seventh step of any kind;
``enospc:4096`` is a disk with 4096 bytes left. Without the variable nothing happens.
"""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

STEPS = ("write", "fsync", "replace")


class FaultPlan:
    """Counts the steps of all writers and fails the one that ``spec`` names."""

    def __init__(self, spec: str = "") -> None:
        self.kind, _, number = spec.partition(":")
        self.number = int(number) if number else 0
        self.seen: Counter[str] = Counter()
        self.n_bytes = 0

    @property
    def n_steps(self) -> int:
        return sum(self.seen.values())

    def reach(self, step: str, n_bytes: int = 0) -> None:
        """Say that a writer is about to do ``step``; raises or kills if the plan says so."""
        self.seen[step] += 1
        if self.kind == "kill" and self.n_steps == self.number:
            os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        if self.kind == step and self.seen[step] == self.number:
            raise OSError(errno.EIO, f"injected failure of {step} number {self.number}")
        if self.kind == "enospc" and step == "write":
            self.n_bytes += n_bytes
            if self.n_bytes > self.number:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


_plans = [FaultPlan(os.environ.get("DLC_FAULT", ""))]


def reach(step: str, n_bytes: int = 0) -> None:
    """Tell the plan in force that ``step`` is about to happen."""
    _plans[-1].reach(step, n_bytes)


@contextmanager
def injected(spec: str = "") -> Iterator[FaultPlan]:
    """Put a plan in force for a block; an empty ``spec`` only counts the steps."""
    plan = FaultPlan(spec)
    _plans.append(plan)
    try:
        yield plan
    finally:
        _plans.remove(plan)
