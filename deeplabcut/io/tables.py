"""The one table behind every file: numbers, the labels of rows and columns, and their names.

`Table` is plain numpy and says exactly what a file says. From it come the nouns of `deeplabcut.core.poses` and, for
users and their scripts, pandas frames: `to_frame` and `from_frame` build and unpack every DataFrame of the product.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, InvalidInput
from deeplabcut.core.poses import SINGLE, Annotations, BodyPlan, ImageKey, PoseTable
from deeplabcut.core.text import printable

if TYPE_CHECKING:
    from pandas import DataFrame

Array = npt.NDArray[Any]
Column = tuple[Any, ...]
Rows = Array | tuple[str, ...] | tuple[tuple[Any, ...], ...]

SINGLE_NAMES = ("scorer", "bodyparts", "coords")
MULTI_NAMES = ("scorer", "individuals", "bodyparts", "coords")
XY, XYZ, XY_LIKELIHOOD = ("x", "y"), ("x", "y", "z"), ("x", "y", "likelihood")
LABELS_KEY, TRACKS_KEY, IMAGES_KEY = "df_with_missing", "tracks", "predictions"


@dataclass(frozen=True, eq=False)
class Table:
    """What one file of numbers holds.

    Parameters
    ----------
    values : (n_rows, n_columns) float32 or float64 array.
    rows : int64 array (frame numbers), texts (paths), or one tuple for each row (parts of a path).
    columns : one tuple for each column, outermost level first.
    column_names : a name or None for each level of the columns.
    row_names : a name or None for each level of the rows.
    key : the name of the table inside an h5 file.
    """

    values: Array
    rows: Rows
    columns: tuple[Column, ...]
    column_names: tuple[str | None, ...] = SINGLE_NAMES
    row_names: tuple[str | None, ...] = ()
    key: str = LABELS_KEY

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        if values.dtype not in (np.float32, np.float64):
            values = values.astype(np.float64)
        rows = self.rows
        if not isinstance(rows, tuple):
            rows = np.asarray(rows, np.int64)
        columns = tuple(tuple(column) for column in self.columns)
        row_names = tuple(self.row_names) or (None,) * (len(rows[0]) if len(rows) and isinstance(rows[0], tuple) else 1)
        if values.shape != (len(rows), len(columns)):
            raise InvalidInput(f"{len(rows)} rows and {len(columns)} columns, but values of shape {values.shape}.")
        if any(len(column) != len(self.column_names) for column in columns):
            raise InvalidInput(f"Columns need one label for each of {', '.join(map(str, self.column_names))}.")
        for name, value in (("values", values), ("rows", rows), ("columns", columns), ("row_names", row_names)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_row_levels(self) -> int:
        """Labels that each row has: 1 for numbers and texts."""
        return len(self.row_names)

    def level(self, name: str) -> list[Any]:
        """The labels of one column level, in order of appearance."""
        place = self.column_names.index(name)
        return list(dict.fromkeys(column[place] for column in self.columns))

    def same_as(self, other: Table) -> bool:
        """Whether the other table has the same labels and the same bits; any two NaN count as the same."""
        return (
            self.columns == other.columns
            and self.column_names == other.column_names
            and same_rows(self.rows, other.rows)
            and same_bits(self.values, other.values)
        )


def same_rows(one: Rows, other: Rows) -> bool:
    """Whether two tables label their rows alike."""
    if isinstance(one, tuple) or isinstance(other, tuple):
        return (len(one) == len(other) == 0) or (type(one) is type(other) and one == other)
    return bool(np.array_equal(one, other))


def same_bits(one: Array, other: Array) -> bool:
    """Whether two arrays of floats have the same type, shape and bits; any two NaN count as the same."""
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    kind = np.dtype(f"u{one.dtype.itemsize}")
    bits = np.ascontiguousarray(one).view(kind) == np.ascontiguousarray(other).view(kind)
    return bool(np.all(bits | (np.isnan(one) & np.isnan(other))))


def to_frame(table: Table) -> DataFrame:
    """The table as the pandas frame that users of such files know."""
    import pandas as pd

    names = list(table.column_names)
    rows: Any = table.rows
    columns = (
        pd.MultiIndex.from_tuples(list(table.columns), names=names)
        if len(names) > 1 and table.columns
        else pd.MultiIndex(levels=[[]] * len(names), codes=[[]] * len(names), names=names)
        if len(names) > 1
        else pd.Index([column[0] for column in table.columns], name=names[0])
    )
    index: pd.Index[Any]
    if not isinstance(table.rows, tuple):
        index = pd.Index(table.rows, dtype="int64", name=table.row_names[0])
    elif table.n_row_levels > 1:
        index = (
            pd.MultiIndex.from_tuples(list(rows), names=list(table.row_names))
            if len(table)
            else pd.MultiIndex.from_arrays([[]] * table.n_row_levels, names=list(table.row_names))
        )
    else:
        index = pd.Index(list(table.rows), name=table.row_names[0])
    return pd.DataFrame(table.values, index=index, columns=columns)


def from_frame(frame: DataFrame, key: str = LABELS_KEY) -> Table:
    """The numbers and labels of a pandas frame."""
    import pandas as pd

    values = frame.to_numpy()
    if values.dtype not in (np.float32, np.float64):
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"The frame holds something that is no number: {error}.") from error
    columns: Any = frame.columns
    tuples = list(columns) if isinstance(columns, pd.MultiIndex) else [(label,) for label in columns]
    rows: Rows
    if isinstance(frame.index, pd.MultiIndex):
        rows = tuple(tuple(row) for row in frame.index)
    elif pd.api.types.is_integer_dtype(frame.index.dtype):
        rows = frame.index.to_numpy(np.int64)
    else:
        rows = tuple(str(row) for row in frame.index)
    return Table(values, rows, tuple(tuples), _names(columns.names), _names(frame.index.names), key)


def _names(names: Iterable[Any]) -> tuple[str | None, ...]:
    return tuple(None if name is None else str(name) for name in names)


def plan_of(table: Table) -> BodyPlan:
    """The names in the columns of a table, in order of appearance; ``single`` carries the unique bodyparts."""
    _check_levels(table)
    if "individuals" not in table.column_names:
        return BodyPlan(tuple(map(str, table.level("bodyparts"))))
    of, part = table.column_names.index("individuals"), table.column_names.index("bodyparts")
    own = dict.fromkeys(str(column[part]) for column in table.columns if column[of] != SINGLE)
    unique = dict.fromkeys(str(column[part]) for column in table.columns if column[of] == SINGLE)
    individuals = dict.fromkeys(str(column[of]) for column in table.columns if column[of] != SINGLE)
    return BodyPlan(tuple(own), tuple(individuals), tuple(unique))


def points_of(table: Table, plan: BodyPlan, coords: Sequence[str]) -> tuple[Array, Array]:
    """The values by name: (n_rows, n_individuals, n_bodyparts, n_coords) and (n_rows, n_unique, n_coords).

    What the table lacks is NaN; what the plan does not name is left out. The order of columns does not matter.
    """
    place = _places(table)
    missing = len(table.columns)
    own = [
        [[place.get((individual, part, coord), missing) for coord in coords] for part in plan.bodyparts]
        for individual in _individuals_in(table, plan)
    ]
    unique = [[place.get((SINGLE, part, coord), missing) for coord in coords] for part in plan.unique]
    own_at = np.array(own, np.intp).reshape(plan.n_individuals, plan.n_bodyparts, len(coords))
    unique_at = np.array(unique, np.intp).reshape(plan.n_unique, len(coords))
    return _taken(table.values, own_at), _taken(table.values, unique_at)


def _taken(values: Array, at: Array) -> Array:
    """The columns at some places, in the shape of ``at``; NaN for the place after the last one."""
    n_rows, n_columns = values.shape
    flat = at.ravel()
    if flat.size and np.array_equal(flat, np.arange(flat[0], flat[0] + flat.size)) and flat[-1] < n_columns:
        return values[:, flat[0] : flat[-1] + 1].reshape(n_rows, *at.shape)
    found = values[:, np.minimum(flat, max(n_columns - 1, 0))] if n_columns else np.empty((n_rows, flat.size))
    return np.where(flat == n_columns, np.array(np.nan, values.dtype), found).reshape(n_rows, *at.shape)


def columns_for(
    plan: BodyPlan, scorer: str, coords: Sequence[str], *, always_individuals: bool = False
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """The columns that files have for a plan, and the names of their levels; unique bodyparts come last."""
    if not (plan.is_multi or plan.unique or always_individuals):
        return tuple((scorer, part, coord) for part in plan.bodyparts for coord in coords), SINGLE_NAMES
    individuals = plan.individuals or (("individual_1",) if plan.bodyparts else ())
    own = [(scorer, who, part, coord) for who in individuals for part in plan.bodyparts for coord in coords]
    unique = [(scorer, SINGLE, part, coord) for part in plan.unique for coord in coords]
    return tuple(own + unique), MULTI_NAMES


def table_of(
    plan: BodyPlan,
    scorer: str,
    rows: Rows,
    points: Array,
    unique: Array,
    coords: Sequence[str],
    *,
    key: str = LABELS_KEY,
    always_individuals: bool = False,
) -> Table:
    """The table of points that `points_of` reads back."""
    columns, names = columns_for(plan, scorer, coords, always_individuals=always_individuals)
    own = points.reshape(len(rows), plan.n_individuals * plan.n_bodyparts * len(coords))
    values = np.concatenate([own, unique.reshape(len(rows), plan.n_unique * len(coords))], axis=1)
    return Table(values, rows, columns, names, key=key)


def annotations_of(table: Table, plan: BodyPlan | None = None) -> Annotations:
    """The labels in a table; a likelihood that it may carry is left out."""
    plan, scorer = plan or plan_of(table), scorer_of(table)
    xy, unique = points_of(table, plan, XY)
    return Annotations(plan, scorer, image_keys(table.rows), xy, unique)


def table_of_annotations(annotations: Annotations) -> Table:
    """The table of labels as a new file has it."""
    return table_of(
        annotations.plan, annotations.scorer, annotations.images, annotations.xy, annotations.unique_xy, XY
    )  # fmt: skip


def poses_of(table: Table, plan: BodyPlan | None = None) -> PoseTable:
    """The predictions of a video in a table, bit for bit."""
    plan = plan or plan_of(table)
    if "likelihood" not in table.level("coords"):
        raise DamagedFile("The table has no likelihoods: it holds labels, not predictions of a video.")
    poses, unique = points_of(table, plan, XY_LIKELIHOOD)
    return PoseTable(plan, scorer_of(table), frame_numbers(table.rows), poses, unique)


def table_of_poses(poses: PoseTable, key: str = LABELS_KEY, *, always_individuals: bool = False) -> Table:
    """The table of predictions as files have it."""
    return table_of(
        poses.plan, poses.scorer, poses.frames, poses.poses, poses.unique, XY_LIKELIHOOD,
        key=key, always_individuals=always_individuals,
    )  # fmt: skip


def scorer_of(table: Table) -> str:
    """Who made the points: the outermost label of the columns."""
    if "scorer" not in table.column_names or not table.columns:
        return ""
    scorers = table.level("scorer")
    if len(scorers) > 1:
        raise DamagedFile(
            f"The table has columns of several scorers: {', '.join(map(str, scorers))}.",
            fix="keep one scorer in each file",
        )
    return str(scorers[0])


def image_keys(rows: Rows) -> tuple[ImageKey, ...]:
    """Rows as ``("labeled-data", folder, image)``; older files have one text, with ``/`` or with ``\\``."""
    return tuple(_image_key(row) for row in rows)


def frame_numbers(rows: Rows) -> Array:
    """Rows as frame numbers; some files write ``frame0012``."""
    if not isinstance(rows, tuple):
        return rows
    found = [re.fullmatch(r"(?:frame)?(\d{1,18})", row) if isinstance(row, str) else None for row in rows]
    if wrong := [row for row, match in zip(rows, found, strict=True) if match is None]:
        raise DamagedFile(f"The row {wrong[0]!r} is no frame number: the table does not belong to a video.")
    return np.array([int(match[1]) for match in found if match], np.int64)


def without_coords(table: Table, *coords: str) -> Table:
    """The table without the columns of some coordinates."""
    place = table.column_names.index("coords")
    kept = [i for i, column in enumerate(table.columns) if column[place] not in coords]
    if len(kept) == len(table.columns):
        return table
    return replace(table, values=table.values[:, kept], columns=tuple(table.columns[i] for i in kept))


def _image_key(row: Any) -> ImageKey:
    whole = row if isinstance(row, tuple) else re.split(r"[\\/]", str(row))
    parts = tuple(str(part) for part in whole if part)
    if len(parts) < 3:
        raise DamagedFile(
            f"The row {printable(str(row)[:80])!r} does not name an image.",
            fix="rows must read labeled-data/<folder>/<image name>",
        )
    return parts[-3:]


def _check_levels(table: Table) -> None:
    if lacking := {"scorer", "bodyparts", "coords"} - set(table.column_names):
        raise DamagedFile(
            f"The columns of the table have no level {' and '.join(sorted(lacking))}; it is no table of poses."
        )


def _places(table: Table) -> dict[tuple[str, str, str], int]:
    """Column number of each (individual, bodypart, coord); a single animal has the name ``""``."""
    _check_levels(table)
    levels = [table.column_names.index(name) if name in table.column_names else None for name in MULTI_NAMES[1:]]
    place: dict[tuple[str, str, str], int] = {}
    for number, column in enumerate(table.columns):
        who, part, coord = ("" if level is None else str(column[level]) for level in levels)
        if (who, part, coord) in place:
            named = " / ".join(label for label in (who, part, coord) if label)
            raise DamagedFile(f"The column {named} appears twice.", fix="remove one of them")
        place[who, part, coord] = number
    return place


def _individuals_in(table: Table, plan: BodyPlan) -> tuple[str, ...]:
    """The names under which the table keeps the individuals of the plan."""
    if "individuals" not in table.column_names:
        if plan.is_multi or plan.unique:
            raise DamagedFile(
                "The file holds labels of a single-animal project, the project has individuals.",
                fix="convert the labels with deeplabcut.convert2_maDLC",
            )
        return ("",)
    if plan.is_multi:
        return plan.individuals
    named = [who for who in map(str, table.level("individuals")) if who != SINGLE]
    if len(named) > 1:
        raise DamagedFile(
            f"The file holds {len(named)} individuals ({', '.join(named)}), the project has one animal without a name.",
            fix="set multianimalproject in config.yaml, or convert the labels",
        )
    return tuple(named) or ("",)
