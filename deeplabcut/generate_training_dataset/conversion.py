"""Labels from elsewhere: from a csv, from another project, from another system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deeplabcut.core import progress
from deeplabcut.core.config.names import did_you_mean
from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing
from deeplabcut.core.poses import BodyPlan, ImageKey
from deeplabcut.core.text import printable, same_text
from deeplabcut.generate_training_dataset.adaptation import (
    adapt_labeled_data_to_new_project as adapt_labeled_data_to_new_project,  # a public name of this module
)
from deeplabcut.generate_training_dataset.adaptation import values_of, with_scorer
from deeplabcut.generate_training_dataset.cropped_projects import (
    convert_cropped_to_standard_dataset as convert_cropped_to_standard_dataset,  # a public name of this module
)
from deeplabcut.generate_training_dataset.label_conversion import (
    Conversion,
    ConversionReport,
    NothingToDo,
    convert_folders,
    folders_to_convert,
)
from deeplabcut.io.annotations import LabelFiles, read_label_table
from deeplabcut.io.csv_tables import read_csv
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import (
    XY,
    Column,
    Table,
    annotations_of,
    image_keys,
    plan_of,
    scorer_of,
    to_frame,
    without_coords,
)
from deeplabcut.project.labels import LabelFolder, all_folders, body_plan, video_folders
from deeplabcut.project.layout import LABELS
from deeplabcut.project.project import Project, config_of

if TYPE_CHECKING:
    from pandas import DataFrame


def convertcsv2h5(
    config: str | Path, userfeedback: bool = True, scorer: str | None = None, dry_run: bool = False
) -> ConversionReport:
    """Make the h5 of each folder of labels say what its csv says; both are saved, earlier versions are kept.

    A csv with a cell that is no number, or with rows of another folder, is refused; the error names the place.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    userfeedback : bool
        Ask about each folder.
    scorer : str, optional
        Who made the labels, for the columns of the files; the scorer of the project if it is not given. The names
        of the files keep the scorer of the project.
    dry_run : bool
        Only report what would change.
    """
    project = Project.open(config)
    plan = body_plan(config_of(project))
    if scorer is not None and not scorer.strip():
        raise InvalidInput("The scorer is empty.", fix="leave it out, or give a name")

    def convert(folder: LabelFolder) -> Conversion:
        return _from_csv(folder, plan, scorer or folder.scorer)

    question = "Do you want to convert the csv file in the folder {folder}?" if userfeedback else ""
    return convert_folders(folders_to_convert(project), convert, question, dry_run=dry_run)


def merge_windowsannotationdataONlinuxsystem(cfg: str | Path | Mapping[str, Any]) -> DataFrame | None:  # noqa: N802
    """The labels of all folders below each other, rows in the form of this system; None if there are none.

    Parameters
    ----------
    cfg : dict or path
        The configuration of the project, or where it is.
    """
    project = Project.open(cfg)
    config_of(project)
    tables = []
    for folder in all_folders(project):
        try:
            table = without_coords(read_label_table(folder.files), "likelihood")
        except Missing:
            progress.current().message(f"{printable(folder.name)} has no labels of {printable(folder.scorer)}.")
            continue
        annotations_of(table)
        tables.append((folder, table))
    if not tables:
        return None
    names = tables[0][1].column_names
    for folder, table in tables:
        if table.column_names != names:
            raise InvalidInput(
                "Some label files have individuals, others have none.",
                where=folder.files.h5,
                fix="convert them first with deeplabcut.convert2_maDLC",
            )
    columns = tuple(dict.fromkeys(column for _, table in tables for column in table.columns))
    rows = tuple(key for _, table in tables for key in image_keys(table.rows))
    values = np.concatenate([values_of(table, columns) for _, table in tables])
    return to_frame(Table(values, rows, columns, names, (None,) * 3))


def returnlabelingdata(config: str | Path) -> DataFrame:
    """The labels of a folder that is chosen at the terminal, as a frame.

    Parameters
    ----------
    config : path
        The config.yaml of the project, or its folder.
    """
    project = Project.open(config)
    config_of(project)
    folders = video_folders(project)
    if not folders:
        raise Missing("The project has no videos.", where=project.path, fix="add videos first")
    return to_frame(read_label_table(_chosen(folders).files))


def _chosen(folders: Sequence[LabelFolder]) -> LabelFolder:
    say = progress.current().message
    for number, folder in enumerate(folders):
        say(f"{number}: {printable(folder.name)}")
    names = [folder.name for folder in folders]
    try:
        answer = input(f"Which folder? Its number (0 to {len(folders) - 1}) or its name: ").strip()
    except EOFError:
        raise InvalidInput("Nobody is there to choose a folder.", fix="run this in a terminal") from None
    if answer.isdecimal() and int(answer) < len(folders):
        return folders[int(answer)]
    if answer in names:
        return folders[names.index(answer)]
    raise InvalidInput(f"There is no folder {answer!r}.{did_you_mean(answer, names)}", fix="give its number")


# --- from a csv


def _from_csv(folder: LabelFolder, plan: BodyPlan, scorer: str) -> Conversion:
    files = folder.files
    try:
        written = read_csv(files.csv)
    except Missing:
        raise NothingToDo(f"there is no {files.csv.name}") from None
    try:
        table, notices = _checked_csv(written, folder, plan)
    except (DamagedFile, InvalidInput) as error:
        raise DamagedFile(error.message, where=error.where or files.csv, fix=error.fix) from error
    theirs = scorer_of(table)
    table = with_scorer(table, scorer)
    if theirs != scorer:
        notices.append(f"the labels of {theirs!r} become those of {scorer!r}")
    if same_text(scorer) != same_text(folder.scorer):
        notices.append(f"training sets leave out labels of {scorer!r}: the scorer of the project is {folder.scorer!r}")
    known = _readable(files)
    if known is not None and known.same_as(table) and written.same_as(table):
        raise NothingToDo("the h5 says the same already")
    if known is not None and (lost := set(_keys(known)) - set(image_keys(table.rows))):
        notices.append(f"{len(lost)} images of the h5 are not in the csv, e.g. {min(lost)[-1]}; .history keeps them")
    return Conversion(table, notices=tuple(notices))


def _checked_csv(table: Table, folder: LabelFolder, plan: BodyPlan) -> tuple[Table, list[str]]:
    """The table with rows in the present form; raises what is wrong with it, naming the row and the column."""
    theirs = plan_of(table)
    table = without_coords(table, "likelihood")
    scorer_of(table)
    if not len(table) or not table.columns:
        raise DamagedFile("The csv has no labels.", fix="put the whole table back; the h5 stays as it is")
    annotations_of(table)
    points: dict[Column, set[str]] = {}
    for column in table.columns:
        points.setdefault(column[1:-1], set()).add(str(column[-1]))
    if lacking := [point for point, coords in points.items() if not coords >= set(XY)]:
        raise DamagedFile(
            f"The columns of {' / '.join(lacking[0])} are not x and y.", fix="give each point an x and a y"
        )
    rows = tuple(_own_row(key, i, folder) for i, key in enumerate(image_keys(table.rows), start=1))
    for row, column in np.argwhere(np.isinf(table.values))[:1]:
        raise DamagedFile(
            f"Row {row + 1} ({rows[row][-1]}), column {' / '.join(table.columns[column])}: infinity is no position.",
            fix="correct the cell; leave it empty where nothing is labelled",
        )
    return replace(table, rows=rows, row_names=(None,) * 3), [
        *_name_notices(theirs, plan),
        *_image_notices(rows, folder),
    ]


def _own_row(key: ImageKey, number: int, folder: LabelFolder) -> ImageKey:
    if same_text(key[1]) != same_text(folder.name):
        raise DamagedFile(
            f"Row {number} ({'/'.join(key)}) names an image of the folder {key[1]!r}, not of {folder.name!r}.",
            fix="correct the row, or move it to the csv of its own folder",
        )
    return LABELS, folder.name, key[2]


def _name_notices(theirs: BodyPlan, plan: BodyPlan) -> list[str]:
    """Names that only the labels, or only the project, knows."""
    notices = []
    if bool(theirs.individuals or theirs.unique) != bool(plan.individuals or plan.unique):
        kind = "individuals, the project has none" if theirs.individuals else "no individuals, the project has some"
        notices.append(f"the labels have {kind}")
    pairs = [("bodypart", theirs.bodyparts, plan.bodyparts), ("unique bodypart", theirs.unique, plan.unique)]
    if theirs.individuals and plan.individuals:
        pairs.append(("individual", theirs.individuals, plan.individuals))
    for what, found, wanted in pairs:
        unknown = [name for name in found if name not in wanted]
        notices += [f"config.yaml has no {what} {name!r}.{did_you_mean(name, wanted)}" for name in unknown]
        if what != "individual":
            notices += [f"the {what} {name!r} has no columns" for name in wanted if name not in found]
    return notices


def _image_notices(rows: Sequence[ImageKey], folder: LabelFolder) -> list[str]:
    present = {same_text(name) for name in folder.images()}
    absent = [key[-1] for key in rows if same_text(key[-1]) not in present]
    return [f"{len(absent)} images are not in the folder, e.g. {absent[0]}"] if absent else []


def _keys(table: Table) -> tuple[ImageKey, ...]:
    try:
        return image_keys(table.rows)
    except DamagedFile:
        return ()


def _readable(files: LabelFiles) -> Table | None:
    """The h5 of a pair, if it can be read."""
    try:
        return read_table(files.h5)
    except (Missing, DamagedFile):
        return None
