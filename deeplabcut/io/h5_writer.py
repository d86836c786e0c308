"""The h5 layouts of pandas and PyTables, written with h5py alone."""

from __future__ import annotations

import io
import pickle
import pickletools
import zlib
from collections.abc import Sequence
from typing import Any, BinaryIO

import h5py
import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import InvalidInput
from deeplabcut.io.tables import LABELS_KEY, Column, Rows, Table

Array = npt.NDArray[Any]

_MAX_ATTRIBUTE_BYTES = 64_000  # what fits into the header of an object
_CHUNK_BYTES = 1 << 18


def fits_appendable(columns: Sequence[Column]) -> bool:
    """Whether the layout ``table`` can hold so many columns; pandas itself fails beyond some thousands."""
    return len(_pickled(list(columns))) < _MAX_ATTRIBUTE_BYTES


class FrameTableWriter:
    """Writes the layout ``table`` piece by piece, in constant memory.

    Use it as a context manager around an open, empty file. ``checksum`` covers what was appended.
    """

    def __init__(
        self,
        file: BinaryIO,
        columns: Sequence[Column],
        column_names: Sequence[str | None],
        *,
        key: str = LABELS_KEY,
        dtype: npt.DTypeLike = np.float32,
        index: npt.DTypeLike = np.int64,
        row_name: str | None = None,
    ) -> None:
        self.columns = [tuple(column) for column in columns]
        if not fits_appendable(self.columns):
            raise InvalidInput(f"{len(self.columns)} columns are more than an h5 table can name.")
        self.dtype = np.dtype(dtype)
        self.n_rows = 0
        self.checksum = 0
        self._record = np.dtype([("index", index), ("values_block_0", dtype, (len(self.columns),))])
        self._sink = _Sink(file)
        self._h5 = h5py.File(self._sink, "w", libver="earliest")
        _group_attributes(self._h5)
        group = self._h5.create_group(key)
        _group_attributes(group)
        labels = self.columns if len(column_names) > 1 else [column[0] for column in self.columns]
        info = {
            1: {"names": list(column_names), "type": "MultiIndex" if len(column_names) > 1 else "Index"},
            "index": {} if row_name is None else {"index_name": row_name},
            "values_block_0": {},
        }
        for name, text in (
            ("pandas_type", "frame_table"), ("pandas_version", "0.15.2"), ("table_type", "appendable_frame"),
            ("encoding", "UTF-8"), ("errors", "strict"), ("nan_rep", "nan"),
        ):  # fmt: skip
            _put_text(group, name, text)
        for name, value in (
            ("index_cols", [(0, "index")]), ("values_cols", ["values_block_0"]), ("non_index_axes", [(1, labels)]),
            ("data_columns", []), ("info", info),
        ):  # fmt: skip
            _put_pickle(group, name, value)
        group.attrs["levels"] = np.int64(1)
        n_chunk = max(1, _CHUNK_BYTES // self._record.itemsize)
        self._table = group.create_dataset(
            "table", shape=(0,), maxshape=(None,), chunks=(n_chunk,), dtype=self._record, track_times=False
        )
        self._describe(labels)

    def __enter__(self) -> FrameTableWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._table.attrs["NROWS"] = np.int64(self.n_rows)
        finally:
            self._h5.close()
        if kind is None:
            self._sink.raise_failure()

    def append(self, rows: Rows, values: Array) -> None:
        """Add rows to the end."""
        n = len(rows)
        records = np.zeros(n, self._record)
        records["index"] = texts(rows) if isinstance(rows, tuple) else rows
        records["values_block_0"] = np.asarray(values).reshape(n, len(self.columns))
        self._table.resize((self.n_rows + n,))
        if n:
            self._table[self.n_rows :] = records
        self._sink.raise_failure()
        self.n_rows += n
        self.checksum = zlib.crc32(records.tobytes(), self.checksum)

    def _describe(self, labels: list[Any]) -> None:
        index, values = self._record["index"], self._record["values_block_0"].base
        _put_text(self._table, "CLASS", "TABLE")
        _put_text(self._table, "VERSION", "2.7")
        _put_text(self._table, "TITLE", "")
        _put_text(self._table, "FIELD_0_NAME", "index")
        _put_text(self._table, "FIELD_1_NAME", "values_block_0")
        self._table.attrs["FIELD_0_FILL"] = np.zeros((), index)[()] if index.kind == "i" else np.bytes_(b"")
        self._table.attrs["FIELD_1_FILL"] = np.zeros((), values)[()]
        self._table.attrs["NROWS"] = np.int64(0)
        _put_text(self._table, "index_kind", "integer" if index.kind == "i" else "string")
        _put_text(self._table, "values_block_0_dtype", values.name)
        _put_pickle(self._table, "values_block_0_kind", labels)
        _put_pickle(self._table, "values_block_0_meta", None)


def fixed_image(table: Table) -> memoryview:
    """The bytes of a small h5 file in the layout ``fixed``."""
    image = io.BytesIO()
    with h5py.File(image, "w", libver="earliest") as h5:
        _put_fixed(h5, table)
    return image.getbuffer()


class _Sink(io.RawIOBase):
    """A file that keeps the first failure for us instead of throwing it into the HDF5 library."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._failure: BaseException | None = None

    def raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def write(self, data: Any) -> int:
        if self._failure is None:
            try:
                self._file.write(data)
            except BaseException as error:
                self._failure = error
        return memoryview(data).nbytes

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer) or 0 if self._failure is None else 0  # type: ignore[attr-defined]

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int | None = None, /) -> int:
        return self._file.truncate(size)

    def flush(self) -> None:
        """Nothing: the owner of the file syncs it once, at the end."""


def _put_fixed(h5: Any, table: Table) -> None:
    _group_attributes(h5)
    group = h5.create_group(table.key)
    _group_attributes(group)
    for name, text in (
        ("pandas_type", "frame"), ("pandas_version", "0.15.2"), ("encoding", "UTF-8"), ("errors", "strict"),
    ):  # fmt: skip
        _put_text(group, name, text)
    group.attrs["ndim"] = np.int64(2)
    group.attrs["nblocks"] = np.int64(1)
    _put_axis(group, "axis0", table.columns, table.column_names)
    _put_axis(group, "axis1", table.rows, table.row_names)
    _put_array(group, "block0_values", table.values)
    _put_axis(group, "block0_items", table.columns, table.column_names)


def _put_axis(group: Any, name: str, labels: Rows | tuple[Column, ...], names: Sequence[str | None]) -> None:
    multi = len(names) > 1
    _put_text(group, f"{name}_variety", "multi" if multi else "regular")
    if not multi:
        flat = [label[0] if isinstance(label, tuple) else label for label in labels]
        _put_labels(group, name, labels if isinstance(labels, np.ndarray) else flat, names[0])
        return
    group.attrs[f"{name}_nlevels"] = np.int64(len(names))
    for i, level_name in enumerate(names):
        parts = [label[i] for label in labels]
        known = sorted(set(parts) - {None}, key=lambda part: (str(type(part)), part))
        known = [part for part in known if part == part]
        place = {part: number for number, part in enumerate(known)}
        small = np.int8 if len(known) < 1 << 7 else np.int16 if len(known) < 1 << 15 else np.int32
        level = _put_labels(group, f"{name}_level{i}", known, level_name)
        _put_pickle_or_text(level, f"{name}_name{level_name}", level_name)
        _put_array(group, f"{name}_label{i}", np.array([place.get(part, -1) for part in parts], small))


def _put_labels(group: Any, name: str, labels: Any, level_name: str | None) -> Any:
    whole = isinstance(labels, np.ndarray) or (len(labels) > 0 and all(type(label) is int for label in labels))
    data = np.asarray(labels, np.int64) if whole else texts(tuple(map(str, labels)))
    dataset = _put_array(group, name, data)
    _put_text(dataset, "kind", "integer" if whole else "string")
    _put_pickle_or_text(dataset, "name", level_name)
    return dataset


def _put_array(group: Any, name: str, data: Array) -> Any:
    empty = data.size == 0
    stored = np.zeros((1,) * data.ndim, np.float64 if data.dtype.kind != "S" else "S1") if empty else data
    dataset = group.create_dataset(name, data=stored, track_times=False)
    _put_text(dataset, "CLASS", "ARRAY")
    _put_text(dataset, "VERSION", "2.4")
    _put_text(dataset, "TITLE", "")
    _put_text(dataset, "FLAVOR", "numpy")
    dataset.attrs["transposed"] = np.uint8(not empty)
    if empty:
        _put_text(dataset, "value_type", data.dtype.name if data.dtype.kind != "S" else "S1")
        _put_pickle(dataset, "shape", data.T.shape)
    return dataset


def _group_attributes(group: Any) -> None:
    _put_text(group, "CLASS", "GROUP")
    _put_text(group, "TITLE", "")
    _put_text(group, "VERSION", "1.0")
    if group.name == "/":
        _put_text(group, "PYTABLES_FORMAT_VERSION", "2.1")


def _put_pickle_or_text(owner: Any, name: str, value: str | None) -> None:
    if value is None:
        _put_pickle(owner, name, value)
    else:
        _put_text(owner, name, value)


def _put_text(owner: Any, name: str, text: str) -> None:
    _put_bytes(owner, name, text.encode("utf-8"), h5py.h5t.CSET_UTF8)


def _put_pickle(owner: Any, name: str, value: object) -> None:
    _put_bytes(owner, name, _pickled(value), h5py.h5t.CSET_ASCII)


def _pickled(value: object) -> bytes:
    """The oldest protocol, as PyTables writes it; a denser one where that would not fit."""
    content = pickle.dumps(value, 0)
    return content if len(content) < _MAX_ATTRIBUTE_BYTES else pickletools.optimize(pickle.dumps(value, 2))


def _put_bytes(owner: Any, name: str, content: bytes, character_set: int) -> None:
    """A text of fixed length; PyTables tells texts (UTF-8) from pickles (ASCII) by the character set."""
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(max(1, len(content)))
    kind.set_cset(character_set)
    space = h5py.h5s.create(h5py.h5s.SCALAR if content else h5py.h5s.NULL)
    attribute = h5py.h5a.create(owner.id, name.encode(), kind, space)
    if content:
        attribute.write(np.array(content, f"S{len(content)}"), mtype=kind)


def texts(rows: tuple[Any, ...]) -> Array:
    """Labels as UTF-8 of fixed length."""
    encoded = [str(row).encode("utf-8") for row in rows]
    return np.array(encoded, f"S{max([1, *map(len, encoded)])}")
