"""The families of errors: each says what is wrong, where, and what to do next.

Every class also derives from the builtin that callers already catch, and carries a ``code`` that scripts and
the documentation can refer to.
"""

from __future__ import annotations

import os
from typing import Any


class DeepLabCutError(Exception):
    """What is wrong (the message), where (a file, a key, a row) and what to do about it."""

    code = "DLC000"
    exit_code = 1

    def __init__(self, message: str, *, where: str | os.PathLike[str] | None = None, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = os.fspath(where) if where is not None else None
        self.fix = fix

    def __str__(self) -> str:
        parts = [self.message]
        if self.where:
            parts.append(f"  where: {self.where}")
        if self.fix:
            parts.append(f"  what to do: {self.fix}")
        return "\n".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.where, self.fix)


def _rebuild(cls: type[DeepLabCutError], message: str, where: str | None, fix: str | None) -> DeepLabCutError:
    return cls(message, where=where, fix=fix)


class InvalidInput(DeepLabCutError, ValueError):
    """An argument that cannot work."""

    code = "DLC010"
    exit_code = 2


class Missing(DeepLabCutError, FileNotFoundError):
    """A file or folder that should be there."""

    code = "DLC020"


class ConfigError(DeepLabCutError, ValueError):
    """A configuration file with one or more mistakes, each named with its key and the allowed values."""

    code = "DLC030"


class DamagedFile(DeepLabCutError, ValueError):
    """A file that is truncated, garbled, or not what its name says."""

    code = "DLC040"


class UnsafeFile(DeepLabCutError, ValueError):
    """A file that would run code, or exhaust the machine, if it were opened the ordinary way."""

    code = "DLC050"


class StorageError(DeepLabCutError, OSError):
    """A write that failed; the old version is intact."""

    code = "DLC060"


class NoSpace(StorageError):
    """A full disk."""

    code = "DLC061"


class Locked(DeepLabCutError, BlockingIOError):
    """Somebody else is writing here."""

    code = "DLC070"


class VideoError(DeepLabCutError, OSError):
    """A video that cannot be opened, decoded or written."""

    code = "DLC080"


class Cancelled(DeepLabCutError):
    """Work that was stopped on request, between two steps."""

    code = "DLC090"
    exit_code = 130
