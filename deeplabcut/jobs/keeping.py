"""The kept versions of a file, as verbs: what there is, and the way back to one of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deeplabcut.core import history as kept
from deeplabcut.core import progress
from deeplabcut.core.errors import Missing
from deeplabcut.io.annotations import is_label_file, restore_labels


@dataclass(frozen=True)
class KeptVersion:
    """A row of the list; ``saved`` is in UTC."""

    version: int
    saved: str
    n_bytes: int


def history(file: Path) -> list[KeptVersion]:
    """List the kept versions of a file, oldest first.

    Parameters
    ----------
    file : path
        A label table, a configuration, or another file whose earlier versions are kept.
    """
    known = kept.versions(file)
    if not known and not Path(file).exists():
        raise Missing(f"There is no file {Path(file).name}.", where=file, fix="give the path of one file")
    if not known:
        progress.current().message(f"No earlier version of {progress.printable(Path(file).name)} is kept.")
    return [_row(version) for version in known]


def restore(file: Path, *, version: int | None = None) -> KeptVersion:
    """Put an earlier version of a file back; the present one is kept too.

    Labels come back as a pair: the h5 and the csv.

    Parameters
    ----------
    file : path
        The file to bring back; it may be missing.
    version : int, optional
        A number from the list of versions. Without it: the newest version that differs from the present one.
    """
    bring_back = restore_labels if is_label_file(file) else kept.restore
    return _row(bring_back(file, version))


def _row(version: kept.Version) -> KeptVersion:
    day, _, clock = version.saved.rstrip("Z").partition("T")
    saved = f"{day[:4]}-{day[4:6]}-{day[6:]} {clock[:2]}:{clock[2:4]}:{clock[4:]}"
    return KeptVersion(version.number, saved, version.n_bytes)
