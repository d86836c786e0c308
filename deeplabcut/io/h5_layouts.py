"""The two layouts in which pandas stores a frame in an h5 file: ``fixed`` and ``table``, of pandas 1 to 3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.io.h5_guard import Group
from deeplabcut.io.tables import Column, Rows, Table

Array = npt.NDArray[Any]

KEYS = ("df_with_missing", "tracks", "predictions")
_MAX_LEVELS = 16
_NO_LABEL = float("nan")


def table_in(root: Group, key: str | None = None) -> Table:
    """The table of a file; any key will do when none is given."""
    key = key or _only_key(root)
    group = root.group(key)
    kind = group.text("pandas_type")
    if kind == "frame":
        return _fixed(group, key)
    if kind == "frame_table":
        return _appendable(group, key, group.read("table"))
    raise group.damaged(f"it holds a {kind!r}, not a table")


def table_pieces(root: Group, key: str | None = None) -> Iterator[Table]:
    """The table of a file, some megabytes at a time where its layout allows that; at least one piece."""
    key = key or _only_key(root)
    group = root.group(key)
    n_pieces = 0
    for records in group.pieces("table") if group.text("pandas_type") == "frame_table" else ():
        n_pieces += 1
        yield _appendable(group, key, records)
    if not n_pieces:
        yield table_in(root, key)


def _only_key(root: Group) -> str:
    names = root.names()
    known = [key for key in KEYS if key in names]
    keys = known or [name for name in names if root.is_group(name) and root.group(name).has_attribute("pandas_type")]
    if len(keys) != 1:
        raise root.damaged(f"it holds {len(keys)} tables{': ' if keys else ''}{', '.join(keys[:5])}")
    return keys[0]


def _fixed(group: Group, key: str) -> Table:
    columns, column_names = _axis(group, "axis0")
    rows, row_names = _axis(group, "axis1")
    blocks = []
    for i in range(_count(group, "nblocks", 4096)):
        items, _ = _axis(group, f"block{i}_items")
        blocks.append((_as_tuples(items), _array(group, f"block{i}_values").T))
    labels = _as_tuples(columns)
    return Table(_assembled(group, labels, len(rows), blocks), rows, labels, column_names, row_names, key)


def _appendable(group: Group, key: str, records: Array) -> Table:
    axes, names, info = (group.attribute(name) for name in ("non_index_axes", "values_cols", "info"))
    index_columns = group.attribute("index_cols")
    lists = all(isinstance(part, list) for part in (axes, names, index_columns))
    if not (lists and len(axes) == 1 and isinstance(info, dict)):
        raise group.damaged("its description is not as pandas writes it")
    if len(index_columns) != 1 or records.dtype.names is None or records.ndim != 1:
        raise group.damaged("its rows have several labels each, a layout that is not known here")
    labels = _as_tuples(axes[0][1])
    blocks = []
    for name in names:
        block = records[name] if records[name].ndim == 2 else records[name][:, None]
        blocks.append((_as_tuples(group.attribute(f"{name}_kind", "table")), block))
    index = index_columns[0][1]
    rows = _labels(group, records[index], group.text(f"{index}_kind", "table"), "the index")
    facts = info.get(1, {})
    column_names = tuple(_name(name) for name in facts.get("names", ())) or (None,) * len(labels[0])
    row_name = _name(info.get("index", {}).get("index_name"))
    return Table(_assembled(group, labels, len(rows), blocks), _as_rows(rows), labels, column_names, (row_name,), key)


def _axis(group: Group, name: str) -> tuple[Rows, tuple[str | None, ...]]:
    """The labels along one axis, and the names of their levels."""
    variety = group.text(f"{name}_variety")
    if variety == "regular":
        labels = _labels(group, _array(group, name), group.text("kind", name), name)
        return _as_rows(labels), (_name(group.attribute("name", name)),)
    if variety != "multi":
        raise group.damaged(f"{name} is of the unknown variety {variety!r}")
    levels, names = [], []
    for i in range(_count(group, f"{name}_nlevels", _MAX_LEVELS)):
        level = f"{name}_level{i}"
        codes = _array(group, f"{name}_label{i}")
        names.append(_name(group.attribute("name", level)))
        levels.append(_spelled_out(group, codes, level) if codes.size else [])
    if len({len(labels) for labels in levels}) != 1:
        raise group.damaged(f"the levels of {name} differ in length")
    return tuple(zip(*levels, strict=True)), tuple(names)


def _spelled_out(group: Group, codes: Array, level: str) -> list[Any]:
    """The label of each place along an axis, from its number in the level."""
    labels = [*_labels(group, _array(group, level), group.text("kind", level), level), _NO_LABEL]
    if codes.ndim != 1 or codes.dtype.kind not in "iu" or codes.min() < -1 or codes.max() >= len(labels) - 1:
        raise group.damaged(f"{level} has fewer labels than are used")
    return [labels[code] for code in codes.tolist()]


def _array(group: Group, name: str) -> Array:
    """A stored array; an empty one is stored as a single number and its shape."""
    if group.has_attribute("shape", name):
        shape = group.attribute("shape", name)
        if not (
            isinstance(shape, tuple) and 0 in shape and all(isinstance(n, int) and 0 <= n < 1 << 40 for n in shape)
        ):
            raise group.damaged(f"{name} states an impossible shape")
        stored = group.text("value_type", name)
        return np.empty(shape, stored if stored in ("float32", "float64") else np.int64)
    array = group.read(name)
    transposed = group.has_attribute("transposed", name) and bool(group.number("transposed", name))
    return array.T if transposed else array


def _labels(group: Group, array: Array, kind: str, name: str) -> list[Any]:
    if kind == "string" and array.dtype.kind == "S" and array.ndim == 1:
        return [label.decode("utf-8", "replace") for label in array.tolist()]
    if kind in ("integer", "bool") and array.dtype.kind in "iub" and array.ndim == 1:
        return list(array.tolist())
    if kind == "float" and array.dtype.kind == "f" and array.ndim == 1:
        return [int(label) if label.is_integer() else label for label in array.tolist()]
    if array.size == 0:
        return []
    raise group.damaged(f"the labels of {name} are of the kind {kind!r}, which is not known here")


def _as_rows(labels: list[Any]) -> Rows:
    if all(isinstance(label, int) for label in labels):
        return np.array(labels, np.int64)
    return tuple(map(str, labels))


def _as_tuples(labels: Any) -> tuple[Column, ...]:
    """Column labels as tuples, whatever the number of levels; checks that they are plain."""
    if isinstance(labels, np.ndarray):
        labels = labels.tolist()
    columns = tuple(label if isinstance(label, tuple) else (label,) for label in labels)
    for column in columns:
        if not all(isinstance(part, (str, int, float, type(None))) for part in column):
            raise ValueError("a column label is neither text nor number")
    return columns


def _assembled(
    group: Group, columns: tuple[Column, ...], n_rows: int, blocks: list[tuple[tuple[Column, ...], Array]]
) -> Array:
    """The blocks of columns side by side, in the order of ``columns``."""
    for items, block in blocks:
        if block.shape != (n_rows, len(items)) or block.dtype.kind not in "fiub":
            what = "text or other things that are no numbers" if block.dtype.kind not in "fiub" else "another shape"
            raise group.damaged(f"the columns {', '.join(map(str, items[0] if items else ()))}... hold {what}")
    kind = np.float32 if blocks and all(block.dtype == np.float32 for _, block in blocks) else np.float64
    if len(blocks) == 1 and blocks[0][0] == columns:
        return np.ascontiguousarray(blocks[0][1], kind)
    places: dict[Column, list[int]] = {}
    for number, column in enumerate(columns):
        places.setdefault(column, []).append(number)
    values = np.full((n_rows, len(columns)), np.nan, kind)
    for items, block in blocks:
        values[:, [places[item].pop(0) for item in items]] = block
    if any(places.values()):
        raise group.damaged("columns without numbers")
    return values


def _count(group: Group, name: str, limit: int) -> int:
    count = group.number(name)
    if not 0 <= count <= limit:
        raise group.damaged(f"{name} is {count}")
    return count


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) else None
