"""Help pages: usage, text, and rows of terms with their explanation, in the width that there is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Any

from deeplabcut.core.progress import printable

Rows = list[tuple[str, str]]
"""Terms and their explanation."""

_WIDEST = 100
_STACKED_BELOW = 64


def page(usage: str, text: str, sections: Iterable[tuple[str, Rows]], closing: str = "") -> str:
    """A help page, with bold headings where the output is a terminal that wants them."""
    width = min(_WIDEST, max(30, shutil.get_terminal_size((80, 24)).columns))
    lines = _wrapped(usage, width, indent=7, first="Usage: ")
    lines[0] = lines[0].replace("Usage:", _bold("Usage:"), 1)
    for paragraph in text.split("\n\n"):
        lines += ["", *_paragraph(paragraph, width)]
    for title, rows in sections:
        if rows:
            layout = _stacked(rows, width) if width < _STACKED_BELOW else _columns(rows, width)
            lines += ["", _bold(printable(title)), *layout]
    if closing:
        lines += ["", *_wrapped(closing, width)]
    return "\n".join(lines)


def rows_of(parameters: Sequence[Any], kind: str) -> Rows:
    """The rows of a command's arguments or options (``kind`` is "argument" or "option")."""
    chosen = [one for one in parameters if one.param_type_name == kind and not getattr(one, "hidden", False)]
    return [(_term(one), one.help or "") for one in chosen]


def _term(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.secondary_opts:
        return f"{names} / {', '.join(parameter.secondary_opts)}"
    return f"{names} {parameter.metavar}" if parameter.metavar and not parameter.is_flag else names


def _paragraph(text: str, width: int) -> Iterator[str]:
    """A paragraph set in by two; one that is set in already (an example) keeps its lines."""
    if text.startswith(" "):
        yield from (f"  {printable(line)}" for line in text.splitlines())
    else:
        yield from _wrapped(" ".join(text.split()), width, indent=2, first="  ")


def _columns(rows: Rows, width: int) -> Iterator[str]:
    """Terms on the left, explanations on the right; a term that is too long gets lines of its own."""
    widest = max((len(term) for term, _ in rows if len(term) <= width // 3), default=width // 3)
    indent = widest + 4
    for term, explanation in rows:
        beside = f"  {printable(term)}".ljust(indent)
        if len(term) > widest:
            yield from _wrapped(term, width, indent=4, first="  ")
            beside = " " * indent
        if explanation or len(term) <= widest:
            yield from _wrapped(explanation, width, indent=indent, first=beside)


def _stacked(rows: Rows, width: int) -> Iterator[str]:
    for term, explanation in rows:
        yield from _wrapped(term, width, indent=4, first="  ")
        if explanation:
            yield from _wrapped(explanation, width, indent=6, first=" " * 6)


def _wrapped(text: str, width: int, *, indent: int = 0, first: str = "") -> list[str]:
    lines = wrap(printable(text), width, initial_indent=first, subsequent_indent=" " * indent, break_on_hyphens=False)
    return lines or [first.rstrip()]


def _bold(text: str) -> str:
    live = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[1m{text}\x1b[0m" if live else text
