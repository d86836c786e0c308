"""The csv copy of any h5 table: poses, tracks, filtered poses, bones; the text that pandas writes of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from deeplabcut.core.errors import UnsafeFile
from deeplabcut.core.files import atomic_write, open_to_read
from deeplabcut.core.trust import is_trusted
from deeplabcut.io.csv_tables import CsvWriter
from deeplabcut.io.h5_guard import opened
from deeplabcut.io.h5_layouts import table_pieces
from deeplabcut.io.hdf import read_table
from deeplabcut.io.tables import Table


def copy_as_csv(h5: str | os.PathLike[str], csv: str | os.PathLike[str] | None = None) -> Path:
    """Write the table of an h5 file as csv, whole or not at all; the path of the csv.

    Long tables pass through a few megabytes of memory. An existing csv is replaced.

    Parameters
    ----------
    csv : path, optional
        Where it goes; beside the h5 under the same name if it is not given.
    """
    h5 = Path(h5)
    target = h5.with_suffix(".csv") if csv is None else Path(csv)
    try:
        with opened(h5) as root:
            _write(target, table_pieces(root))
    except UnsafeFile:
        with open_to_read(h5) as file:
            if not is_trusted(file):
                raise
        _write(target, iter([read_table(h5)]))
    return target


def _write(target: Path, pieces: Iterator[Table]) -> None:
    first = next(pieces)
    writer = CsvWriter(first.columns, first.column_names, first.n_row_levels, row_names=first.row_names)
    with atomic_write(target, check=writer.check) as file:
        for piece in chain([first], pieces):
            writer.put(file, piece.rows, piece.values)
