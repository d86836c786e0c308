"""Lightning Pose: a csv of labels with one animal, beside the folder ``labeled-data``; one csv for each view.

Three header rows (scorer, bodyparts, coords), then a row ``labeled-data/<video>/<image>`` for each picture. An empty
cell is a point that is not labelled. Coordinates are those of the project.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.text import same_text
from deeplabcut.io.csv_tables import read_csv, write_csv
from deeplabcut.io.foreign import ForeignLabels, Kind, Loss, Picture, losses_of, whole_points
from deeplabcut.io.tables import SINGLE_NAMES, XY, Table, image_keys, plan_of, points_of, scorer_of

FOLDER = "labeled-data"


def read_lightning(path: str | os.PathLike[str]) -> ForeignLabels:
    """The labels in a csv; an error names the line and the column that is wrong."""
    path = Path(path)
    table = read_csv(path)
    if "individuals" in table.column_names or "bodyparts" not in table.column_names:
        raise DamagedFile(
            "This is no csv of Lightning Pose: it has individuals, or no bodyparts.", where=path,
            fix="labels of DeepLabCut need no import; put the file into labeled-data and call convertcsv2h5",
        )  # fmt: skip
    try:
        plan, keys = plan_of(table), image_keys(table.rows)
        points, _ = points_of(table, plan, XY)
        scorer = scorer_of(table)
    except (DamagedFile, InvalidInput) as error:
        raise DamagedFile(error.message, where=path, fix=error.fix) from error
    rows = [row if isinstance(row, str) else "/".join(map(str, row)) for row in table.rows]
    pictures = tuple(Picture(key[1], key[2], path=row) for key, row in zip(keys, rows, strict=True))
    parts = tuple(map(same_text, plan.bodyparts))
    whole, broken = whole_points(points[:, 0], [picture.label for picture in pictures])
    half = [f"{who} {parts[point]}" for who, point in broken]
    losses = list(losses_of({"no-number": ("points without both coordinates are left out", half)}))
    if other := [str(coord) for coord in table.level("coords") if coord not in XY]:
        losses.append(Loss("fields", "columns that labels have no place for are left out", tuple(other)))
    n = len(pictures)
    return ForeignLabels(
        (Kind("animal", parts),), pictures, np.arange(n), np.zeros(n), whole, scorer=scorer, losses=tuple(losses)
    )


def write_lightning(path: str | os.PathLike[str], labels: ForeignLabels, *, for_spreadsheets: bool = False) -> None:
    """Replace ``path`` by a csv of labels with one animal on each picture, in the order of the pictures.

    Parameters
    ----------
    for_spreadsheets : put a ``'`` before names that a spreadsheet would take for a formula.
    """
    if len(labels.kinds) != 1 or len(set(labels.picture_of.tolist())) < len(labels):
        raise InvalidInput("A csv of Lightning Pose holds one animal on each picture.", fix="export as coco or slp")
    values = np.full((len(labels.pictures), 2 * len(labels.kinds[0].bodyparts)), np.nan)
    values[labels.picture_of] = labels.points.reshape(len(labels), -1)
    columns = tuple((labels.scorer, part, coord) for part in labels.kinds[0].bodyparts for coord in XY)
    rows = tuple(picture.path for picture in labels.pictures)
    write_csv(path, Table(values, rows, columns, SINGLE_NAMES), for_spreadsheets=for_spreadsheets)
