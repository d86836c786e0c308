"""A look into an h5 file that believes nothing the file says.

Links out of the file, data kept elsewhere, compression that needs a plug-in, values of variable length and sizes
that the file cannot hold are refused before anything is read. Pickled attributes are read with no names at all,
so none can be called. Whatever goes wrong inside the HDF5 library becomes a `DamagedFile`.
"""

from __future__ import annotations

import io
import os
import pickle
import pickletools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from deeplabcut.core.errors import DamagedFile, DeepLabCutError, UnsafeFile
from deeplabcut.core.files import open_to_read
from deeplabcut.io.pickle_scan import scan

Array = npt.NDArray[Any]

_BUILT_IN_FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}
_MAX_ATTRIBUTE_BYTES = 1 << 22
_PLAIN_CLASSES = (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.STRING, h5py.h5t.ENUM, h5py.h5t.BITFIELD)
_COMPRESSION_LIMIT = 100
_SMALL_BYTES = 1 << 26
_PIECE_BYTES = 1 << 23


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Group]:
    """The root of an h5 file, opened read-only and guarded."""
    path = Path(path)
    with open_to_read(path) as file, _translated(path):
        n_bytes = os.fstat(file.fileno()).st_size
        if n_bytes == 0:
            raise DamagedFile("The file is empty.", where=path)
        with h5py.File(file, "r") as h5:
            yield Group(h5py.h5g.open(h5.id, b"/"), "/", path, _Budget(n_bytes))


@dataclass
class _Budget:
    """How much a file may make us read: what it holds, or a fair multiple of it where it is compressed."""

    n_bytes_file: int
    n_bytes_read: int = 0

    def take(self, n_bytes: int, stored: int, compressed: bool, path: Path) -> None:
        self.n_bytes_read += n_bytes
        if compressed:
            possible = max(_SMALL_BYTES, _COMPRESSION_LIMIT * self.n_bytes_file)
            believable = n_bytes <= max(_SMALL_BYTES, _COMPRESSION_LIMIT * stored)
        else:
            possible = 2 * self.n_bytes_file
            believable = n_bytes <= stored
        if self.n_bytes_read > possible or not believable:
            raise UnsafeFile(
                f"The file of {self.n_bytes_file:,} bytes states {n_bytes:,} bytes of data; it was not read.",
                where=path,
                fix="check where the file comes from, or use a copy of it",
            )


class Group:
    """A group of a guarded file."""

    def __init__(self, identity: Any, name: str, path: Path, budget: _Budget) -> None:
        self._id = identity
        self.name = name
        self.path = path
        self._budget = budget

    def names(self) -> list[str]:
        """The names of what the group holds; links are not followed."""
        return [name.decode("utf-8", "replace") for name in self._id]

    def is_group(self, name: str) -> bool:
        """Whether ``name`` is a group that lies in this file."""
        return self._is_own(name) and isinstance(h5py.h5o.open(self._id, name.encode()), h5py.h5g.GroupID)

    def group(self, name: str) -> Group:
        """The group ``name``, which must lie in this very file."""
        found = self._open(name)
        if not isinstance(found, h5py.h5g.GroupID):
            raise self.damaged(f"{name} is no group")
        return Group(found, name, self.path, self._budget)

    def has(self, name: str) -> bool:
        """Whether the group holds ``name``."""
        return bool(self._id.links.exists(name.encode()))

    @property
    def identity(self) -> Any:
        """What the HDF5 library calls the group."""
        return self._id

    def member(self, name: str) -> Any:
        """What the HDF5 library calls the member ``name``, which must lie in this very file."""
        return self._open(name)

    def dataset(self, name: str) -> Any:
        """What the HDF5 library calls a dataset of this very file; nothing else about it has been checked."""
        found = self._open(name)
        if not isinstance(found, h5py.h5d.DatasetID):
            raise self.damaged(f"{name} is no array")
        return found

    def checked(self, name: str) -> Any:
        """A dataset of numbers or fixed texts, to be read in parts."""
        found = self.dataset(name)
        self._check(found, name)
        return h5py.Dataset(found)

    def charge(self, n_bytes: int) -> None:
        """Count bytes that are about to be read; raises if they are more than the file can hold."""
        self._budget.take(n_bytes, n_bytes, False, self.path)

    def read(self, name: str) -> Array:
        """The numbers or fixed texts of a dataset."""
        return np.asarray(self.checked(name)[()])

    def pieces(self, name: str) -> Iterator[Array]:
        """The same, a few megabytes at a time."""
        found = self._open(name)
        if not isinstance(found, h5py.h5d.DatasetID) or len(found.shape) != 1:
            raise self.damaged(f"{name} is no table")
        self._check(found, name)
        step = max(1, _PIECE_BYTES // found.dtype.itemsize)
        for start in range(0, found.shape[0], step):
            yield np.asarray(h5py.Dataset(found)[start : start + step])

    def text(self, name: str, of: str | None = None) -> str:
        """A text attribute of the group, or of the member ``of``."""
        value = self.attribute(name, of)
        if not isinstance(value, str):
            raise self.damaged(f"the attribute {name} is no text")
        return value

    def number(self, name: str, of: str | None = None) -> int:
        """A whole number among the attributes."""
        value = self.attribute(name, of)
        if not isinstance(value, (int, np.integer)):
            raise self.damaged(f"the attribute {name} is no whole number")
        return int(value)

    def has_attribute(self, name: str, of: str | None = None) -> bool:
        """Whether there is an attribute of this name."""
        return bool(h5py.h5a.exists(self._open(of) if of else self._id, name.encode()))

    def attribute(self, name: str, of: str | None = None) -> Any:
        """The value of an attribute: a number, a text, or what a pickle of plain containers says."""
        owner = self._open(of) if of else self._id
        if not h5py.h5a.exists(owner, name.encode()):
            raise self.damaged(f"the attribute {name} is missing")
        found = h5py.h5a.open(owner, name.encode())
        kind, space = found.get_type(), found.get_space()
        if space.get_simple_extent_type() == h5py.h5s.NULL:
            return ""
        if found.get_storage_size() > _MAX_ATTRIBUTE_BYTES or kind.get_class() not in _PLAIN_CLASSES:
            raise UnsafeFile(f"The attribute {name} is of a kind that genuine files do not have.", where=self.path)
        if kind.get_class() == h5py.h5t.STRING and kind.is_variable_str():
            raise UnsafeFile(f"The attribute {name} is of variable length.", where=self.path)
        value = np.empty(found.shape, found.dtype)
        found.read(value, mtype=kind if kind.get_class() == h5py.h5t.STRING else None)
        if kind.get_class() != h5py.h5t.STRING:
            return value.item() if value.size == 1 else value
        content = bytes(value.item()) if value.size == 1 else b""
        if kind.get_cset() == h5py.h5t.CSET_ASCII and content.endswith(b"."):
            return self._unpickled(content, name)
        return content.decode("utf-8", "replace")

    def damaged(self, what: str) -> DamagedFile:
        """The error for something in this group that is not as pandas writes it."""
        return DamagedFile(
            f"{self.path.name} is no table that can be read: {what} (in {self.name}).",
            where=self.path,
            fix="use a copy of the file, or make it again",
        )

    def _unpickled(self, content: bytes, name: str) -> Any:
        try:
            scan(content, os.fspath(self.path))
            if _hashes_tuples(content):
                raise UnsafeFile(f"The attribute {name} is of a kind that genuine files do not have.", where=self.path)
            return _NoNames(content, name, self.path).load()
        except (DamagedFile, pickle.UnpicklingError):
            return content.decode("utf-8", "replace")  # a text that happens to end with a full stop

    def _is_own(self, name: str) -> bool:
        return self.has(name) and self._id.links.get_info(name.encode()).type == h5py.h5l.TYPE_HARD

    def _open(self, name: str) -> Any:
        if not self.has(name):
            raise self.damaged(f"{name} is missing")
        if not self._is_own(name):
            raise UnsafeFile(f"{name} is a link to another place; it was not followed.", where=self.path)
        return h5py.h5o.open(self._id, name.encode())

    def _check(self, dataset: Any, name: str) -> None:
        plan, kind = dataset.get_create_plist(), dataset.get_type()
        if plan.get_external_count() or plan.get_layout() == h5py.h5d.VIRTUAL:
            raise UnsafeFile(f"The data of {name} lie in another file; they were not read.", where=self.path)
        filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
        if unknown := [number for number in filters if number not in _BUILT_IN_FILTERS]:
            raise UnsafeFile(
                f"{name} is compressed with the plug-in {unknown[0]}, which is not loaded on the word of a file.",
                where=self.path,
                fix="save the table again without that compression",
            )
        if not _is_plain(kind):
            raise UnsafeFile(
                f"{name} holds Python objects or values of variable length; they were not read.",
                where=self.path,
                fix=f"if you made this file yourself and trust it, run: dlc trust {self.path}",
            )
        n_items = int(np.prod(dataset.shape, dtype=object)) if dataset.shape else 1
        n_bytes = n_items * max(1, kind.get_size())
        self._budget.take(n_bytes, dataset.get_storage_size(), bool(filters), self.path)


class _NoNames(pickle.Unpickler):
    def __init__(self, content: bytes, attribute: str, path: Path) -> None:
        super().__init__(io.BytesIO(content))
        self._attribute = attribute
        self._path = path

    def find_class(self, module: str, name: str, /) -> Any:
        raise UnsafeFile(
            f"The attribute {self._attribute} asks to call {module}.{name}, which data never needs; it was not read.",
            where=self._path,
            fix=f"if you made this file yourself and trust it, run: dlc trust {self._path}",
        )


def _hashes_tuples(content: bytes) -> bool:
    """Whether a pickle may use tuples as keys.

    Tuples of shared tuples of shared tuples take a few bytes to write and for ever to hash. Genuine attributes are
    either lists of tuples or dicts without any.
    """
    used = {opcode.name for opcode, _, _ in pickletools.genops(content)}
    return bool(used & {"TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"}) and bool(
        used & {"DICT", "SETITEM", "SETITEMS", "ADDITEMS", "FROZENSET"}
    )


def _is_plain(kind: Any) -> bool:
    if kind.get_class() == h5py.h5t.COMPOUND:
        return all(_is_plain(kind.get_member_type(i)) for i in range(kind.get_nmembers()))
    if kind.get_class() == h5py.h5t.ARRAY:
        return _is_plain(kind.get_super())
    return kind.get_class() in _PLAIN_CLASSES and not (
        kind.get_class() == h5py.h5t.STRING and kind.is_variable_str()
    )  # fmt: skip


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Errors of the HDF5 library as our own."""
    try:
        yield
    except DeepLabCutError:
        raise
    except MemoryError as error:
        raise UnsafeFile("The file asks for more memory than there is.", where=path) from error
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DamagedFile(
            f"{path.name} is truncated, garbled, or no h5 file ({reason}).",
            where=path,
            fix="use a copy of the file, or make it again",
        ) from error
