"""Labels that were copied from another project, given the names of the present one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from deeplabcut.core.errors import InvalidInput, Missing
from deeplabcut.core.poses import SINGLE, Array, BodyPlan, ImageKey
from deeplabcut.core.text import same_text
from deeplabcut.generate_training_dataset.label_conversion import (
    Conversion,
    ConversionReport,
    NothingToDo,
    convert_folders,
    folders_to_convert,
)
from deeplabcut.io.annotations import LabelFiles, label_files, read_label_table
from deeplabcut.io.tables import XY, Column, Table, columns_for, image_keys, scorer_of, without_coords
from deeplabcut.project.labels import LabelFolder, body_plan
from deeplabcut.project.layout import LABELS
from deeplabcut.project.project import Project, config_of


def adapt_labeled_data_to_new_project(
    config_path: str | Path,
    remove_old_bodyparts: bool = False,
    other_scorer: bool = False,
    userfeedback: bool = False,
    dry_run: bool = False,
) -> ConversionReport:
    """Give labels that were copied from another project the names and the order of this one.

    Bodyparts that the labels lack become empty columns.

    Parameters
    ----------
    config_path : path
        The config.yaml of the new project, or its folder.
    remove_old_bodyparts : bool
        Drop bodyparts that the new project does not know; they stay in the history of the files.
    other_scorer : bool
        Take the labels of another scorer, and put the scorer of this project in its place.
    userfeedback : bool
        Ask about each folder.
    dry_run : bool
        Only report what would change.
    """
    project = Project.open(config_path)
    plan = body_plan(config_of(project))

    def convert(folder: LabelFolder) -> Conversion:
        return _adapted(folder, plan, remove_old_bodyparts, other_scorer)

    question = "Do you want to adapt the labels in the folder {folder}?" if userfeedback else ""
    return convert_folders(folders_to_convert(project), convert, question, dry_run=dry_run)


def _adapted(folder: LabelFolder, plan: BodyPlan, remove: bool, other_scorer: bool) -> Conversion:
    source = _source(folder, other_scorer)
    known = read_label_table(source)
    theirs = scorer_of(known)
    scorer = folder.scorer if other_scorer else theirs
    notices = []
    if same_text(scorer) != same_text(folder.scorer):
        notices.append(f"the labels are those of {scorer!r}; pass other_scorer=True to make them those of the project")
    if ("individuals" in known.column_names) != bool(plan.individuals or plan.unique):
        raise InvalidInput(
            "The labels and the project differ in kind: one has individuals, the other has none.",
            where=source.h5,
            fix="convert the labels first with deeplabcut.convert2_maDLC",
        )
    table = with_scorer(without_coords(known, "likelihood"), scorer)
    columns, _ = columns_for(plan, scorer, XY)
    others = [column for column in table.columns if column not in set(columns)]
    if remove:
        dropped = [column for column in others if column[-2] not in _parts_like(column, plan)]
        if dropped:
            gone = dict.fromkeys(str(column[-2]) for column in dropped)
            notices.append(f"removed (earlier versions are in .history): {', '.join(gone)}")
        others = [column for column in others if column not in set(dropped)]
    if strangers := dict.fromkeys(" / ".join(map(str, column[1:-1])) for column in others):
        notices.append(f"kept, though the project does not know them: {', '.join(strangers)}")
    columns = (*columns, *others)
    rows = _adapted_rows(image_keys(table.rows), folder)
    table = replace(table, values=values_of(table, columns), columns=columns, rows=rows, row_names=(None,) * 3)
    if table.same_as(known) and source == folder.files:
        raise NothingToDo("the labels fit the project already")
    if source != folder.files:
        notices.append(f"{source.h5.name} stays beside the new {folder.files.h5.name}")
    return Conversion(table, notices=tuple(notices))


def _source(folder: LabelFolder, other_scorer: bool) -> LabelFiles:
    """The labels to adapt: those of the project's scorer, else, where that is wanted, those of another one."""
    if folder.files.h5.exists() or folder.files.csv.exists():
        return folder.files
    try:
        found = label_files(folder.path)
    except Missing:
        raise NothingToDo("there are no labels") from None
    if same_text(found.h5.name) == same_text(folder.files.h5.name):
        return found
    if not other_scorer:
        raise InvalidInput(
            f"There are no labels of {folder.scorer!r}, only {found.h5.name}.",
            where=folder.path,
            fix="pass other_scorer=True to take them",
        )
    return found


def _adapted_rows(keys: tuple[ImageKey, ...], folder: LabelFolder) -> tuple[ImageKey, ...]:
    """Rows with the name of this folder, which may have been another one in the other project."""
    others = {key[1] for key in keys if same_text(key[1]) != same_text(folder.name)}
    if others:
        absent = {key[-1] for key in keys} - set(folder.images())
        if len(others) > 1 or absent:
            raise InvalidInput(
                f"The rows name images of {', '.join(sorted(others))}"
                + (f", and {len(absent)} of them are not here, e.g. {min(absent)}." if absent else "."),
                where=folder.files.h5,
                fix="rename the folder as it was called, or copy its images too",
            )
    return tuple((LABELS, folder.name, key[2]) for key in keys)


def _parts_like(column: Column, plan: BodyPlan) -> tuple[str, ...]:
    """The bodyparts of the project that a column of this kind may have."""
    return plan.unique if len(column) == 4 and str(column[1]) == SINGLE else plan.bodyparts


def with_scorer(table: Table, scorer: str) -> Table:
    """The table with another scorer in its columns."""
    return replace(table, columns=tuple((scorer, *map(str, column[1:])) for column in table.columns))


def values_of(table: Table, columns: Sequence[Column]) -> Array:
    """The numbers of some columns; NaN for those that the table lacks."""
    place = {column: i for i, column in enumerate(table.columns)}
    padded = np.concatenate([table.values, np.full((len(table), 1), np.nan)], axis=1)
    return padded[:, [place.get(column, len(table.columns)) for column in columns]]
