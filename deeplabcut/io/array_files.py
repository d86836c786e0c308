"""Files of arrays from elsewhere that must open without running code: ``.npy`` and ``.mat``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, DeepLabCutError, UnsafeFile
from deeplabcut.core.files import open_to_read
from deeplabcut.io.mat_files import MAX_BYTES, mat_variables


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
    """The variables of a MATLAB file of version 5 to 7; nothing in it can run."""
    path = Path(path)
    with open_to_read(path) as file:
        if os.fstat(file.fileno()).st_size > MAX_BYTES:
            raise UnsafeFile("The MATLAB file is larger than any training set.", where=path)
        return mat_variables(file.read(), os.fspath(path))
