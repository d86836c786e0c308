"""Rows of variable length in a guarded h5 file: texts, and pictures that lie encoded in it.

The length that a row states is compared with the file before the row is read, so that a few bytes cannot ask for
gigabytes; the same bytes named by many rows count each time.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import UnsafeFile
from deeplabcut.io.h5_guard import Group

Array = npt.NDArray[Any]

_REFERENCE = struct.Struct("<IQI")  # length, address and number in the heap of the file


def texts(group: Group, name: str) -> list[str]:
    """The texts of a dataset, of fixed or of variable length."""
    return [row.rstrip(b"\0").decode("utf-8", "replace") for row in byte_rows(group, name)]


def byte_rows(group: Group, name: str, rows: Sequence[int] | None = None) -> Iterator[bytes]:
    """The bytes of some rows of a dataset (or of all): texts, or whole numbers of one byte each."""
    dataset = group.dataset(name)
    varying = _is_varying(dataset.get_type())
    found = h5py.Dataset(dataset) if varying else group.checked(name)
    if found.ndim != (1 if varying or found.dtype.kind == "S" else 2) or found.dtype.kind not in "SiuO":
        raise group.damaged(f"{name} is no list of texts")
    n_rows = found.shape[0]
    if varying:
        _check_storage(group, dataset, name)
    if wrong := [row for row in rows or () if not 0 <= row < n_rows]:
        raise group.damaged(f"{name} has no row {wrong[0]}")
    rows = range(n_rows) if rows is None else rows
    if varying and rows:
        group.charge(int(_lengths(group, dataset)[list(rows)].sum()))
    for row in rows:
        yield _as_bytes(found[row])


def text_attribute(group: Group, name: str, of: str | None = None) -> str:
    """A text attribute of fixed or variable length; "" where there is none."""
    owner = group.member(of) if of else group.identity
    if not h5py.h5a.exists(owner, name.encode()):
        return ""
    found = h5py.h5a.open(owner, name.encode())
    kind = found.get_type()
    if kind.get_class() == h5py.h5t.STRING and kind.is_variable_str() and found.shape == ():
        group.charge(_stated_length(group, name))
        value = np.empty((), object)
        found.read(value)
        return _as_bytes(value.item()).decode("utf-8", "replace")
    value = group.attribute(name, of)
    return value if isinstance(value, str) else ""


def _stated_length(group: Group, name: str) -> int:
    """The greatest length that any attribute of this name states for its text.

    The library makes room for that length before it looks whether the text is there. Where an attribute stands in
    the file it does not tell, but attributes are stored under their names.
    """
    wanted, greatest = name.encode() + b"\0", 0
    with group.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        place = content.find(wanted)
        while place >= 0:
            for version, n_before, step in ((1, 8, 8), (2, 8, 1), (3, 9, 1)):  # step: sizes are rounded up to it
                head = content[max(0, place - n_before) : place]
                if len(head) < n_before or head[0] != version:
                    continue
                sizes = struct.unpack_from("<HHH", head, 2)
                padded = [-(-size // step) * step for size in sizes]
                at = place + sum(padded)
                if sizes[0] != len(wanted) or at + _REFERENCE.size > len(content):
                    continue
                if content[place + padded[0]] & 0x0F == h5py.h5t.VLEN:  # the class of its type
                    greatest = max(greatest, _REFERENCE.unpack(content[at : at + _REFERENCE.size])[0])
            place = content.find(wanted, place + 1)
    return greatest


def _is_varying(kind: Any) -> bool:
    if kind.get_class() == h5py.h5t.STRING:
        return bool(kind.is_variable_str())
    if kind.get_class() == h5py.h5t.VLEN and kind.get_super().get_size() == 1:
        return bool(kind.get_super().get_class() == h5py.h5t.INTEGER)
    return False


def _check_storage(group: Group, dataset: Any, name: str) -> None:
    """Raise unless the rows lie in the file as they are, as many as it states."""
    plan = dataset.get_create_plist()
    if plan.get_external_count() or plan.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED):
        raise UnsafeFile(f"The data of {name} lie in another file, or in no ordinary way.", where=group.path)
    if plan.get_nfilters():
        raise UnsafeFile(f"{name} holds compressed rows of variable length; they were not read.", where=group.path)
    if dataset.shape[0] * _REFERENCE.size > dataset.get_storage_size():
        raise group.damaged(f"{name} states more rows than it has")


def _lengths(group: Group, dataset: Any) -> Array:
    """The length that each row states, read from the file itself."""
    n = dataset.shape[0]
    lengths = np.zeros(n, np.int64)
    with group.path.open("rb") as file:
        for start, n_rows, offset in _stretches(dataset, n):
            file.seek(offset)
            content = file.read(n_rows * _REFERENCE.size)
            raw = np.frombuffer(content, np.dtype([("n", "<u4"), ("at", "<u8"), ("i", "<u4")]))
            if len(raw) < n_rows:
                raise group.damaged("the file is cut short")
            lengths[start : start + n_rows] = raw["n"]
    return lengths


def _stretches(dataset: Any, n: int) -> list[tuple[int, int, int]]:
    """First row, number of rows and place in the file of what lies together."""
    plan = dataset.get_create_plist()
    if plan.get_layout() == h5py.h5d.CHUNKED:
        size = plan.get_chunk()[0]
        chunks = [dataset.get_chunk_info(i) for i in range(dataset.get_num_chunks())]
        return [(c.chunk_offset[0], min(size, n - c.chunk_offset[0]), c.byte_offset) for c in chunks]
    offset = dataset.get_offset()
    return [] if offset is None else [(0, n, offset)]


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, bytes):
        return value
    return np.asarray(value).astype(np.uint8, copy=False).tobytes() if np.size(value) else b""
