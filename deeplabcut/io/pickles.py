"""Pickles that open without running code, and pickles that every numpy and pandas of the field opens.

Reading admits plain containers, numbers, texts, numpy arrays and the column index of a table, and nothing else:
every name that a pickle may call is replaced by a function of ours that checks its arguments. Writing uses only
names that numpy 1 and 2 and pandas 1 to 3 share.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from deeplabcut.core.errors import DamagedFile, UnsafeFile
from deeplabcut.core.files import atomic_write, open_to_read
from deeplabcut.core.trust import is_trusted
from deeplabcut.io.pickle_guard import PickledIndex, load_guarded
from deeplabcut.io.pickle_scan import scan

PROTOCOL = 5


def read_pickle(path: str | os.PathLike[str]) -> Any:
    """The object in a pickle file; raises `UnsafeFile` if the file asks for anything but data.

    A pandas index comes back as `PickledIndex`.
    """
    path = Path(path)
    with open_to_read(path) as file:
        return _load_file(file, path)


def read_pickle_with_pandas(filename: str | os.PathLike[str]) -> Any:
    """As `read_pickle`; an index, alone or among the values of a dict, is that of pandas, as scripts expect."""
    value = read_pickle(filename)
    if isinstance(value, dict):
        indices = {key: _to_pandas(item) for key, item in value.items() if isinstance(item, PickledIndex)}
        return {**value, **indices} if indices else value
    return _to_pandas(value) if isinstance(value, PickledIndex) else value


def _to_pandas(index: PickledIndex) -> Any:
    import pandas as pd

    if len(index.names) == 1:
        return pd.Index([entry[0] for entry in index.tuples], name=index.names[0])
    return pd.MultiIndex.from_tuples(index.tuples, names=index.names)


def loads(content: bytes, where: str | os.PathLike[str]) -> Any:
    """The object in a pickle held in memory; ``where`` is the file it stands in."""
    name = os.fspath(where)
    scan(content, name)
    return load_guarded(lambda: io.BytesIO(content), name)


def write_pickle(filename: str | os.PathLike[str], data: object) -> None:
    """Write ``data`` so that old and new numpy and pandas open it; the file is whole or absent."""
    with atomic_write(filename, check=_check_complete) as file:
        Writer(file).dump(data)


def write_pickle_items(path: str | os.PathLike[str], items: Iterable[tuple[Any, Any]]) -> None:
    """Write a dict whose items come one after the other, in little memory; reads back as a plain dict."""
    with atomic_write(path, check=_check_complete) as file:
        writer = Writer(file)
        writer.fast = True  # no memo: nothing is kept once it is written
        writer.dump(_StreamedDict(items))


class Writer(pickle.Pickler):
    """Pickles arrays, numpy scalars, texts of numpy and column labels under names that all versions share."""

    fast: bool

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, protocol=PROTOCOL)

    def reducer_override(self, value: Any) -> Any:
        """How ``value`` is taken apart, where the interpreter's own way depends on versions."""
        if isinstance(value, np.ndarray):
            if value.dtype.hasobject or value.dtype.names:
                return list, (value.tolist(),)
            return np.ndarray, (value.shape, value.dtype.str, bytearray(value.tobytes()))
        if isinstance(value, np.generic):
            return _plain_scalar(value)
        if isinstance(value, PickledIndex):
            return _pandas_index(value)
        if type(value).__name__ == "MultiIndex" and type(value).__module__.partition(".")[0] == "pandas":
            return _pandas_index(PickledIndex(tuple(value), tuple(value.names)))
        if isinstance(value, _StreamedDict):
            return dict, (), None, None, iter(value.items)
        return NotImplemented


def _plain_scalar(value: np.generic) -> Any:
    if isinstance(value, np.bool_):
        return bool, (bool(value),)
    if isinstance(value, np.str_):
        return str, (str(value),)
    if isinstance(value, (np.floating, np.integer)) and value.dtype.itemsize <= 8:
        return getattr(np, value.dtype.name), (value.item(),)
    return type(value.item()), (value.item(),)


def _pandas_index(index: PickledIndex) -> Any:
    from pandas import MultiIndex
    from pandas.core.indexes.base import _new_Index  # type: ignore[attr-defined]

    # Plain lists: each version of pandas makes the string type of its own out of them.
    levels = [list(dict.fromkeys(level)) for level in zip(*index.tuples, strict=True)] or [[] for _ in index.names]
    places = [{label: i for i, label in enumerate(level)} for level in levels]
    codes = [[place[entry[i]] for entry in index.tuples] for i, place in enumerate(places)]
    state = {"levels": levels, "codes": codes, "sortorder": None, "names": list(index.names)}
    return _new_Index, (MultiIndex, state)


@dataclass(frozen=True)
class _StreamedDict:
    items: Iterable[tuple[Any, Any]]


def _check_complete(path: Path) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        scan(data, os.fspath(path))


def _load_file(file: BinaryIO, path: Path) -> Any:
    if os.fstat(file.fileno()).st_size == 0:
        raise DamagedFile("The file is empty.", where=path, fix="make the file again, or use a copy of it")
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            scan(data, os.fspath(path))
        except UnsafeFile:
            if not is_trusted(file):
                raise

    def reopened() -> BinaryIO:
        file.seek(0)
        return file

    try:
        return load_guarded(reopened, os.fspath(path))
    except UnsafeFile:
        if not is_trusted(file):
            raise
        file.seek(0)
        return pickle.load(file)  # noqa: S301 - the person at this machine vouched for this very content
