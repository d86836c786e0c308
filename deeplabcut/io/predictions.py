"""Predictions of a video: ``<stem><scorer>.h5``, its filtered and tracked forms, and their csv."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.files import transaction
from deeplabcut.core.poses import BodyPlan, PoseTable
from deeplabcut.io.csv_tables import CsvWriter, read_csv
from deeplabcut.io.h5_writer import FrameTableWriter, fits_appendable
from deeplabcut.io.hdf import check_same, checksum_of, put_table, read_table
from deeplabcut.io.pickles import Writer as PickleWriter
from deeplabcut.io.tables import (
    LABELS_KEY,
    SINGLE_NAMES,
    XY_LIKELIHOOD,
    Table,
    columns_for,
    from_frame,
    poses_of,
    table_of_poses,
)

if TYPE_CHECKING:
    from pandas import DataFrame

Array = npt.NDArray[Any]

_BLOCK = 4096


def read_predictions(path: str | os.PathLike[str], plan: BodyPlan | None = None) -> PoseTable:
    """The predictions in an h5 or csv file, bit for bit.

    Parameters
    ----------
    plan : the names wanted, in the order wanted; without it the names of the file. What the file lacks is NaN.
    """
    path = Path(path)
    table = read_csv(path) if path.suffix.lower() == ".csv" else read_table(path)
    try:
        return poses_of(table, plan)
    except DamagedFile as error:
        raise DamagedFile(error.message, where=path, fix=error.fix) from error


def write_predictions(
    path: str | os.PathLike[str],
    poses: PoseTable,
    *,
    key: str = LABELS_KEY,
    save_as_csv: bool = False,
    always_individuals: bool = False,
) -> None:
    """Replace ``path`` (and its csv) by the predictions, whole or not at all.

    Parameters
    ----------
    key : ``tracks`` for stitched tracks, ``df_with_missing`` for everything else about videos.
    always_individuals : name an individual in the columns even where the plan has none.
    """
    columns, _ = columns_for(poses.plan, poses.scorer, XY_LIKELIHOOD, always_individuals=always_individuals)
    if not fits_appendable(columns):
        _write_wide(Path(path), poses, key, save_as_csv, always_individuals)
        return
    with prediction_writer(
        path, poses.plan, poses.scorer, key=key, dtype=poses.poses.dtype, save_as_csv=save_as_csv,
        always_individuals=always_individuals,
    ) as writer:  # fmt: skip
        for start in range(0, len(poses), _BLOCK):
            part = slice(start, start + _BLOCK)
            writer.append(poses.frames[part], poses.poses[part], poses.unique[part])


class PredictionWriter:
    """Takes predictions piece by piece; made by `prediction_writer`."""

    def __init__(self, plan: BodyPlan, h5: FrameTableWriter, text: CsvWriter | None, text_file: Any) -> None:
        self.plan = plan
        self._h5 = h5
        self._text = text
        self._text_file = text_file

    @property
    def n_frames(self) -> int:
        """Rows written so far."""
        return self._h5.n_rows

    def append(self, frames: Array, poses: Array, unique: Array | None = None) -> None:
        """Add frames: ``poses`` (n, n_individuals, n_bodyparts, 3) and ``unique`` (n, n_unique, 3)."""
        n = len(frames)
        if poses.shape != (n, self.plan.n_individuals, self.plan.n_bodyparts, 3):
            raise InvalidInput(f"Poses of shape {poses.shape} do not match {n} frames and the names of the table.")
        if unique is None:
            unique = np.empty((n, 0, 3), poses.dtype)
        own = poses.reshape(n, self.plan.n_individuals * self.plan.n_bodyparts * 3)
        values = np.concatenate([own, unique.reshape(n, self.plan.n_unique * 3)], axis=1, dtype=self._h5.dtype)
        self._h5.append(np.asarray(frames, np.int64), values)
        if self._text is not None:
            self._text.put(self._text_file, np.asarray(frames, np.int64), values)


@contextmanager
def prediction_writer(
    path: str | os.PathLike[str],
    plan: BodyPlan,
    scorer: str,
    *,
    key: str = LABELS_KEY,
    dtype: npt.DTypeLike = np.float32,
    save_as_csv: bool = False,
    always_individuals: bool = False,
) -> Iterator[PredictionWriter]:
    """Write predictions of any length in constant memory; h5 and csv appear together when the block succeeds."""
    path = Path(path)
    columns, names = columns_for(plan, scorer, XY_LIKELIHOOD, always_individuals=always_individuals)
    text = CsvWriter(columns, names) if save_as_csv else None
    written: list[FrameTableWriter] = []

    def check(part: Path) -> None:
        if checksum_of(part, key) != (written[0].n_rows, written[0].checksum):
            raise DamagedFile("The written table does not read back as it was meant.", where=part, fix="save again")

    with transaction(path.parent) as change, ExitStack() as open_files:
        text_file = None
        if text is not None:
            text_file = open_files.enter_context(change.open(path.with_suffix(".csv").name, check=text.check))
        h5_file = open_files.enter_context(change.open(path.name, check=check))
        writer = open_files.enter_context(FrameTableWriter(h5_file, columns, names, key=key, dtype=dtype))
        written.append(writer)
        if text is not None and text_file is not None:
            text.put(text_file, np.empty(0, np.int64), np.empty((0, len(columns)), dtype))
        yield PredictionWriter(plan, writer, text, text_file)


def without_placeholders(poses: PoseTable) -> PoseTable:
    """The same predictions with NaN where a file has -1 for an absent point (any of x, y, likelihood below 0)."""
    return replace(poses, poses=absent_as_nan(poses.poses), unique=absent_as_nan(poses.unique))


def absent_as_nan(points: Array) -> Array:
    """Points ``(..., 3)`` with NaN for every one of which a value is below 0."""
    return np.where((points < 0).any(axis=-1, keepdims=True), np.array(np.nan, points.dtype), points)


def save_data(
    PredicteData: Array,  # noqa: N803  a public name
    metadata: Any,
    dataname: str | os.PathLike[str],
    pdindex: Iterable[tuple[Any, ...]],
    imagenames: Iterable[Any],
    save_as_csv: bool,
) -> None:
    """Write predictions, given as a flat table, as ``dataname`` (h5), and ``metadata`` as a pickle beside it.

    Parameters
    ----------
    PredicteData : (n_rows, n_columns) array
        One row for each frame or image.
    pdindex : pandas MultiIndex
        The labels of the columns.
    imagenames : list
        The labels of the rows: frame numbers, or names of images.
    """
    names = tuple(getattr(pdindex, "names", ())) or SINGLE_NAMES
    rows = list(imagenames)
    are_numbers = all(isinstance(row, (int, np.integer)) for row in rows)
    labels = np.asarray(rows, np.int64) if are_numbers else tuple(map(str, rows))
    table = Table(np.asarray(PredicteData), labels, tuple(pdindex), names)
    text = CsvWriter(table.columns, table.column_names)
    h5 = Path(dataname)
    stem = h5.name.removesuffix(".h5")
    with transaction(h5.parent) as change:
        with change.open(f"{stem}.h5", check=lambda part: check_same(part, table)) as file:
            put_table(file, table)
        if save_as_csv:
            with change.open(f"{stem}.csv", check=text.check) as file:
                text.put(file, table.rows, table.values)
        with change.open(f"{stem}_meta.pickle") as file:
            PickleWriter(file).dump(metadata)


def form_data_containers(df: DataFrame, bodyparts: str | Iterable[str]) -> tuple[Array, Array, Array]:
    """x, y and likelihood of some bodyparts, each (n_points, n_frames), in the order of the columns."""
    table = from_frame(df)
    if not {"bodyparts", "coords"} <= set(table.column_names):
        raise InvalidInput(f"The columns have no bodyparts and coords; their levels are {table.column_names}.")
    part, coord = (table.column_names.index(name) for name in ("bodyparts", "coords"))
    wanted = {bodyparts} if isinstance(bodyparts, str) else set(bodyparts)
    x, y, likelihood = (
        table.values[:, [i for i, c in enumerate(table.columns) if c[part] in wanted and c[coord] == name]].T
        for name in XY_LIKELIHOOD
    )
    return x, y, likelihood


def _write_wide(path: Path, poses: PoseTable, key: str, save_as_csv: bool, always_individuals: bool) -> None:
    """Thousands of columns: their names fit only into the other layout, which is written in one go."""
    table = table_of_poses(poses, key, always_individuals=always_individuals)
    text = CsvWriter(table.columns, table.column_names)
    with transaction(path.parent) as change:
        with change.open(path.name, check=lambda part: check_same(part, table)) as file:
            put_table(file, table, layout="fixed")
        if save_as_csv:
            with change.open(path.with_suffix(".csv").name, check=text.check) as file:
                text.put(file, table.rows, table.values)
