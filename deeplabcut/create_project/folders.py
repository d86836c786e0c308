"""A project's folder: its name, and its birth in one step, so that no half of a project is ever seen."""

from __future__ import annotations

import datetime
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deeplabcut.core.errors import Missing, StorageError
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
    """Where a new project goes, in full."""
    place = Path.cwd() if working_directory is None else Path(working_directory).absolute()
    if not place.is_dir():
        raise Missing("There is no such working directory.", where=place, fix="make it, or correct the path")
    return place / f"{project}-{experimenter}-{day.isoformat()}{tail}"


@contextmanager
def born_whole(folder: Path) -> Iterator[Path]:
    """A hidden folder beside ``folder`` that takes its name if the block succeeds, and is removed if it does not.

    What killed processes left behind here is removed as well.
    """
    for left in folder.parent.glob(".dlc-*.project"):
        if is_abandoned(left.name, left):
            shutil.rmtree(left, ignore_errors=True)
    unborn = scratch_name(folder.parent, "project")
    try:
        unborn.mkdir()
    except OSError as error:
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
        raise
