"""A project's folder: its name, and its birth in one step, so that no half of a project is ever seen."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from deeplabcut.core.errors import StorageError
from deeplabcut.core.scratch import is_abandoned, scratch_name

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def date_key(day: datetime.date) -> str:
    """The day as part of the names of files: English month and day without a leading zero, in every locale."""
    return f"{_MONTHS[day.month - 1]}{day.day}"


def project_folder(
    project: str,
    experimenter: str,
    day: datetime.date,
    working_directory: str | os.PathLike[str] | None,
    tail: str = "",
) -> Path:
    """Where a new project goes, in full; the working directory need not exist yet."""
    place = Path.cwd() if working_directory is None else Path(working_directory).absolute()
    return place / f"{project}-{experimenter}-{day.isoformat()}{tail}"


@contextmanager
def born_whole(folder: Path) -> Iterator[Path]:
    """A hidden folder beside ``folder`` that takes its name if the block succeeds, and is removed if it does not.

    So are the folders around it that had to be made. What killed processes left behind here is removed as well.
    """
    made = [one for one in folder.parents if not one.exists()]
    for left in folder.parent.glob(".dlc-*.project"):
        if is_abandoned(left.name, left):
            shutil.rmtree(left, ignore_errors=True)
    unborn = scratch_name(folder.parent, "project")
    try:
        unborn.mkdir(parents=True)
    except OSError as error:
        _remove_empty(made)
        raise StorageError(
            f"No project can be made here ({error.strerror}).",
            where=folder.parent,
            fix="choose a working directory in which you may write",
        ) from error
    try:
        yield unborn
        if folder.exists():
            raise StorageError("Somebody else has just made this project.", where=folder, fix="use theirs")
        os.rename(unborn, folder)
    except BaseException:
        shutil.rmtree(unborn, ignore_errors=True)
        _remove_empty(made)
        raise


def _remove_empty(folders: Sequence[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # somebody else has put something there meanwhile
            folder.rmdir()
