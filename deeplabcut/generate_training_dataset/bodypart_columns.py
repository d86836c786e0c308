"""What a change of the bodyparts does to a table of labels, and how it is taken back. Pure arithmetic of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.core.poses import SINGLE
from deeplabcut.io.tables import Column, Rows, Table, scorer_of


@dataclass(frozen=True)
class NameChange:
    """What becomes of one list of bodyparts.

    ``renamed`` is old name -> new name; ``unique`` tells the list of the unique bodyparts from that of the
    individuals; ``ordered`` says that columns are to follow ``after``.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    unique: bool = False
    ordered: bool = False


def changed_table(table: Table, change: NameChange) -> tuple[Table, Table]:
    """The table after the change, and the columns that were taken out of it."""
    removed = [i for i, name in _parts(table, change.unique) if name in change.removed]
    result = _renamed(_without(table, removed), change)
    result = _with_new_columns(result, change)
    return (_ordered(result, change) if change.ordered else result), _only(table, removed)


def restored_table(
    table: Table, change: NameChange, kept: Table | None, columns: Sequence[Column]
) -> tuple[Table, Table]:
    """The table with the change taken back, and the columns that go with it (labels of added bodyparts).

    Parameters
    ----------
    kept : the columns that the change took out of this file. Their numbers go back to the rows they came from;
        labels that were made since win.
    columns : the columns before the change, whose order is taken up again.
    """
    added = [i for i, name in _parts(table, change.unique) if name in change.added]
    back = {new: old for old, new in change.renamed.items()}
    result = _renamed(_without(table, added), replace(change, renamed=back, before=change.after, after=change.before))
    if kept is not None and kept.columns:
        result = _filled(result, kept)
    result = _with_new_columns(result, replace(change, added=change.removed))
    return _in_order_of(result, columns), _only(table, added)


def n_labels(table: Table) -> int:
    """Points in the table that have a number."""
    place = table.column_names.index("coords")
    at = [i for i, column in enumerate(table.columns) if column[place] == "x"]
    return int(np.isfinite(table.values[:, at]).sum())


def _parts(table: Table, unique: bool) -> list[tuple[int, str]]:
    """Number and bodypart of the columns that belong to the list."""
    part = table.column_names.index("bodyparts")
    who = table.column_names.index("individuals") if "individuals" in table.column_names else None
    return [
        (i, str(column[part]))
        for i, column in enumerate(table.columns)
        if (who is not None and str(column[who]) == SINGLE) == unique
    ]


def _only(table: Table, at: Sequence[int]) -> Table:
    return replace(table, values=table.values[:, list(at)], columns=tuple(table.columns[i] for i in at))


def _without(table: Table, at: Sequence[int]) -> Table:
    gone = set(at)
    return _only(table, [i for i in range(len(table.columns)) if i not in gone]) if gone else table


def _renamed(table: Table, change: NameChange) -> Table:
    part = table.column_names.index("bodyparts")
    columns = list(table.columns)
    moved = set()
    for i, name in _parts(table, change.unique):
        if name in change.renamed:
            columns[i] = (*columns[i][:part], change.renamed[name], *columns[i][part + 1 :])
            moved.add(i)
    taken = {columns[i] for i in moved}
    strangers = [i for i, column in enumerate(columns) if i not in moved and column in taken]
    if np.isfinite(table.values[:, strangers]).any():
        raise InvalidInput(
            f"The file already has labels of {columns[strangers[0]][part]!r}, which config.yaml does not list.",
            fix="choose another name",
        )
    return _without(replace(table, columns=tuple(columns)), strangers)


def _with_new_columns(table: Table, change: NameChange) -> Table:
    """The table with empty columns for the added bodyparts, behind the others of each individual."""
    part, coord = table.column_names.index("bodyparts"), table.column_names.index("coords")
    who = table.column_names.index("individuals") if "individuals" in table.column_names else None
    if not change.added or (change.unique and who is None):
        return table
    coords = table.level("coords")
    columns = list(table.columns)
    groups: dict[Column, int] = {}  # what stands before the bodypart -> place of the last column
    for i, _ in _parts(table, change.unique):
        groups[columns[i][:part]] = i
    if change.unique and not groups and columns:
        groups[scorer_of(table), SINGLE] = len(columns) - 1
    pieces: list[list[tuple[Column, int]]] = [[(column, i)] for i, column in enumerate(columns)]
    known = set(columns)
    for prefix, last in groups.items():
        fresh = [(*prefix, name, c) for name in change.added for c in coords]
        pieces[last] += [(column, len(columns)) for column in fresh if column not in known]
    flat = [entry for piece in pieces for entry in piece]
    assert coord == part + 1
    return _placed(table, [column for column, _ in flat], [i for _, i in flat])


def _placed(table: Table, columns: Sequence[Column], at: Sequence[int]) -> Table:
    """The table with other columns; the place behind the last one stands for NaN."""
    padded = np.concatenate([table.values, np.full((len(table), 1), np.nan, table.values.dtype)], axis=1)
    return replace(table, values=padded[:, list(at)], columns=tuple(columns))


def _ordered(table: Table, change: NameChange) -> Table:
    """The bodyparts of each individual in the order of the list; others stay behind them."""
    part = table.column_names.index("bodyparts")
    rank = {name: i for i, name in enumerate(change.after)}
    own = _parts(table, change.unique)
    groups: dict[Column, list[int]] = {}
    for i, _ in own:
        groups.setdefault(table.columns[i][:part], []).append(i)
    order = list(range(len(table.columns)))
    for places in groups.values():
        wanted = sorted(places, key=lambda i: rank.get(str(table.columns[i][part]), len(rank)))
        for place, i in zip(places, wanted, strict=True):
            order[place] = i
    return _only(table, order)


def _in_order_of(table: Table, columns: Sequence[Column]) -> Table:
    """Columns in a known order; one that the order lacks stays behind the one it stands behind now."""
    rank = {tuple(map(str, column[1:])): i for i, column in enumerate(columns)}
    keys, last = [], -1
    for column in table.columns:
        last = rank.get(tuple(map(str, column[1:])), last)
        keys.append(last)
    return _only(table, sorted(range(len(keys)), key=keys.__getitem__))


def _filled(table: Table, kept: Table) -> Table:
    """The table with the kept columns: their numbers in the rows they came from, where nothing newer stands."""
    scorer = scorer_of(table)
    columns = [(scorer, *column[1:]) for column in kept.columns]
    new = [column for column in columns if column not in set(table.columns)]
    result = _placed(
        table, [*table.columns, *new], [*range(len(table.columns)), *[len(table.columns)] * len(new)]
    )  # fmt: skip
    place = {column: i for i, column in enumerate(result.columns)}
    at = [place[column] for column in columns]
    source = _same_images(kept.rows, table.rows)
    found = np.where((source >= 0)[:, None], kept.values[source], np.nan)
    values = result.values.copy()
    values[:, at] = np.where(np.isnan(values[:, at]), found, values[:, at])
    return replace(result, values=values)


def _same_images(known: Rows, wanted: Rows) -> npt.NDArray[np.intp]:
    """Row number in ``known`` for each wanted row, -1 where there is none; repeated rows are matched in order."""
    places: dict[object, list[int]] = {}
    for i in range(len(known) - 1, -1, -1):
        places.setdefault(known[i], []).append(i)
    return np.array([places[row].pop() if places.get(row) else -1 for row in wanted], np.intp)
