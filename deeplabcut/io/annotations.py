"""Hand labels: ``CollectedData_<scorer>.h5`` and its csv, read and changed together.

The h5 is authoritative, the csv is for people. Where the h5 is missing or damaged the labels come from the csv or
from the kept versions, with a notice: a folder with any trace of labels is never taken for one without.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, DeepLabCutError, InvalidInput, Missing, StorageError, UnsafeFile
from deeplabcut.core.files import Transaction, transaction
from deeplabcut.core.history import FOLDER, Version, choose, keep_version, versions
from deeplabcut.core.locks import hold
from deeplabcut.core.poses import Annotations, BodyPlan, ImageKey
from deeplabcut.core.recovery import recover
from deeplabcut.core.text import same_text
from deeplabcut.io.csv_tables import CsvWriter, duplicated_rows, read_csv
from deeplabcut.io.hdf import check_same, put_table, read_table
from deeplabcut.io.tables import (
    Column,
    Table,
    annotations_of,
    image_keys,
    same_rows,
    table_of_annotations,
    without_coords,
)

logger = logging.getLogger(__name__)

PREFIX = "CollectedData_"
_WAIT_S = 20.0

Notice = Callable[[str, str], object]
"""Takes a code and a sentence about what is odd in files that can be used all the same."""


def _log(code: str, text: str) -> None:
    logger.warning("%s", text)


@dataclass(frozen=True)
class LabelFiles:
    """The pair of files that hold the labels of one scorer."""

    h5: Path

    @property
    def csv(self) -> Path:
        """The copy for people."""
        return self.h5.with_suffix(".csv")

    @property
    def folder(self) -> Path:
        """The folder of both."""
        return self.h5.parent


def label_files(place: str | os.PathLike[str], scorer: str | None = None) -> LabelFiles:
    """The label files of a folder, or the pair that a given h5 or csv belongs to; they need not exist."""
    place = Path(place)
    if not place.is_dir():
        return LabelFiles(place.with_suffix(".h5"))
    kept = place / FOLDER
    found = [entry for folder in (place, kept) if folder.is_dir() for entry in folder.iterdir()]
    stems = sorted({e.stem for e in found if e.name.startswith(PREFIX) and e.suffix in (".h5", ".csv")})
    if scorer is not None:
        if any(c in scorer for c in "/\\\0"):
            raise InvalidInput(
                f"The scorer {scorer[:80]!r} cannot be part of a file name.", fix="correct scorer in config.yaml"
            )
        stem = f"{PREFIX}{scorer}"
        alike = [one for one in stems if same_text(one) == same_text(stem)]
        return LabelFiles(place / f"{stem if stem in alike or not alike else alike[0]}.h5")
    stems = [stem for stem in stems if not stem.endswith(("singleanimal", "multianimal"))] or stems
    if not stems:
        raise Missing(f"The folder {place.name} has no labels.", where=place, fix="label it first")
    if len(stems) > 1:
        names = ", ".join(stem.removeprefix(PREFIX) for stem in stems)
        raise InvalidInput(f"The folder has labels of several scorers: {names}.", where=place, fix="name one of them")
    return LabelFiles(place / f"{stems[0]}.h5")


def read_annotations(
    place: str | os.PathLike[str], plan: BodyPlan | None = None, *, scorer: str | None = None
) -> Annotations:
    """The labels of a folder, or of one h5 or csv file.

    Parameters
    ----------
    plan : the names wanted, in the order wanted; without it the names of the file. What the file lacks is NaN;
        what the plan does not name is left out here and kept by `write_annotations`.
    """
    files = label_files(place, scorer)
    table = read_label_table(files)
    try:
        return annotations_of(table, plan)
    except DamagedFile as error:
        raise DamagedFile(error.message, where=files.h5, fix=error.fix) from error


def read_label_table(files: LabelFiles, notice: Notice = _log) -> Table:
    """The table of the h5, or of the newest trace of it that can be read; notices go to the log."""
    recover(files.folder)
    table = _from_h5(files, notice)
    if table is None:
        return _from_traces(files, notice)
    _compare(table, files, notice)
    if repeated := duplicated_rows(table.rows):
        notice("labels-repeated", f"{files.h5} lists {len(repeated)} images more than once, e.g. {repeated[0]}.")
    return table


def write_annotations(
    place: str | os.PathLike[str], annotations: Annotations, *, for_spreadsheets: bool = False
) -> LabelFiles:
    """Save labels as h5 and csv, which change together; the earlier versions are kept.

    Rows follow ``annotations.images``. Cells that did not change keep their bits, and columns of bodyparts or
    individuals that ``annotations.plan`` does not name stay in the file.
    """
    place = Path(place)
    if not place.is_dir() and place.suffix not in (".h5", ".csv"):
        raise Missing(f"There is no folder {place.name}.", where=place.parent, fix="extract frames first")
    files = label_files(place, annotations.scorer if place.is_dir() else None)
    with hold(files.folder, "saving labels", wait_s=_WAIT_S):
        known = _known_table(files)
        table = table_of_annotations(annotations) if known is None else merged(known, annotations)
        save_label_table(files, table, for_spreadsheets=for_spreadsheets)
    return files


def change_labels(files: LabelFiles, change: Callable[[Table], Table], *, dry_run: bool = False) -> bool:
    """Read the labels, change them and save them, in one turn at the folder; whether anything changed.

    What ``change`` returns may have other rows and columns. With ``dry_run`` nothing is saved.
    """
    with hold(files.folder, "changing labels", wait_s=_WAIT_S):
        known = read_label_table(files)
        table = change(known)
        annotations_of(table)  # raises before a table that is none of labels is saved
        changed = not table.same_as(known)
        if changed and not dry_run:
            save_label_table(files, table)
    return changed


def is_label_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file of this name is one of a pair of label files."""
    return Path(path).name.startswith(PREFIX) and Path(path).suffix in (".h5", ".csv")


def restore_labels(path: str | os.PathLike[str], number: int | None = None) -> Version:
    """Put an earlier version of an h5 or csv of labels back, and make its partner say the same.

    The version is the one that `deeplabcut.core.history.choose` finds; the present pair is kept as a version.
    """
    path = Path(path)
    files = LabelFiles(path.with_suffix(".h5"))
    with hold(files.folder, "restoring labels", wait_s=_WAIT_S):
        version = choose(path, number)
        table = read_table(version.path) if path.suffix == ".h5" else read_csv(version.path)
        annotations_of(table)  # raises if a damaged version only looks like a table of labels
        save_label_table(files, table)
    return version


def save_label_table(files: LabelFiles, table: Table, *, for_spreadsheets: bool = False) -> None:
    """Put the table in place as h5 and csv, both or none; the caller holds the folder's lock."""
    with transaction(files.folder, keep=keep_labels) as change:
        put_label_table(change, files, table, for_spreadsheets=for_spreadsheets)


def put_label_table(change: Transaction, files: LabelFiles, table: Table, *, for_spreadsheets: bool = False) -> None:
    """Add the h5 and the csv of the table to a change of files in their folder."""
    text = CsvWriter(table.columns, table.column_names, table.n_row_levels, for_spreadsheets=for_spreadsheets)
    with change.open(files.h5.name, check=lambda part: check_same(part, table)) as h5:
        put_table(h5, table, layout="fixed")
    with change.open(files.csv.name, check=text.check) as csv:
        text.put(csv, table.rows, table.values)


def merged(known: Table, annotations: Annotations) -> Table:
    """The known table with the given labels in it: their rows, their cells, everything else as it was."""
    annotations_of(known)  # raises if that is no table of labels, or one of several scorers
    known = without_coords(known, "likelihood")
    known = replace(known, columns=tuple(tuple(map(str, column)) for column in known.columns))
    fresh = table_of_annotations(annotations)
    if fresh.column_names != known.column_names:
        raise InvalidInput(
            "The labels on disk and the labels to save differ in kind: one has individuals, the other has none.",
            fix="convert the labels with deeplabcut.convert2_maDLC first",
        )
    columns = _united(known, fresh)
    scorer = annotations.scorer
    rows_at = _partners(image_keys(known.rows), annotations.images)
    values = np.full((len(fresh), len(columns)), np.nan)
    place = {column: i for i, column in enumerate(columns)}
    kept = rows_at >= 0
    old_at = [place[(scorer, *column[1:])] for column in known.columns]
    values[np.flatnonzero(kept)[:, None], old_at] = known.values[rows_at[kept]]
    new_at = [place[column] for column in fresh.columns]
    before = values[:, new_at]
    same = (before == fresh.values) | (np.isnan(before) & np.isnan(fresh.values))
    values[:, new_at] = np.where(same, before, fresh.values)
    return replace(fresh, values=values, columns=columns, key=known.key)


def _united(known: Table, fresh: Table) -> tuple[Column, ...]:
    """The known order if it names everything; else the order of new files, then what only the known table has."""
    old = [(fresh.columns[0][0] if fresh.columns else "", *column[1:]) for column in known.columns]
    if set(fresh.columns) <= set(old):
        return tuple(old)
    return (*fresh.columns, *(column for column in old if column not in set(fresh.columns)))


def _partners(known: tuple[ImageKey, ...], wanted: tuple[ImageKey, ...]) -> npt.NDArray[np.intp]:
    """Row number in ``known`` for each wanted image, -1 for new ones; of repeated rows the first goes to the first."""
    places: dict[ImageKey, list[int]] = {}
    for i in range(len(known) - 1, -1, -1):
        places.setdefault(known[i], []).append(i)
    return np.array([places[key].pop() if places.get(key) else -1 for key in wanted], np.intp)


def _known_table(files: LabelFiles) -> Table | None:
    """What is on disk before a save; None where there is no trace of labels."""
    try:
        return read_label_table(files)
    except Missing:
        return None


def _from_h5(files: LabelFiles, notice: Notice) -> Table | None:
    try:
        return read_table(files.h5)
    except (Missing, DamagedFile) as error:
        if isinstance(error, DamagedFile):
            notice("labels-damaged", error.message)
        return None


def _from_traces(files: LabelFiles, notice: Notice) -> Table:
    """The labels from the csv, else from the newest kept version that can be read."""
    sources: list[tuple[Path, Callable[[Path], Table]]] = [(files.csv, read_csv)]
    sources += [(version.path, read_table) for version in reversed(versions(files.h5))]
    sources += [(version.path, read_csv) for version in reversed(versions(files.csv))]
    failures: list[DeepLabCutError] = []
    for path, read in sources:
        try:
            table = read(path)
            annotations_of(table)  # raises if a cut or garbled csv only looks like a table of labels
        except (DamagedFile, UnsafeFile) as error:
            failures.append(error)
            continue
        except Missing:
            continue
        state = "damaged" if files.h5.exists() else "missing"
        notice("labels-recovered", f"{files.h5} is {state}; the labels are those of {path}.")
        return table
    if files.h5.exists() or failures:
        reasons = "; ".join([failure.message for failure in failures] or ["there is no csv and no kept version"])
        raise DamagedFile(
            f"{files.h5.name} cannot be read, nor anything it could be restored from: {reasons}",
            where=files.h5,
            fix="put a backup of the h5 or of the csv in its place; nothing was overwritten",
        )
    raise Missing(f"There are no labels {files.h5.name}.", where=files.folder, fix="label the folder first")


def _compare(table: Table, files: LabelFiles, notice: Notice) -> None:
    """Say so if the csv tells another story than the h5."""
    try:
        csv = read_csv(files.csv)
    except Missing:
        notice("labels-csv-missing", f"{files.h5} has no csv beside it; the next save writes one.")
        return
    except (DamagedFile, StorageError) as error:
        notice("labels-csv-unreadable", f"The csv beside the labels cannot be read and the h5 is used: {error}")
        return
    if what := _difference(table, csv):
        notice(
            "labels-disagree",
            f"{files.h5} and its csv disagree ({what}); the h5 is used. "
            "To use the csv instead: deeplabcut.convertcsv2h5.",
        )


def _difference(table: Table, csv: Table) -> str:
    """How two tables of labels differ, in a few words; empty if they do not."""
    try:
        if image_keys(table.rows) != image_keys(csv.rows):
            return f"{len(table)} and {len(csv)} rows" if len(table) != len(csv) else "other images"
    except DamagedFile:
        if not same_rows(table.rows, csv.rows):
            return "other rows"
    if [tuple(map(str, column)) for column in table.columns] != list(csv.columns):
        return "other columns"
    with np.errstate(invalid="ignore"):
        apart = np.abs(table.values - csv.values.astype(table.values.dtype)) > 1e-6
    differs = apart | (np.isnan(table.values) != np.isnan(csv.values))
    if not (n := int(differs.sum())):
        return ""
    row, column = np.argwhere(differs)[0]
    label = "/".join(map(str, table.columns[column][1:]))
    return f"{n} cells differ, the first in row {row + 1}, column {label}"


def keep_labels(path: Path) -> None:
    """Keep the version in place; a damaged h5 is put aside instead, so that no restore brings it back."""
    if path.suffix == ".h5":
        try:
            read_table(path)
        except DamagedFile:
            aside = path.parent / FOLDER / path.name / "damaged"
            aside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, aside)
            return
    keep_version(path)
