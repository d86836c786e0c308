"""csv files of tables read in every form of the field, with an error that names the cell that is wrong."""

from __future__ import annotations

import csv
import io
import os
import re
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile
from deeplabcut.core.files import open_to_read
from deeplabcut.io.tables import LABELS_KEY, MULTI_NAMES, Column, Rows, Table

Array = npt.NDArray[Any]

_BLOCK = 1000
_NO_NUMBER = frozenset(["", "nan", "na", "n/a", "null", "none", "<na>", "#n/a", "-nan"])
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")


def read_csv(path: str | os.PathLike[str], key: str = LABELS_KEY) -> Table:
    """The table in a csv file, of the present or an older form; numbers are exact float64.

    A cell that holds something else than a number raises `DamagedFile` naming the file, the row and the column.
    Duplicated rows are kept.
    """
    path = Path(path)
    with open_to_read(path) as file:
        content = file.read()
    text = _decoded(content, path)
    if (table := _quick(text, path, key)) is not None:
        return table
    delimiter = _delimiter(text)
    csv_rows = _records(text, delimiter, path)
    header, body = _split(csv_rows, path)
    n_labels, columns, names = _columns(header, path)
    row_name = _row_name(body, n_labels)
    at_most = max(len(row) for row in header)
    rows, values = _body(body[row_name is not None :], n_labels, columns, at_most, delimiter, path)
    return Table(values, rows, columns, names, (row_name,) if row_name else (None,) * n_labels, key)


_Records = list[tuple[int, list[str]]]


def _quick(text: str, path: Path, key: str) -> Table | None:
    """The table of a plain file, as programs write it; None where anything asks for a closer look."""
    if '"' in text or "\r" in text or text.count(";") > text.count(","):
        return None
    lines = text.removesuffix("\n").split("\n")
    n = next((i for i, line in enumerate(lines) if line.split(",", 1)[0] not in ("", *MULTI_NAMES)), len(lines))
    if n == 0 or not all(lines[:n]):
        return None
    header, body = [line.split(",") for line in lines[:n]], lines[n:]
    n_labels, columns, names = _columns(header, path)
    if not columns or any(len(row) != n_labels + len(columns) for row in header):
        return None
    if n_labels == 1 and body and not body[0].split(",", 1)[0].isdigit():
        return None
    values = np.empty((len(body), len(columns)))
    labels: list[tuple[str, ...]] = []
    for start in range(0, len(body), _BLOCK):
        parts = [line.split(",", n_labels) for line in body[start : start + _BLOCK]]
        numbers = [part[-1] for part in parts]
        if any(len(part) != n_labels + 1 or part[-1].count(",") != len(columns) - 1 for part in parts):
            return None
        found = _numbers(numbers)
        if found.size != len(parts) * len(columns):
            return None
        values[start : start + _BLOCK] = found.reshape(len(parts), len(columns))
        labels += [tuple(part[:-1]) for part in parts]
    return Table(values, _row_labels(labels, n_labels), columns, names, (None,) * n_labels, key)


def _numbers(rows: list[str]) -> Array:
    """The numbers of some lines, exactly; fewer of them where a line holds anything else."""
    joined = ",".join(rows)
    if ",," in joined or joined[:1] == "," or joined[-1:] == ",":
        joined = f",{joined},".replace(",,", ",nan,").replace(",,", ",nan,")[1:-1]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return np.fromstring(joined, np.float64, sep=",")
    except (ValueError, DeprecationWarning):
        return np.empty(0)


def _row_labels(labels: list[tuple[str, ...]], n_labels: int) -> Rows:
    """Row labels as numbers, texts or tuples."""
    if n_labels > 1:
        return tuple(labels)
    flat = [label[0] for label in labels]
    if all(label.isascii() and label.isdigit() and len(label) < 19 for label in flat):
        return np.array(flat, np.int64)
    return tuple(flat)


def _decoded(content: bytes, path: Path) -> str:
    if not content.strip(b"\0 \r\n\t"):
        raise DamagedFile("The csv file is empty.", where=path)
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DamagedFile(
            f"Line {line} of the csv file is not UTF-8 text.", where=path, fix='save it again as "CSV UTF-8"'
        ) from error
    if "\0" in text:  # what a file system shows for blocks that never reached the disk
        raise DamagedFile(
            f"Line {text[: text.index(chr(0))].count(chr(10)) + 1} of the csv file is garbled.", where=path
        )
    return text


def _delimiter(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0] if text.lstrip()[:1] not in ",;" else text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _records(text: str, delimiter: str, path: Path) -> _Records:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise DamagedFile(f"Line {reader.line_num} of the csv file is garbled ({error}).", where=path) from error


def _split(records: _Records, path: Path) -> tuple[list[list[str]], _Records]:
    """Header rows begin with the name of a level, or with nothing."""
    n = 0
    while n < len(records) and records[n][1][0].strip() in ("", *MULTI_NAMES):
        n += 1
    if n == 0:
        raise DamagedFile(
            "The csv file does not begin with the header of a table of poses.", where=path,
            fix="its first row begins with 'scorer', the next ones with 'bodyparts' and 'coords'",
        )  # fmt: skip
    return [row for _, row in records[:n]], records[n:]


def _columns(header: list[list[str]], path: Path) -> tuple[int, tuple[Column, ...], tuple[str | None, ...]]:
    width = max(len(row) for row in header)
    padded = [row + [""] * (width - len(row)) for row in header]
    first = padded[0]
    n_labels = 1
    while n_labels < width and not first[n_labels].strip():
        n_labels += 1
    while width > n_labels and not any(row[width - 1].strip() for row in padded):
        width -= 1  # spreadsheets add empty columns at the end
    if n_labels > 8 or any(cell.strip() for row in padded for cell in row[1:n_labels]):
        raise DamagedFile("The header rows of the csv file do not match each other.", where=path)
    columns = tuple(zip(*(map(str.strip, row[n_labels:width]) for row in padded), strict=True))
    return n_labels, columns, tuple(row[0].strip() or None for row in padded)


def _row_name(records: _Records, n_labels: int) -> str | None:
    """The name of numbered rows, which stands in a line of its own."""
    if n_labels != 1 or len(records) < 2 or any(records[0][1][1:]) or not records[1][1][0].isdigit():
        return None
    return None if records[0][1][0].isdigit() else records[0][1][0]


def _body(
    records: _Records, n_labels: int, columns: tuple[Column, ...], at_most: int, delimiter: str, path: Path
) -> tuple[Rows, Array]:
    values = np.empty((len(records), len(columns)))
    labels = []
    width = n_labels + len(columns)
    commas = _Commas(path, delimiter)
    for i, (line, row) in enumerate(records):
        if len(row) != width:
            row = _fitted(row, width, at_most, line, path)
        cells = row[n_labels:]
        try:
            if "_" in "".join(cells):
                raise ValueError
            values[i] = [float(cell) if cell else np.nan for cell in cells]
        except ValueError:
            values[i] = [commas.number(cell, line, column) for cell, column in zip(cells, columns, strict=True)]
        labels.append(tuple(row[:n_labels]))
    commas.refuse_mixture(records, n_labels)
    return _row_labels(labels, n_labels), values


def _fitted(row: list[str], width: int, at_most: int, line: int, path: Path) -> list[str]:
    """A row as wide as the table; a spreadsheet may add empty cells, but to the header as well."""
    if len(row) > at_most or any(cell.strip() for cell in row[width:]):
        raise DamagedFile(
            f"Line {line} has more cells than the header has columns.", where=path,
            fix="if numbers in it have a decimal comma, save the table with decimal points",
        )  # fmt: skip
    return row[:width] + [""] * (width - len(row))


@dataclass
class _Commas:
    """Reads numbers that are not plain; decimal commas are believed where semicolons separate the cells."""

    path: Path
    delimiter: str
    seen: bool = False

    def number(self, cell: str, line: int, column: Column) -> float:
        text = cell.strip()
        if text.lower() in _NO_NUMBER:
            return float("nan")
        if _DECIMAL_COMMA.fullmatch(text) and self.delimiter == ";":
            self.seen = True
            return float(text.replace(",", "."))
        with suppress(ValueError):
            if "_" not in text:
                return float(text)
        raise DamagedFile(
            f"Line {line}, column {' / '.join(map(str, column))}: {text[:60]!r} is no number.",
            where=self.path,
            fix="correct the cell; leave it empty where nothing is labelled",
        )

    def refuse_mixture(self, records: _Records, n_labels: int) -> None:
        """Raise if numbers with decimal commas stand beside numbers with points: which one is it?"""
        for line, row in records if self.seen else ():
            if pointed := [cell for cell in row[n_labels:] if "." in cell]:
                raise DamagedFile(
                    f"Line {line}: {pointed[0]!r} has a point, other numbers of the file have a decimal comma.",
                    where=self.path,
                    fix="save the table with decimal points and without separators of thousands",
                )


def duplicated_rows(rows: Rows) -> list[Any]:
    """The row labels that appear more than once, in order."""
    seen: set[Any] = set()
    labels = rows if isinstance(rows, tuple) else rows.tolist()
    return list(dict.fromkeys(label for label in labels if label in seen or seen.add(label)))  # type: ignore[func-returns-value]
