"""Findings, and the text of them to paste into a question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from deeplabcut.core.debug import DebugSection
from deeplabcut.core.progress import printable


class Status(str, Enum):
    """How bad it is: only ``BROKEN`` makes the examination fail."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Check:
    """One finding; ``fix`` says what to do about it."""

    section: str
    name: str
    status: Status
    value: str
    fix: str | None = None


@dataclass(frozen=True)
class Report:
    """Everything that was found; ``str`` of it is the text to paste."""

    checks: tuple[Check, ...]
    versions: tuple[DebugSection, ...]

    @property
    def exit_code(self) -> int:
        """1 if something essential is broken."""
        return int(bool(self.having(Status.BROKEN)))

    def having(self, status: Status) -> list[Check]:
        """The findings of one status."""
        return [check for check in self.checks if check.status is status]

    def __str__(self) -> str:
        parts = [f"# dlc doctor: {self._verdict()}"]
        troubles = [*self.having(Status.BROKEN), *self.having(Status.WARNING)]
        if troubles:
            parts.append(_section("What to do", (line for check in troubles for line in _advice(check))))
        for title in dict.fromkeys(check.section for check in self.checks):
            rows = [check for check in self.checks if check.section == title]
            parts.append(_section(title, map(_line, rows)))
        for section in self.versions:
            parts.append(_section(section.title, (f"- {key}: {value}" for key, value in section.items.items())))
        return "\n\n".join(parts)

    def _verdict(self) -> str:
        n_broken, n_warnings = len(self.having(Status.BROKEN)), len(self.having(Status.WARNING))
        warnings = f"{n_warnings} warning{'s' * (n_warnings != 1)}"
        if n_broken:
            return f"{n_broken} thing{'s' * (n_broken != 1)} broken, {warnings}"
        return f"works, {warnings}" if n_warnings else "everything works"


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"## {title}", *lines])


def _line(check: Check) -> str:
    mark = "" if check.status in (Status.OK, Status.NOTE) else f"{check.status.value.upper()}: "
    return f"- {printable(check.name)}: {mark}{printable(check.value)}"


def _advice(check: Check) -> list[str]:
    first = f"- {check.status.value.upper()} {printable(check.name)}: {printable(check.value)}"
    return [first, *([f"  {printable(line)}" for line in check.fix.splitlines()] if check.fix else [])]
