"""What the package logs and what Python warns of, as plain sentences for whoever follows a job, each once."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_logger = logging.getLogger("deeplabcut")


@contextmanager
def listening(handler: logging.Handler, level: int = logging.WARNING) -> Iterator[None]:
    """For a block, hand ``handler`` the log records of the package from ``level`` on, and every Python warning.

    Where in the code a warning arose, which Python would show, helps nobody who follows a job.
    """
    before = _logger.level
    handler.setLevel(level)
    handler.addFilter(_Once())
    _logger.addHandler(handler)
    _logger.setLevel(min(level, _logger.getEffectiveLevel()))
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _log
            yield
    finally:
        _logger.removeHandler(handler)
        _logger.setLevel(before)


class _Once(logging.Filter):
    """Lets a warning pass when it is new."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this was not told yet; what is less than a warning always passes."""
        text = record.getMessage()
        is_new = record.levelno < logging.WARNING or text not in self._told
        self._told.add(text)
        return is_new


def _log(message: Warning | str, *_: Any, **__: Any) -> None:
    _logger.warning("%s", message)
