"""The last versions of a precious file, in ``.history`` beside it, and the way back to one of them."""

from __future__ import annotations

import filecmp
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from deeplabcut.core.errors import Missing
from deeplabcut.core.files import atomic_write_bytes

KEEP = 10
FOLDER = ".history"


@dataclass(frozen=True)
class Version:
    """An earlier state of a file; ``number`` grows by one with each save."""

    number: int
    saved: str
    path: Path

    @property
    def n_bytes(self) -> int:
        return self.path.stat().st_size


def versions(path: str | os.PathLike[str]) -> list[Version]:
    """The kept versions of ``path``, oldest first."""
    found = []
    for entry in _folder(Path(path)).glob("*-*Z"):
        number, _, saved = entry.name.partition("-")
        if number.isdigit():
            found.append(Version(int(number), saved, entry))
    return sorted(found, key=lambda version: version.number)


def keep_version(path: str | os.PathLike[str], keep: int = KEEP) -> Version | None:
    """Hold the present content of ``path`` as a version, unless it is the newest one already; drop the oldest."""
    path = Path(path)
    if not path.exists():
        return None
    known = versions(path)
    if known and filecmp.cmp(path, known[-1].path, shallow=False):
        return known[-1]
    _folder(path).mkdir(parents=True, exist_ok=True)
    number = known[-1].number + 1 if known else 1
    saved = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    version = Version(number, saved, _folder(path) / f"{number:06d}-{saved}")
    unfinished = version.path.with_suffix(".part")  # a copy: other programs write labels in place
    try:
        shutil.copy2(path, unfinished)
        os.replace(unfinished, version.path)
    finally:
        unfinished.unlink(missing_ok=True)
    for old in known[: max(0, len(known) + 1 - keep)]:
        old.path.unlink(missing_ok=True)
    return version


def choose(path: str | os.PathLike[str], number: int | None = None) -> Version:
    """The kept version of this number; without a number the newest one that differs from the present file."""
    path = Path(path)
    known = versions(path)
    if number is None:
        wanted = [v for v in known if not path.exists() or not filecmp.cmp(path, v.path, shallow=False)]
    else:
        wanted = [v for v in known if v.number == number]
    if not wanted:
        listed = ", ".join(str(v.number) for v in known) or "none"
        raise Missing(
            f"{path.name} has no {'earlier version that differs' if number is None else f'version {number}'}.",
            where=_folder(path),
            fix=f"choose one of the kept versions: {listed}",
        )
    return wanted[-1]


def restore(path: str | os.PathLike[str], number: int | None = None) -> Version:
    """Put the version that `choose` finds back; the present one is kept as a version."""
    version = choose(path, number)
    atomic_write_bytes(path, version.path.read_bytes(), keep=keep_version)
    return version


def _folder(path: Path) -> Path:
    return path.parent / FOLDER / path.name
