"""What a job says while it runs: one JSON object per line.

First ``{"event": "job", ...}``; then the tasks and messages of `deeplabcut.core.progress.JsonLines` (``start``,
``update``, ``end``, ``message``); last, exactly one ``result`` or ``error``, which carries the exit code. A job
without a last line has died.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import threading
import traceback
from enum import Enum
from typing import Any, TextIO

from deeplabcut.core.errors import Cancelled, DeepLabCutError
from deeplabcut.core.progress import JsonLines

Event = dict[str, Any]


class EventWriter:
    """A text stream that takes whole lines from several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def emit(self, event: Event) -> None:
        """Write one event."""
        self.write(json.dumps(event, ensure_ascii=True) + "\n")

    def write(self, line: str) -> int:
        """Write one line, whole."""
        with self._lock:
            self._stream.write(line)
            self._stream.flush()
        return len(line)

    def flush(self) -> None:
        """Every line has been flushed already."""

    def reporter(self) -> JsonLines:
        """A reporter whose tasks and messages become events here."""
        return JsonLines(self)  # type: ignore[arg-type]


class LogEvents(logging.Handler):
    """Log records as ``message`` events."""

    def __init__(self, events: EventWriter, level: int = logging.WARNING) -> None:
        super().__init__(level)
        self._events = events

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; logging never fails a job."""
        try:
            text, level = self.format(record), record.levelname.lower()
            self._events.emit({"event": "message", "level": level, "logger": record.name, "text": text})
        except Exception:
            self.handleError(record)


def job_event(verb: str, arguments: dict[str, Any]) -> Event:
    """The first line of a job."""
    return {"event": "job", "verb": verb, "arguments": arguments, "pid": os.getpid()}


def result_event(value: Any) -> Event:
    """The last line of a job that has finished; a report that found something wrong sets the exit code itself."""
    return {"event": "result", "exit_code": exit_code_of(value), "value": plain_value(value)}


def error_event(error: BaseException, *, signal_number: int | None = None) -> Event:
    """The last line of a job that failed: code, message, where, what to do."""
    event: Event = {"event": "error", "type": type(error).__name__, "where": None, "fix": None}
    if isinstance(error, Cancelled | KeyboardInterrupt):
        fix = error.fix if isinstance(error, Cancelled) else None
        exit_code = 128 + (signal_number or 2)
        return {**event, "code": Cancelled.code, "message": "Stopped on request.", "fix": fix, "exit_code": exit_code}
    if isinstance(error, DeepLabCutError):
        event |= {"code": error.code, "message": error.message, "where": error.where, "fix": error.fix}
        return {**event, "exit_code": error.exit_code}
    if isinstance(error, MemoryError):
        event |= {"message": "There is not enough memory.", "fix": "close other programs, or take smaller batches"}
    elif isinstance(error, ImportError):
        event |= {
            "message": f"A part of the installation is missing or broken: {error}.",
            "fix": "see what: dlc doctor",
        }
    elif isinstance(error, OSError) and error.strerror:
        event |= {"message": f"{error.strerror}.", "where": _place(error)}
        event["fix"] = "check the path, its permissions and the room on the disk"
    else:
        event |= {
            "message": f"Unexpected {type(error).__name__}: {error}",
            "fix": "run it again with --verbose and report the traceback with the output of: dlc doctor",
        }
    text = "".join(traceback.format_exception(error))
    return {**event, "code": DeepLabCutError.code, "exit_code": 1, "traceback": text}


def _place(error: OSError) -> str | None:
    return os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes, os.PathLike)) else None


def exit_code_of(value: Any) -> int:
    """0, unless the returned report says otherwise."""
    code = getattr(value, "exit_code", 0)
    return code if isinstance(code, int) else 0


def plain_value(value: Any) -> Any:
    """A returned value as JSON; what has no such form is named by its type."""
    if isinstance(value, float | int | str | bool | None):
        return value
    if isinstance(value, Enum):
        return plain_value(value.value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {entry.name: plain_value(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
    for method in ("model_dump", "tolist"):  # pydantic models; numpy arrays and numbers
        if hasattr(value, method):
            return plain_value(getattr(value, method)())
    return f"<{type(value).__module__}.{type(value).__qualname__}>"
