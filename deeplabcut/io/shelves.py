"""Shelves: dicts on disk that are read entry by entry, for results too large for the memory.

Any kind of `dbm` file that `shelve` writes is read, every value through the guarded loader. What is written here is
the kind that every Python on every system reads (``.dat`` and ``.dir``), whole or absent.
"""

from __future__ import annotations

import dbm
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from deeplabcut.core.errors import DamagedFile, InvalidInput, Missing
from deeplabcut.core.files import transaction
from deeplabcut.io import pickles

_BLOCK = 512  # values begin at multiples of this
_ENDINGS = ("", ".dat", ".db", ".pag")


def read_shelf(path: str | os.PathLike[str]) -> Iterator[tuple[str, Any]]:
    """The entries of a shelf, one after the other."""
    with Shelf(path) as shelf:
        yield from shelf.items()


class Shelf(Mapping[str, Any]):
    """The entries of a shelf, read one at a time; close it, or use it as a context manager."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not shelf_files(self.path):
            raise Missing(f"There is no shelf {self.path.name}.", where=self.path.parent)
        if not dbm.whichdb(os.fspath(self.path)):
            raise DamagedFile("The shelf is damaged, or of a kind that this Python does not know.", where=self.path)
        try:
            self._entries: Any = dbm.open(os.fspath(self.path), "r")  # noqa: SIM115 - closed by `close`
            self._keys = dict.fromkeys(_text(key) for key in self._entries.keys())  # noqa: SIM118 - not every dbm iterates
        except (Exception, RecursionError) as error:
            raise DamagedFile(
                f"The shelf cannot be read ({error}).",
                where=self.path,
                fix="make it again, or open it with the Python that made it",
            ) from error

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        try:
            content = self._entries[key.encode("utf-8")]
        except Exception as error:
            reason = str(error) or type(error).__name__
            raise DamagedFile(f"The entry {key!r} cannot be read ({reason}).", where=self.path) from error
        return pickles.loads(content, self.path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def close(self) -> None:
        """Let go of the files."""
        self._entries.close()

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _text(key: bytes | str) -> str:
    return key if isinstance(key, str) else key.decode("utf-8", "replace")


def shelf_files(path: str | os.PathLike[str]) -> list[Path]:
    """The files that belong to the shelf called ``path``: the kinds of shelf add endings of their own."""
    path = Path(path)
    return [file for ending in _ENDINGS if (file := path.with_name(path.name + ending)).is_file()]


def is_shelf(path: str | os.PathLike[str]) -> bool:
    """Whether a shelf, and not a pickle, is called ``path``."""
    path = Path(path)
    if path.is_file():
        with path.open("rb") as file:
            if file.read(1) == b"\x80":
                return False
    return bool(shelf_files(path)) and bool(dbm.whichdb(os.fspath(path)))


def write_shelf(path: str | os.PathLike[str], items: Iterable[tuple[str, Any]]) -> None:
    """Write a shelf, one entry after the other in little memory; it is whole or absent."""
    path = Path(path)
    if path.exists():
        raise InvalidInput("There is a file of this name, which would hide the shelf.", where=path, fix="remove it")
    index: list[str] = []
    with transaction(path.parent) as change:
        with change.open(f"{path.name}.dat") as data:
            for key, value in items:
                content = io.BytesIO()
                pickles.Writer(content).dump(value)
                start = -(-data.tell() // _BLOCK) * _BLOCK
                data.write(b"\0" * (start - data.tell()) + content.getbuffer())
                index.append(f"{key.encode('utf-8').decode('latin-1')!r}, {(start, content.tell())!r}\n")
        with change.open(f"{path.name}.dir") as file:
            file.write("".join(index).encode("latin-1"))
