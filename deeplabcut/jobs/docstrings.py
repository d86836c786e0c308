"""What a numpydoc docstring says: the summary, the text below it, and a sentence for each parameter."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass

_ENTRY = re.compile(r"^(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::\s*(.*))?$")


@dataclass(frozen=True)
class Docstring:
    """The parts that front ends show."""

    summary: str
    description: str
    parameters: dict[str, str]


def parse(text: str | None) -> Docstring:
    """Take a numpydoc docstring apart; text that is missing comes out empty."""
    sections = dict(_sections(inspect.cleandoc(text or "")))
    intro = sections.pop("", [])
    paragraphs = _paragraphs(intro)
    summary = paragraphs[0] if paragraphs else ""
    parameters: dict[str, str] = {}
    for title in ("Parameters", "Other Parameters"):
        parameters.update(_entries(sections.get(title, [])))
    return Docstring(plain(summary), "\n\n".join(map(plain, paragraphs[1:])), parameters)


def plain(text: str) -> str:
    """Text without the marks of reStructuredText."""
    text = re.sub(r":\w+:`([^`]+)`", r"\1", text)
    return re.sub(r"`{1,2}([^`]+)`{1,2}", r"\1", text)


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Title and lines of each section; the text before the first one has the title ""."""
    title = ""
    lines: list[str] = []
    rows = text.splitlines()
    for index, row in enumerate(rows):
        below = rows[index + 1].strip() if index + 1 < len(rows) else ""
        if row.strip() and not row.startswith(" ") and len(below) >= 3 and set(below) == {"-"}:
            yield title, lines
            title, lines = row.strip(), []
        elif not (title and not lines and row.strip() and set(row.strip()) == {"-"}):
            lines.append(row)
    yield title, lines


def _paragraphs(lines: list[str]) -> list[str]:
    blocks = "\n".join(lines).strip().split("\n\n")
    return [block if block.startswith(" ") else " ".join(block.split()) for block in blocks if block.strip()]


def _entries(lines: list[str]) -> dict[str, str]:
    """Parameter name -> its text: the lines below ``a, b : type``, or where there are none, what follows the colon."""
    found: dict[str, tuple[str, list[str]]] = {}
    current: list[str] = []
    for line in lines:
        head = _ENTRY.match(line)
        if head:
            names = [name.strip().lstrip("*") for name in head[1].split(",")]
            current = []
            found.update(dict.fromkeys(names, (head[2] or "", current)))
        elif line.strip():
            current.append(line.strip())
    return {name: plain(" ".join(text) or kind) for name, (kind, text) in found.items()}
