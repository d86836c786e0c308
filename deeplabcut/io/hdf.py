"""h5 files in the layouts of pandas and PyTables, read and written with h5py alone.

What is written here opens in every pandas from 1 to 3: newer ones no longer note the version of the layout, which
older ones ask for. Reading is guarded (`deeplabcut.io.h5_guard`).
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from deeplabcut.core.errors import DamagedFile, UnsafeFile
from deeplabcut.core.files import atomic_write
from deeplabcut.core.trust import is_trusted
from deeplabcut.io.h5_guard import opened
from deeplabcut.io.h5_layouts import table_in
from deeplabcut.io.h5_writer import FrameTableWriter, fits_appendable, fixed_image, texts
from deeplabcut.io.tables import LABELS_KEY, Table, from_frame

Layout = Literal["fixed", "table"]

PIECE = 1 << 20


def read_table(path: str | os.PathLike[str], key: str | None = None) -> Table:
    """The table in an h5 file, bit for bit; with no key, whatever single table the file holds."""
    path = Path(path)
    try:
        with opened(path) as root:
            return table_in(root, key)
    except UnsafeFile:
        with path.open("rb") as file:
            if not is_trusted(file):
                raise
        return _read_with_pandas(path, key)


def write_table(path: str | os.PathLike[str], table: Table, *, layout: Layout = "table") -> None:
    """Replace ``path`` by an h5 file of the table, whole or not at all.

    Parameters
    ----------
    layout : ``fixed`` for labels and evaluations (rows are parts of paths), ``table`` for predictions of videos.
    """
    with atomic_write(path, check=lambda part: check_same(part, table)) as file:
        put_table(file, table, layout=layout)


def put_table(file: BinaryIO, table: Table, *, layout: Layout = "table") -> None:
    """Write the table into an open, empty file."""
    if layout == "table" and table.n_row_levels == 1 and fits_appendable(table.columns):
        index = np.int64 if not isinstance(table.rows, tuple) else texts(table.rows).dtype
        with FrameTableWriter(
            file, table.columns, table.column_names, key=table.key, dtype=table.values.dtype,
            index=np.dtype(index), row_name=table.row_names[0],
        ) as writer:  # fmt: skip
            writer.append(table.rows, table.values)
        return
    content = fixed_image(table)
    for start in range(0, len(content), PIECE):
        file.write(content[start : start + PIECE])


def check_same(path: Path, table: Table) -> None:
    """Raise unless the file at ``path`` holds exactly this table."""
    if not read_table(path).same_as(table):
        raise DamagedFile("The written table does not read back as it was meant.", where=path, fix="save again")


def checksum_of(path: str | os.PathLike[str], key: str) -> tuple[int, int]:
    """Number of rows and checksum of a file in the layout ``table``, as `FrameTableWriter` counts them."""
    n_rows = checksum = 0
    with opened(path) as root:
        for records in root.group(key).pieces("table"):
            n_rows += len(records)
            checksum = zlib.crc32(records.tobytes(), checksum)
    return n_rows, checksum


def _read_with_pandas(path: Path, key: str | None) -> Table:
    """What pandas makes of a file that the person at this machine vouched for; it may run code of the file."""
    import pandas as pd

    frame: Any = pd.read_hdf(path, key=key) if key else pd.read_hdf(path)
    return from_frame(frame, key or LABELS_KEY)
