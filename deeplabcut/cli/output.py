"""What people see: results on standard output; errors, progress and messages on standard error."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

from deeplabcut.core.progress import printable
from deeplabcut.jobs.events import Event, plain_value


def show_result(value: Any, said: Collection[str] = ()) -> None:
    """Write a returned value as plain lines; on a terminal without those that were ``said`` on it before."""
    both_seen = sys.stdout.isatty() and sys.stderr.isatty()
    for line in result_lines(value):
        if not (both_seen and line in said):
            write(sys.stdout, line)


def show_error(event: Event, *, verbose: bool = False) -> None:
    """Write what is wrong, where, and what to do; the traceback only when asked for."""
    with suppress(OSError):  # where nobody reads, the exit code remains
        for line in error_lines(event, verbose=verbose):
            write(sys.stderr, line)


def error_lines(event: Event, *, verbose: bool = False) -> Iterator[str]:
    """A failure as lines."""
    if verbose and event.get("traceback"):
        yield from event["traceback"].splitlines()
    message = str(event["message"]).splitlines() or [event["type"]]
    yield f"Error {event['code']}: {message[0]}"
    for line in message[1:]:
        yield f"  {line}"
    if event["where"]:
        yield f"  where: {event['where']}"
    if event["fix"]:
        yield f"  what to do: {event['fix']}"


def result_lines(value: Any) -> Iterator[str]:
    """A returned value as lines: items below each other, records as a table, reports as they write themselves
    (``lines()`` or ``str``).
    """
    if value is None:
        return
    if hasattr(value, "lines"):
        yield from value.lines()
    elif isinstance(value, (list, tuple)):
        if value and all(_is_row(item) for item in value):
            yield from _table([dataclasses.asdict(item) for item in value])
        else:
            for item in value:
                yield from result_lines(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(key.replace("_", " "), item)
    elif _is_row(value):
        yield from result_lines(dataclasses.asdict(value))
    elif isinstance(value, (str, os.PathLike)):
        yield printable(os.fspath(value))  # a line break in a name is part of the name
    else:
        yield from str(value).splitlines()


def write(stream: Any, line: str) -> None:
    """One line, with control characters made visible and characters that the stream lacks replaced."""
    text = printable(line) + "\n"
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _entry(title: str, value: Any) -> Iterator[str]:
    """A named value on one line, or a list with its items below."""
    if isinstance(value, (list, tuple)):
        yield f"{title}:" if value else f"{title}: none"
        for line in result_lines(value):
            yield f"    {line}"
    else:
        yield f"{title}: {_cell(value)}"


def _is_row(value: Any) -> bool:
    """Whether this is a record without a text of its own."""
    return dataclasses.is_dataclass(value) and not isinstance(value, type) and type(value).__str__ is object.__str__


def _table(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Aligned columns, numbers to the right."""
    titles = list(rows[0])
    cells = [[title.replace("_", " ") for title in titles], *([_cell(row[title]) for title in titles] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(titles))]
    right = [isinstance(rows[0][title], (int, float)) for title in titles]
    for line in cells:
        parts = [text.rjust(w) if r else text.ljust(w) for text, w, r in zip(line, widths, right, strict=True)]
        yield "  ".join(parts).rstrip()


def _cell(value: Any) -> str:
    value = plain_value(value)
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
