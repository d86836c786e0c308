"""Files of arrays from elsewhere that must open without running code: ``.npy``, ``.mat`` and Python shelves."""

from __future__ import annotations

import dbm
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, DeepLabCutError, Missing, UnsafeFile
from deeplabcut.core.files import open_to_read
from deeplabcut.io.pickles import loads

_MAX_MAT_BYTES = 1 << 31


def read_npy(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """The array in a ``.npy`` file; arrays of Python objects are refused."""
    path = Path(path)
    try:
        with open_to_read(path) as file:
            version = np.lib.format.read_magic(file)
            read_header = (
                np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            )
            shape, _, dtype = read_header(file)
            n_bytes = int(np.prod(shape, dtype=object)) * dtype.itemsize if shape else dtype.itemsize
            if dtype.hasobject:
                raise UnsafeFile("The array holds Python objects.", where=path, fix="save it again as plain numbers")
            if n_bytes > os.fstat(file.fileno()).st_size - file.tell():
                raise DamagedFile("The array is cut short, or states a size it does not have.", where=path)
            file.seek(0)
            return np.asarray(np.load(file, allow_pickle=False))
    except DeepLabCutError:
        raise
    except Exception as error:
        raise DamagedFile(f"This is no array file that can be read ({error}).", where=path) from error


def read_mat(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The variables of a MATLAB file up to version 5; nothing in it can run."""
    from scipy.io import loadmat

    path = Path(path)
    try:
        if path.stat().st_size > _MAX_MAT_BYTES:
            raise UnsafeFile("The MATLAB file is larger than any training set.", where=path)
        return {name: value for name, value in loadmat(path).items() if not name.startswith("__")}
    except FileNotFoundError as error:
        raise Missing(f"There is no file {path.name}.", where=path.parent) from error
    except DeepLabCutError:
        raise
    except NotImplementedError as error:
        raise DamagedFile(
            "MATLAB files of version 7.3 are not read.", where=path, fix="save it in MATLAB with the option -v7"
        ) from error
    except Exception as error:
        raise DamagedFile(f"This is no MATLAB file that can be read ({error}).", where=path) from error


def read_shelf(path: str | os.PathLike[str]) -> Iterator[tuple[str, Any]]:
    """The entries of a Python shelf, one after the other; each value is read as guarded as a pickle file."""
    name = os.fspath(path)
    if not dbm.whichdb(name):
        exists = any(Path(name + suffix).exists() for suffix in ("", ".dat", ".db", ".dir"))
        if not exists:
            raise Missing(f"There is no shelf {Path(name).name}.", where=Path(name).parent)
        raise DamagedFile("The shelf is damaged, or of a kind that this Python does not know.", where=name)
    try:
        with dbm.open(name, "r") as shelf:  # type: ignore[call-overload,unused-ignore]
            for key in list(shelf.keys()):
                name_of_entry = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
                yield name_of_entry, loads(bytes(shelf[key]), name)
    except DeepLabCutError:
        raise
    except Exception as error:
        raise DamagedFile(f"The shelf cannot be read ({error}).", where=name) from error
