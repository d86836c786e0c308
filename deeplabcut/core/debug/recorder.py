"""The last log lines, kept in memory, and timings that are logged on request."""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

LOG_QUEUE_MAXLEN = 1000


@dataclass(frozen=True)
class _TimingSettings:
    """What the environment says about timings: ``DLC_LOG_TIMING``, ``DLC_LOG_TIMING_THRESHOLD_MS``."""

    on: bool
    threshold_ms: float | None

    @classmethod
    def read(cls) -> _TimingSettings:
        on = os.environ.get("DLC_LOG_TIMING", "").strip().lower() in ("1", "true", "yes", "on")
        try:
            threshold_ms = float(os.environ.get("DLC_LOG_TIMING_THRESHOLD_MS", ""))
        except ValueError:
            threshold_ms = None
        return cls(on, threshold_ms)


_timing = [_TimingSettings.read()]


def reload_debug_settings_from_env() -> None:
    """Read the timing variables of the environment again."""
    _timing[0] = _TimingSettings.read()


@contextmanager
def log_timing(
    logger: logging.Logger, label: str, *, level: int = logging.DEBUG, threshold_ms: float | None = None
) -> Iterator[None]:
    """Log how long a block took, if timing is switched on and ``logger`` listens at ``level``.

    Parameters
    ----------
    threshold_ms : float, optional
        Shorter blocks are not logged; the environment's threshold by default.
    """
    settings = _timing[0]
    if not (settings.on and logger.isEnabledFor(level)):
        yield
        return
    shortest_ms = settings.threshold_ms if threshold_ms is None else threshold_ms
    started_s = time.perf_counter()
    try:
        yield
    finally:
        took_ms = 1000 * (time.perf_counter() - started_s)
        if shortest_ms is None or took_ms >= shortest_ms:
            logger.log(level, "%s took %.2f ms", label, took_ms)


@dataclass(frozen=True)
class RecordedLog:
    """One log line; ``created`` is in seconds since the epoch."""

    created: float
    level: str
    logger_name: str
    message: str
    exc_text: str | None = None


class InMemoryDebugRecorder(logging.Handler):
    """Keeps the newest ``capacity`` lines that reach it."""

    def __init__(self, *, capacity: int = LOG_QUEUE_MAXLEN, level: int = logging.DEBUG) -> None:
        super().__init__(level)
        self._lines: deque[RecordedLog] = deque(maxlen=max(1, capacity))
        self._dropped = 0

    @property
    def dropped_count(self) -> int:
        """How many older lines had to make room."""
        return self._dropped

    def emit(self, record: logging.LogRecord) -> None:
        """Keep ``record``; a line that cannot be formatted is kept unformatted, and nothing is ever raised."""
        try:
            message = record.getMessage()
        except Exception:
            message = f"{record.msg!r} (could not be formatted)"
        try:
            exc_text = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else record.exc_text
        except Exception:
            exc_text = "(traceback could not be formatted)"
        self._dropped += len(self._lines) == self._lines.maxlen
        self._lines.append(RecordedLog(record.created, record.levelname, record.name, message, exc_text))

    def clear(self) -> None:
        """Forget every line."""
        with self.lock or _NoLock():
            self._lines.clear()
            self._dropped = 0

    def snapshot(self) -> list[RecordedLog]:
        """The kept lines, oldest first."""
        with self.lock or _NoLock():
            return list(self._lines)

    def render_text(self, *, limit: int = 200) -> str:
        """The newest ``limit`` lines as text; with timing on, a column counts milliseconds from the first of them."""
        lines = self.snapshot()[-limit:] if limit > 0 else []
        return "\n".join(self._render(line, lines[0].created) for line in lines)

    def _render(self, line: RecordedLog, first: float) -> str:
        columns = [
            datetime.fromtimestamp(line.created).strftime("%H:%M:%S.%f")[:-3],
            line.level,
            line.logger_name,
            line.message,
        ]
        if _timing[0].on:
            columns.insert(1, f"+{1000 * (line.created - first):.1f} ms")
        text = " | ".join(columns)
        return f"{text}\n{line.exc_text.rstrip()}" if line.exc_text else text


class _NoLock:
    """Stands in where a logging handler has no lock."""

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def install_debug_recorder(
    *,
    logger_name: str = "deeplabcut",
    capacity: int = LOG_QUEUE_MAXLEN,
    handler_level: int = logging.INFO,
    ensure_logger_level: int | None = None,
) -> InMemoryDebugRecorder:
    """The recorder of this logger, attached on the first call.

    Parameters
    ----------
    logger_name : str
        Never the root logger: an empty name or ``"root"`` is refused.
    ensure_logger_level : int, optional
        Lower the logger's level to this one if it lets less through; otherwise the level stays as it is.
    """
    if logger_name in ("", "root"):
        raise ValueError("The recorder listens to a named logger, such as 'deeplabcut', not to the root logger.")
    logger = logging.getLogger(logger_name)
    recorder = get_debug_recorder(logger_name=logger_name)
    if recorder is None:
        recorder = InMemoryDebugRecorder(capacity=capacity, level=handler_level)
        logger.addHandler(recorder)
    if ensure_logger_level is not None and logger.getEffectiveLevel() > ensure_logger_level:
        logger.setLevel(ensure_logger_level)
    return recorder


def get_debug_recorder(*, logger_name: str = "deeplabcut") -> InMemoryDebugRecorder | None:
    """The recorder attached to this logger, or None."""
    handlers = logging.getLogger(logger_name).handlers
    return next((handler for handler in handlers if isinstance(handler, InMemoryDebugRecorder)), None)
