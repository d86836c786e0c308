"""csv files of tables, with the bytes that pandas writes, several times faster. `read_csv` is the way back.

Header rows hold one level of the column labels each, beginning with the level's name; then come one or three
columns of row labels. An empty cell is a missing number. Numbers always have a point, whatever the locale.
"""

from __future__ import annotations

import csv
import io
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile
from deeplabcut.core.files import atomic_write
from deeplabcut.io.csv_numbers import row_texts
from deeplabcut.io.csv_reading import duplicated_rows, read_csv
from deeplabcut.io.tables import Column, Rows, Table

Array = npt.NDArray[Any]

__all__ = ["CsvWriter", "csv_pieces", "duplicated_rows", "read_csv", "write_csv"]

_BLOCK = 500
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(path: str | os.PathLike[str], table: Table, *, for_spreadsheets: bool = False) -> None:
    """Replace ``path`` by a csv file of the table, whole or not at all.

    Parameters
    ----------
    for_spreadsheets : put a ``'`` before names that a spreadsheet would take for a formula.
    """
    writer = CsvWriter(table.columns, table.column_names, table.n_row_levels, for_spreadsheets=for_spreadsheets)
    with atomic_write(path, check=writer.check) as file:
        writer.put(file, table.rows, table.values)


@dataclass
class CsvWriter:
    """Writes a table piece by piece; `check` compares a finished file with what was written."""

    columns: Sequence[Column]
    column_names: Sequence[str | None]
    n_row_levels: int = 1
    for_spreadsheets: bool = False
    row_names: Sequence[str | None] = ()
    _checksum: int = field(default=0, init=False)
    _begun: bool = field(default=False, init=False)

    def put(self, file: BinaryIO, rows: Rows, values: Array) -> None:
        """Add rows; the header comes first."""
        if not self._begun:
            self._begun = True
            self._write(file, self._header())
        for start in range(0, len(rows), _BLOCK):
            stop = start + _BLOCK
            numbers = row_texts(np.ascontiguousarray(values[start:stop]))
            labels = self._row_labels(rows[start:stop])
            comma = "," if self.columns else ""
            lines = [f"{label}{comma}{row}\n" for label, row in zip(labels, numbers, strict=True)]
            self._write(file, "".join(lines))

    def check(self, path: Path) -> None:
        """Raise unless the file holds the bytes that were written."""
        checksum = 0
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                checksum = zlib.crc32(block, checksum)
        if checksum != self._checksum:
            raise DamagedFile("The written csv does not read back as it was meant.", where=path, fix="save again")

    def _write(self, file: BinaryIO, text: str) -> None:
        content = text.encode("utf-8")
        self._checksum = zlib.crc32(content, self._checksum)
        file.write(content)

    def _header(self) -> str:
        rows = []
        for level, name in enumerate(self.column_names):
            labels = [str(column[level]) for column in self.columns]
            rows.append([name or "", *[""] * (self.n_row_levels - 1), *labels])
        names = [name or "" for name in self.row_names]
        if len(self.column_names) == 1:  # the names of rows share the line of flat columns, whose own name has no place
            rows = [[*(names or [""] * self.n_row_levels), *rows[0][self.n_row_levels :]]]
        elif any(names):
            rows.append([*names, *[""] * len(self.columns)])
        return self._quoted(rows)

    def _row_labels(self, rows: Rows) -> Iterable[str]:
        if not isinstance(rows, tuple):
            return map(str, rows.tolist())
        cells = [list(map(str, row)) if isinstance(row, tuple) else [str(row)] for row in rows]
        return _lines(self._quoted(cells), len(cells))

    def _quoted(self, rows: list[list[str]]) -> str:
        if self.for_spreadsheets:
            rows = [[f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue()


def _lines(text: str, n: int) -> list[str]:
    """The records of a csv text; a quoted label may itself hold a line break."""
    lines = text.split("\n")[:-1]
    if len(lines) == n:
        return lines
    joined: list[str] = []
    for line in lines:
        if joined and joined[-1].count('"') % 2:
            joined[-1] += "\n" + line
        else:
            joined.append(line)
    return joined


def csv_pieces(table: Table) -> Iterator[bytes]:
    """The csv text of a table in pieces, for callers that send it elsewhere than to a file."""
    writer = CsvWriter(table.columns, table.column_names, table.n_row_levels)
    for start in range(0, max(1, len(table)), _BLOCK):
        piece = io.BytesIO()
        writer.put(piece, table.rows[start : start + _BLOCK], table.values[start : start + _BLOCK])
        yield piece.getvalue()
