"""What is wrong or odd in the labels of a project, with file, row, image and bodypart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.text import printable

_SHOWN = 10  # of each kind in a text for people


@dataclass(frozen=True)
class Finding:
    """Something about the labels that keeps a training set from being made, or that somebody should know.

    ``file`` and ``image`` are relative to the project, ``row`` counts from 1.
    """

    code: str
    what: str
    fix: str
    severity: Literal["error", "warning"] = "warning"
    file: str = ""
    row: int | None = None
    image: str = ""
    individual: str = ""
    bodypart: str = ""

    @property
    def where(self) -> str:
        """The place, from the file to the point."""
        point = "/".join(name for name in (self.individual, self.bodypart) if name)
        row = "" if self.row is None else f"row {self.row}"
        return ", ".join(part for part in (self.file, row, self.image, point) if part)

    def __str__(self) -> str:
        where = f"\n    where: {printable(self.where)}" if self.where else ""
        return f"{self.severity} {self.code}: {printable(self.what)}{where}\n    fix: {printable(self.fix)}"


@dataclass(frozen=True)
class TrainingSetReport:
    """Every finding about the labels of a project."""

    path: Path
    issues: tuple[Finding, ...] = ()
    n_images: int = 0
    n_labeled: int = 0
    n_points: int = 0

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps a training set from being made."""
        return tuple(issue for issue in self.issues if issue.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What somebody should know."""
        return tuple(issue for issue in self.issues if issue.severity == "warning")

    @property
    def exit_code(self) -> int:
        """1 if no training set can be made, for scripts."""
        return int(bool(self.errors))

    def lines(self) -> list[str]:
        """The report for a terminal: errors first, a few of each kind; ``issues`` holds them all."""
        counted = f"{self.n_images:,} images, {self.n_labeled:,} with labels, {self.n_points:,} points"
        n_errors, n_warnings = len(self.errors), len(self.warnings)
        total = f"{n_errors} errors, {n_warnings} warnings" if self.issues else "nothing to complain about"
        return [*shortened((*self.errors, *self.warnings)), f"{printable(str(self.path))}: {counted}; {total}"]


class TrainingSetError(InvalidInput):
    """Labels, settings or arguments of which no training set can be made; ``report`` lists every reason."""

    code = "DLC011"

    def __init__(self, report: TrainingSetReport) -> None:
        reasons = "\n".join(shortened(report.errors))
        super().__init__(
            f"No training set can be made of this project, and nothing was written:\n{reasons}",
            where=report.path,
            fix="correct the above; deeplabcut.check_training_set(config) lists everything again",
        )
        self.report = report

    def __reduce__(self) -> tuple[type[TrainingSetError], tuple[TrainingSetReport]]:
        return type(self), (self.report,)


def shortened(findings: Iterable[Finding]) -> list[str]:
    """The findings as lines, at most a few of each kind, and how many more there are."""
    of_code: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        of_code.setdefault((finding.severity, finding.code), []).append(finding)
    lines = []
    for (severity, code), alike in of_code.items():
        lines += [line for finding in alike[:_SHOWN] for line in str(finding).splitlines()]
        if len(alike) > _SHOWN:
            lines.append(f"{severity} {code}: and {len(alike) - _SHOWN:,} more of this kind")
    return lines
