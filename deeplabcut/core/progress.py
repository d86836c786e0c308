"""One voice for long work: tasks that count steps, reporters that show them, and a way to stop.

Library code opens a task and advances it; who listens is decided by the front end::

    with progress.task("read", total=n_frames, unit="frame", label=video.name) as task:
        for frame in frames:
            ...
            task.advance()

`advance` raises `Cancelled` after `Progress.cancel`, so work stops between two steps.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from deeplabcut.core.errors import Cancelled
from deeplabcut.core.text import printable as printable


@dataclass
class Task:
    """A piece of work with a count; ``total`` is None where it is not known."""

    name: str
    total: int | None
    unit: str
    label: str
    progress: Progress = field(repr=False)
    done: int = 0
    started_s: float = field(default_factory=time.monotonic)

    def advance(self, n: int = 1) -> None:
        """Count ``n`` more steps; raises `Cancelled` if the work was told to stop."""
        self.done += n
        self.progress.check()
        self.progress.reporter.update(self)

    @property
    def rate(self) -> float:
        """Steps per second since the task began."""
        return self.done / max(time.monotonic() - self.started_s, 1e-9)


class Reporter(Protocol):
    """Shows tasks to a person or a program."""

    def start(self, task: Task) -> None: ...
    def update(self, task: Task) -> None: ...
    def end(self, task: Task, error: BaseException | None) -> None: ...
    def message(self, text: str) -> None: ...


class Progress:
    """Hands tasks to a reporter and carries the wish to stop."""

    def __init__(self, reporter: Reporter | None = None) -> None:
        self.reporter: Reporter = reporter or Silent()
        self._cancelled = threading.Event()

    @contextmanager
    def task(self, name: str, *, total: int | None = None, unit: str = "step", label: str = "") -> Iterator[Task]:
        """Open a task for the length of a block."""
        self.check()
        task = Task(name, total, unit, label, self)
        self.reporter.start(task)
        error: BaseException | None = None
        try:
            yield task
        except BaseException as caught:
            error = caught
            raise
        finally:
            self.reporter.end(task, error)

    def message(self, text: str) -> None:
        """Say something that is not a count."""
        self.reporter.message(text)

    def cancel(self) -> None:
        """Ask the work to stop; safe from another thread or a signal handler."""
        self._cancelled.set()

    def check(self) -> None:
        """Raise `Cancelled` if somebody asked to stop."""
        if self._cancelled.is_set():
            raise Cancelled("Stopped on request.", fix="run the same command again to continue")


class Silent:
    """Shows nothing."""

    def start(self, task: Task) -> None: ...
    def update(self, task: Task) -> None: ...
    def end(self, task: Task, error: BaseException | None) -> None: ...
    def message(self, text: str) -> None: ...


class JsonLines:
    """One JSON object per line: for programs, logs and the parent of a worker process."""

    def __init__(self, stream: TextIO, every_s: float = 0.5) -> None:
        self.stream = stream
        self.every_s = every_s
        self._last_s = 0.0

    def start(self, task: Task) -> None:
        self._write("start", task)

    def update(self, task: Task) -> None:
        if time.monotonic() - self._last_s >= self.every_s:
            self._write("update", task)

    def end(self, task: Task, error: BaseException | None) -> None:
        self._write("end", task, error=None if error is None else f"{type(error).__name__}: {error}")

    def message(self, text: str) -> None:
        self._emit({"event": "message", "text": text})

    def _write(self, event: str, task: Task, **more: object) -> None:
        self._last_s = time.monotonic()
        facts = {"task": task.name, "label": task.label, "done": task.done, "total": task.total, "unit": task.unit}
        self._emit({"event": event, **facts, **more})

    def _emit(self, record: dict[str, object]) -> None:
        self.stream.write(json.dumps(record) + "\n")
        self.stream.flush()


_LONGEST_LABEL = 30  # characters of a name on the line that fills up: counts and bar need the rest


class Terminal:
    """A line that fills up on a terminal; on anything else a plain line at the start and at the end."""

    def __init__(self, stream: TextIO | None = None, every_s: float = 0.1) -> None:
        self.stream = stream or sys.stderr
        self.every_s = every_s
        self.live = self.stream.isatty()
        self._last_s = 0.0

    def start(self, task: Task) -> None:
        if self.live:
            self._draw(task)

    def update(self, task: Task) -> None:
        if self.live and time.monotonic() - self._last_s >= self.every_s:
            self._draw(task)

    def end(self, task: Task, error: BaseException | None) -> None:
        outcome = "" if error is None else "  stopped" if isinstance(error, Cancelled) else "  failed"
        self._write(("\r\033[K" if self.live else "") + self._line(task) + outcome + "\n")

    def message(self, text: str) -> None:
        self._write(("\r\033[K" if self.live else "") + text + "\n")

    def _draw(self, task: Task) -> None:
        self._last_s = time.monotonic()
        bar = ""
        if task.total:
            filled = round(24 * min(1.0, task.done / task.total))
            left_s = (task.total - task.done) / task.rate if task.done else None
            bar = f" [{'#' * filled}{'.' * (24 - filled)}]" + ("" if left_s is None else f" {_clock(left_s)} left")
        self._write(f"\r\033[K\033[?7l{self._line(task, _LONGEST_LABEL)}{bar}\033[?7h")  # never a second line

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a terminal that was closed is no reason to lose the work
            self.stream.write(text)
            self.stream.flush()

    def _line(self, task: Task, longest_label: int | None = None) -> str:
        count = f"{task.done:,}" + (f"/{task.total:,}" if task.total is not None else "")
        label = printable(task.label)
        if longest_label is not None and len(label) > longest_label:
            label = f"{label[: longest_label // 2]}...{label[-(longest_label // 2) :]}"
        label = f" {label}" if label else ""
        speed = f", {task.rate:,.0f} {task.unit}s/s" if task.done else ""
        return f"{task.name}{label}: {count} {task.unit}s{speed}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


_current: ContextVar[Progress | None] = ContextVar("deeplabcut_progress", default=None)


def current() -> Progress:
    """The progress that the front end listens to; in a script or a notebook, plain lines on standard error."""
    return _current.get() or Progress(Terminal() if sys.stderr is not None else Silent())


@contextmanager
def in_force(progress: Progress) -> Iterator[Progress]:
    """Make ``progress`` the current one for a block."""
    token = _current.set(progress)
    try:
        yield progress
    finally:
        _current.reset(token)
