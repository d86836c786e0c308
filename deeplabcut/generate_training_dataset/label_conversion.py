"""Labels of many folders brought into another form: all of them looked at first, then saved one by one.

A folder that cannot be converted is reported and stays as it is; the others follow. Earlier versions are kept, and
where a conversion has a backup of its own, an older backup is never replaced.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from deeplabcut.core.errors import Cancelled, DamagedFile, DeepLabCutError, Missing
from deeplabcut.core.locks import hold
from deeplabcut.core.questions import agreed
from deeplabcut.core.text import printable
from deeplabcut.io.annotations import LabelFiles, save_label_table
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import Table, annotations_of
from deeplabcut.project.labels import LabelFolder, all_folders, video_folders
from deeplabcut.project.project import Project

logger = logging.getLogger(__name__)

_WAIT_S = 20.0


@dataclass(frozen=True)
class Conversion:
    """New labels of a folder.

    Parameters
    ----------
    before : the labels as they are, if they are to be kept as a backup of their own.
    backup : what the name of that backup ends with.
    notices : what a person should know.
    """

    table: Table
    before: Table | None = None
    backup: str = ""
    notices: tuple[str, ...] = ()


class NothingToDo(Exception):
    """A folder that needs no conversion."""


@dataclass(frozen=True)
class ConversionReport:
    """What became of the labels of each folder.

    ``converted`` is folder -> label file, ``skipped`` and ``failed`` are folder -> reason. Folders that failed are
    as they were.
    """

    converted: Mapping[str, Path] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """1 if a folder could not be converted, for scripts."""
        return int(bool(self.failed))

    def lines(self) -> list[str]:
        """The report for a terminal."""
        done = "would be converted" if self.dry_run else "converted"
        lines = [f"{name}: {done}" for name in self.converted]
        lines += [f"{name}: {why}" for name, why in self.skipped.items()]
        lines += [*self.notices, *(f"{name} was left as it is: {why}" for name, why in self.failed.items())]
        return list(map(printable, [*lines, f"{len(self.converted)} folders {done}, {len(self.failed)} failed"]))


def convert_folders(
    folders: Sequence[LabelFolder],
    convert: Callable[[LabelFolder], Conversion],
    question: str = "",
    *,
    dry_run: bool = False,
) -> ConversionReport:
    """Convert the labels of each folder with ``convert``, which raises `NothingToDo` where there is nothing to do.

    With a ``question`` each folder is asked about. `LabelFolder.files` says where the new labels go.
    """
    converted: dict[str, Path] = {}
    skipped: dict[str, str] = {}
    failed: dict[str, str] = {}
    notices: list[str] = []
    planned = []
    for folder in folders:
        try:
            found = _checked(folder, convert)
            notices += [f"{folder.name}: {notice}" for notice in found.notices]
            planned.append(folder)
        except NothingToDo as reason:
            skipped[folder.name] = str(reason)
        except DeepLabCutError as error:
            _note_failure(failed, folder, error)
    for folder in planned:
        if question and not agreed(question.format(folder=folder.name)):
            skipped[folder.name] = "not wanted"
            continue
        try:
            if not dry_run:
                with hold(folder.path, "converting labels", wait_s=_WAIT_S):
                    _save(folder.files, _checked(folder, convert))  # once more: now nobody else can write
            converted[folder.name] = folder.files.h5
        except NothingToDo as reason:
            skipped[folder.name] = str(reason)
        except DeepLabCutError as error:
            _note_failure(failed, folder, error)
    for notice in notices:
        logger.warning("%s", printable(notice))
    return ConversionReport(converted, skipped, failed, tuple(notices), dry_run)


def folders_to_convert(project: Project) -> list[LabelFolder]:
    """The folders of ``video_sets``; every folder of labels where none of those exists, as in demo projects."""
    folders = video_folders(project)
    return folders if any(folder.path.is_dir() for folder in folders) else all_folders(project)


def keep_backup(files: LabelFiles, table: Table, suffix: str) -> LabelFiles:
    """Save labels as ``CollectedData_<scorer><suffix>`` beside the others, under a number if that name is taken."""
    for number in count(1):
        middle = "" if number == 1 else f"-{number}"
        backup = LabelFiles(files.folder / f"{files.h5.stem}{middle}{suffix}.h5")
        if _holds(backup, table):
            return backup
        if not (backup.h5.exists() or backup.csv.exists()):
            break
    save_label_table(backup, table)
    return backup


def _checked(folder: LabelFolder, convert: Callable[[LabelFolder], Conversion]) -> Conversion:
    if not folder.path.is_dir():
        raise NothingToDo("there is no such folder in labeled-data")
    found = convert(folder)
    annotations_of(found.table)  # raises before a table that is none of labels is saved
    return found


def _save(files: LabelFiles, found: Conversion) -> None:
    if found.before is not None:
        keep_backup(files, found.before, found.backup)
    save_label_table(files, found.table)


def _note_failure(failed: dict[str, str], folder: LabelFolder, error: DeepLabCutError) -> None:
    if isinstance(error, Cancelled):
        raise error
    failed[folder.name] = str(error)
    logger.warning("%s was left as it is: %s", printable(folder.name), printable(str(error)))


def _holds(backup: LabelFiles, table: Table) -> bool:
    try:
        return backup.csv.exists() and read_table(backup.h5).same_as(table)
    except (Missing, DamagedFile):
        return False
